//! The `auth` section of the settings. Every process that verifies tokens uses the same values.

use std::path::PathBuf;
use std::time::Duration;

use kernel::{SecretUri, WrongSetting};
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
    pub jwks_url: Option<SecretUri>,
    /// Where such a process fetches what is revoked: the `http` URL of the user service's internal port.
    pub revocations_url: Option<SecretUri>,
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
            revocations_url: None,
        }
    }
}

impl AuthConfig {
    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        for (key, text) in [
            ("auth.issuer", &self.issuer),
            ("auth.audience", &self.audience),
        ] {
            if text.trim().is_empty() {
                return Err(WrongSetting::new(key, "it must not be empty"));
            }
        }
        WrongSetting::unless_within(
            "auth.access_token_lifetime_seconds",
            self.access_token_lifetime_seconds,
            30..=86_400,
        )?;
        WrongSetting::unless_within("auth.leeway_seconds", self.leeway_seconds, 0..=120)?;
        for (key, url) in [
            ("auth.jwks_url", &self.jwks_url),
            ("auth.revocations_url", &self.revocations_url),
        ] {
            if let Some(url) = url.as_ref().filter(|url| url.scheme() != Some("http")) {
                let reason = format!(
                    "it is {url}; it has to begin with http://: this is fetched over the services' own network"
                );
                return Err(WrongSetting::new(key, reason));
            }
        }
        Ok(())
    }

    /// The token policy that these settings define.
    ///
    /// # Errors
    /// As [`AuthConfig::validate`].
    pub fn policy(&self) -> Result<TokenPolicy, WrongSetting> {
        self.validate()?;
        Ok(TokenPolicy {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            lifetime: Duration::from_secs(self.access_token_lifetime_seconds.into()),
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
        assert_eq!(error.keys, ["auth.access_token_lifetime_seconds"]);
        let error = AuthConfig {
            issuer: String::new(),
            ..AuthConfig::default()
        }
        .policy()
        .unwrap_err();
        assert_eq!(error.keys, ["auth.issuer"]);
    }
}
