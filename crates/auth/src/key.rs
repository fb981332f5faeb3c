//! Ed25519 keys: the signing key and the verification keys.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use jsonwebtoken::EncodingKey;
use secrecy::zeroize::{Zeroize as _, Zeroizing};
use sha2::{Digest, Sha256};

use crate::secret::{RandomnessError, random};

/// Why a key is not available.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system provided no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// Not a private Ed25519 key in PKCS #8 PEM.
    #[error("not a private Ed25519 key in PKCS #8 PEM: {0}")]
    Format(String),
    /// The key file cannot be read or written, or others may read it.
    #[error("the key file {path} cannot be used: {reason}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// The private key that signs access tokens. It never prints and is wiped when dropped.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    encoding: EncodingKey,
    kid: String,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let seed = Zeroizing::new(random::<32>()?);
        Self::of(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Reads the key in `pem` (PKCS #8, RFC 8410).
    ///
    /// # Errors
    /// If `pem` holds anything else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem)
            .map_err(|error| KeyError::Format(error.to_string()))?;
        Self::of(key)
    }

    /// The key as PKCS #8 PEM, version 1: OpenSSL reads no other. Keep it secret.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let mut pair = KeypairBytes {
            secret_key: self.key.to_bytes(),
            public_key: None,
        };
        let pem = pair.to_pkcs8_pem(LineEnding::LF);
        pair.secret_key.zeroize();
        pem.map_err(|error| KeyError::Format(error.to_string()))
    }

    /// The public key, which verifies what this key signs.
    #[must_use]
    pub fn verification_keys(&self) -> VerificationKeys {
        VerificationKeys::from_iter([self.verifying_key()])
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    fn of(key: ed25519_dalek::SigningKey) -> Result<Self, KeyError> {
        let der = key
            .to_pkcs8_der()
            .map_err(|error| KeyError::Format(error.to_string()))?;
        Ok(Self {
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
            kid: thumbprint(&key.verifying_key()),
            key,
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The public keys that tokens may be signed with, by key id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerificationKeys(pub(crate) BTreeMap<String, VerifyingKey>);

impl VerificationKeys {
    /// The union of both sets. While a key is being rotated, tokens of either key are valid.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl FromIterator<VerifyingKey> for VerificationKeys {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(keys: I) -> Self {
        let keys = keys.into_iter();
        Self(keys.map(|key| (thumbprint(&key), key)).collect())
    }
}

/// The public key as a JWK's `x`.
pub(crate) fn x(key: &VerifyingKey) -> String {
    URL_SAFE_NO_PAD.encode(key.as_bytes())
}

/// The key id: the JWK thumbprint of the public key (RFC 7638, RFC 8037 appendix A.3).
pub(crate) fn thumbprint(key: &VerifyingKey) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, x(key));
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_pem() {
        let key = SigningKey::generate().unwrap();
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let again = SigningKey::from_pem(&pem).unwrap();
        assert_eq!(again.verification_keys(), key.verification_keys());
    }

    #[test]
    fn the_key_id_is_the_thumbprint_of_rfc_8037() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(x).unwrap().try_into().unwrap();
        let key = VerifyingKey::from_bytes(&bytes).unwrap();
        assert_eq!(
            thumbprint(&key),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn a_private_key_does_not_print() {
        let key = SigningKey::generate().unwrap();
        let printed = format!("{key:?}");
        assert!(
            printed.contains(key.kid()) && printed.ends_with(".. }"),
            "{printed}"
        );
        assert!(!printed.to_lowercase().contains("secret"), "{printed}");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in [
            "",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            assert!(matches!(
                SigningKey::from_pem(bad),
                Err(KeyError::Format(_))
            ));
        }
    }
}
