//! Seals what is kept in a browser, so that it can neither be read nor changed there: XChaCha20-Poly1305, whose nonces are long enough to
//! be drawn at random by any number of replicas.

use auth::SharedSecret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::Serialize;
use serde::de::DeserializeOwned;

const NONCE: usize = 24;

/// Seals and opens.
pub(crate) struct Vault(XChaCha20Poly1305);

/// There is no randomness, or the value has no JSON form.
#[derive(Debug)]
pub(crate) struct CannotSeal(pub(crate) String);

/// Random bytes from the operating system.
///
/// # Errors
/// If it has none.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CannotSeal> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| CannotSeal(error.to_string()))?;
    Ok(bytes)
}

impl Vault {
    pub(crate) fn new(secret: &SharedSecret) -> Self {
        Self(XChaCha20Poly1305::new(&(**secret).into()))
    }

    /// Seals `value`, to be opened for the same `purpose` only.
    pub(crate) fn seal(&self, purpose: &str, value: &impl Serialize) -> Result<String, CannotSeal> {
        let nonce = random::<NONCE>()?;
        let plain = serde_json::to_vec(value).map_err(|error| CannotSeal(error.to_string()))?;
        let payload = Payload {
            msg: &plain,
            aad: purpose.as_bytes(),
        };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|error| CannotSeal(error.to_string()))?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what was sealed for `purpose`. None if it was not, or not under this key.
    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &str, sealed: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: sealed,
            aad: purpose.as_bytes(),
        };
        let plain = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(&SharedSecret::new([byte; 32]))
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_under_its_key_and_unchanged_only() {
        let sealed = vault(1).seal("login", &"token").unwrap();
        let open = |vault: &Vault, purpose, text: &str| vault.open::<String>(purpose, text);
        assert_eq!(open(&vault(1), "login", &sealed).as_deref(), Some("token"));
        assert_eq!(open(&vault(2), "login", &sealed), None);
        assert_eq!(open(&vault(1), "csrf", &sealed), None);
        let mut changed = sealed.clone().into_bytes();
        let last = changed.last_mut().unwrap();
        *last = if *last == b'A' { b'B' } else { b'A' };
        assert_eq!(
            open(&vault(1), "login", std::str::from_utf8(&changed).unwrap()),
            None
        );
        for garbage in ["", "%", "AAAA", &"A".repeat(100)] {
            assert_eq!(open(&vault(1), "login", garbage), None, "{garbage}");
        }
        assert_ne!(vault(1).seal("login", &"token").unwrap(), sealed);
    }
}
