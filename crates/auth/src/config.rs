//! The `auth` section of the settings. Every process that verifies tokens uses the same values.

use std::path::PathBuf;
use std::time::Duration;

use kernel::Invalid;
use serde::{Deserialize, Serialize};

use crate::TokenPolicy;

/// How access tokens are issued and verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// Who signs tokens (`iss`).
    pub issuer: String,
    /// The audience of tokens (`aud`).
    pub audience: String,
    /// How long an access token is valid, in seconds.
    pub access_token_lifetime_seconds: u32,
    /// Permitted clock skew, in seconds.
    pub leeway_seconds: u32,
    /// The file of the signing key; created if missing. Not set: `signing-key.pem` in the data directory.
    pub signing_key_file: Option<PathBuf>,
    /// Where a process that signs no tokens fetches the verification keys: the `http` URL of the user service's
    /// `/.well-known/jwks.json`. A process that signs does not need it.
    pub jwks_url: Option<String>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            issuer: "marketplace".to_owned(),
            audience: "marketplace".to_owned(),
            access_token_lifetime_seconds: 900,
            leeway_seconds: 5,
            signing_key_file: None,
            jwks_url: None,
        }
    }
}

impl AuthConfig {
    /// The token policy that these settings define.
    ///
    /// # Errors
    /// If a value makes no sense.
    pub fn policy(&self) -> Result<TokenPolicy, Invalid> {
        let lifetime = self.access_token_lifetime_seconds;
        for (holds, code, rule) in [
            (
                !self.issuer.trim().is_empty(),
                "too_short",
                "issuer must not be empty",
            ),
            (
                !self.audience.trim().is_empty(),
                "too_short",
                "audience must not be empty",
            ),
            (
                (30..=86_400).contains(&lifetime),
                "out_of_range",
                "access_token_lifetime_seconds must be between 30 and 86400",
            ),
            (
                self.leeway_seconds <= 120,
                "out_of_range",
                "leeway_seconds must be at most 120",
            ),
        ] {
            if !holds {
                return Err(Invalid::new(code, format!("auth.{rule}")));
            }
        }
        Ok(TokenPolicy {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            lifetime: Duration::from_secs(lifetime.into()),
            leeway: Duration::from_secs(self.leeway_seconds.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_make_no_sense_are_refused_by_name() {
        let error = AuthConfig {
            access_token_lifetime_seconds: 0,
            ..AuthConfig::default()
        }
        .policy()
        .unwrap_err();
        assert!(error.detail.contains("auth.access_token_lifetime_seconds"));
        let error = AuthConfig {
            issuer: String::new(),
            ..AuthConfig::default()
        }
        .policy()
        .unwrap_err();
        assert!(error.detail.contains("auth.issuer"));
    }
}
