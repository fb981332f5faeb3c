//! A secret that the replicas of a program share, in a file beside the signing key and with the same rules.

use std::io::ErrorKind;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;

use crate::KeyError;
use crate::key_file::{make, read, wrong};
use crate::secret::random;

/// 256 random bits.
pub type SharedSecret = Zeroizing<[u8; 32]>;

/// Reads the secret at `path`, or creates one there if the file is missing: atomic, with mode 0600, and durable. Any number of processes
/// may do so at once; all end up with the same secret.
///
/// # Errors
/// If the file is no such secret, can be read by others, or cannot be created.
pub fn shared_secret(path: &Path) -> Result<SharedSecret, KeyError> {
    if let Some(text) = read(path)? {
        return parse(path, &text);
    }
    let new = Zeroizing::new(random::<32>()?);
    make(path, URL_SAFE_NO_PAD.encode(*new).as_bytes())?;
    let text = read(path)?.ok_or_else(|| wrong(path, &ErrorKind::NotFound))?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<SharedSecret, KeyError> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok();
    let secret = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let secret = secret.ok_or_else(|| wrong(path, &"it is not 32 bytes in base64url"))?;
    Ok(Zeroizing::new(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_makes_a_secret_and_the_next_ones_use_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        let first = shared_secret(&path).unwrap();
        assert_eq!(*first, *shared_secret(&path).unwrap());
        std::fs::write(&path, "short").unwrap();
        let refused = shared_secret(&path).unwrap_err().to_string();
        assert!(refused.contains("32 bytes"), "{refused}");
    }
}
