//! Signing access tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header, encode};
use kernel::{SessionId, Timestamp, UserId};

use super::{Claims, TokenError, TokenPolicy};
use crate::secret::random;
use crate::{Role, SigningKey, VerificationKeys, backend};

/// Signs access tokens.
#[derive(Debug)]
pub struct Issuer {
    key: SigningKey,
    header: Header,
    policy: TokenPolicy,
}

impl Issuer {
    /// Signs with `key`, following `policy`.
    #[must_use]
    pub fn new(key: SigningKey, policy: TokenPolicy) -> Self {
        backend::install();
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid().to_owned());
        Self {
            key,
            header,
            policy,
        }
    }

    /// A token for `user`, who logged in as `session`, valid from `now` for the policy's lifetime.
    ///
    /// # Errors
    /// [`TokenError::Signing`] if the system has no randomness or the key is unusable.
    pub fn issue(
        &self,
        user: UserId,
        roles: &[Role],
        session: SessionId,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        let id = random::<16>().map_err(|error| TokenError::Signing(error.to_string()))?;
        let claims = Claims {
            iss: self.policy.issuer.clone(),
            aud: self.policy.audience.clone(),
            sub: user,
            iat: now.as_seconds(),
            nbf: now.as_seconds(),
            exp: now.plus(self.policy.lifetime).as_seconds(),
            jti: URL_SAFE_NO_PAD.encode(id),
            sid: session,
            roles: roles.iter().map(ToString::to_string).collect(),
        };
        encode(&self.header, &claims, self.key.encoding())
            .map_err(|error| TokenError::Signing(error.to_string()))
    }

    /// The policy it signs by.
    #[must_use]
    pub fn policy(&self) -> &TokenPolicy {
        &self.policy
    }

    #[cfg(test)]
    pub(super) fn key_id(&self) -> &str {
        self.key.kid()
    }

    /// The keys that verify its signatures.
    #[must_use]
    pub fn verification_keys(&self) -> VerificationKeys {
        self.key.verification_keys()
    }
}
