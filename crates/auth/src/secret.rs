//! Random secrets without inherent meaning, such as refresh tokens.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// The system provided no randomness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no randomness from the system: {0}")]
pub struct RandomnessError(String);

/// Random bytes from the operating system, suitable for secrets.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], RandomnessError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| RandomnessError(error.to_string()))?;
    Ok(bytes)
}

/// A secret that identifies a row on our side: 256 random bits as base64url. Stores keep only its digest, so reading a store does not
/// reveal usable tokens. A fast hash is enough because a random token cannot be guessed.
pub struct OpaqueToken(SecretString);

impl OpaqueToken {
    /// Generates a token.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn generate() -> Result<Self, RandomnessError> {
        Ok(URL_SAFE_NO_PAD.encode(random::<32>()?).into())
    }

    /// The token itself, for its owner, once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Its SHA-256, for storage and lookup.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

/// A token as a client sent it. Its validity shows when its digest is looked up.
impl From<String> for OpaqueToken {
    fn from(raw: String) -> Self {
        Self(raw.into())
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ_and_do_not_print() {
        let (one, other) = (
            OpaqueToken::generate().unwrap(),
            OpaqueToken::generate().unwrap(),
        );
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one.digest(), other.digest());
        assert!(!format!("{one:?}").contains(one.expose()));
        assert_eq!(
            OpaqueToken::from(one.expose().to_owned()).digest(),
            one.digest()
        );
    }
}
