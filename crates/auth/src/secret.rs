//! Random secrets without inherent meaning, such as refresh tokens.

use std::fmt::Write as _;

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
///
/// # Errors
/// If it has none.
pub fn random<const N: usize>() -> Result<[u8; N], RandomnessError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| RandomnessError(error.to_string()))?;
    Ok(bytes)
}

/// What stands for `text` in a log, so that its lines about one person can be found together without naming them: the beginning of its
/// SHA-256.
#[must_use]
pub fn masked(text: &str) -> String {
    let digest = Sha256::digest(text);
    let beginning = digest.iter().take(8);
    beginning.fold(String::new(), |mut masked, byte| {
        // A String takes everything.
        let _ = write!(masked, "{byte:02x}");
        masked
    })
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

    /// `next`, sealed so that only a holder of this token can read it: XOR with a key that is derived from this token alone. The key has 256
    /// bits and is used once, so the seal reveals nothing about `next` (a one-time pad).
    ///
    /// None if `next` was not generated here.
    #[must_use]
    pub fn seal(&self, next: &Self) -> Option<[u8; 32]> {
        let bytes = URL_SAFE_NO_PAD.decode(next.expose()).ok()?;
        Some(self.pad(bytes.try_into().ok()?))
    }

    /// The token that this one has sealed. With another token, it is one that no store knows.
    #[must_use]
    pub fn unseal(&self, sealed: [u8; 32]) -> Self {
        URL_SAFE_NO_PAD.encode(self.pad(sealed)).into()
    }

    fn pad(&self, mut bytes: [u8; 32]) -> [u8; 32] {
        let key = Sha256::new()
            .chain_update(b"seal of the next token\0")
            .chain_update(self.expose())
            .finalize();
        for (byte, key) in bytes.iter_mut().zip(key) {
            *byte ^= key;
        }
        bytes
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

    #[test]
    fn only_who_has_a_token_opens_its_seal() {
        let tokens: Vec<_> = (0..3).map(|_| OpaqueToken::generate().unwrap()).collect();
        let sealed = tokens[0].seal(&tokens[1]).unwrap();
        assert_eq!(tokens[0].unseal(sealed).expose(), tokens[1].expose());
        assert_ne!(tokens[2].unseal(sealed).digest(), tokens[1].digest());
        assert_ne!(sealed, tokens[1].digest());
        let foreign = OpaqueToken::from("not ours".to_owned());
        assert_eq!(tokens[0].seal(&foreign), None);
        assert_eq!(
            foreign.unseal(foreign.seal(&tokens[0]).unwrap()).digest(),
            tokens[0].digest()
        );
    }
}
