//! Passwords: which are valid, and how they are hashed and verified.
//!
//! The hash is bcrypt (Provos & Mazières, "A Future-Adaptable Password Scheme", USENIX 1999). It reads 72 bytes, so longer passwords are
//! rejected. It repeats the key with a NUL in between, so a password must not contain NUL.

mod common;
mod hasher;
mod lanes;
mod metrics;

use std::fmt;

use kernel::Invalid;
use secrecy::{ExposeSecret, SecretString};

pub use hasher::{HashError, PasswordHasher};
pub use lanes::Lane;

/// A valid new password: 8 to 72 bytes of UTF-8 without NUL. It never prints and is wiped when dropped.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// Minimum length in bytes.
    pub const MIN: usize = 8;
    /// Maximum length in bytes: what bcrypt reads.
    pub const MAX: usize = 72;

    /// Takes `raw` unchanged: nothing is trimmed, truncated or normalised.
    ///
    /// # Errors
    /// `too_short`, `too_long`, `invalid_character`, or `too_common` for one of the 3 000 commonest. No error repeats the password.
    pub fn parse(raw: String) -> Result<Self, Invalid> {
        let password = Self::possible(raw)?;
        if common::is_common(password.0.expose_secret()) {
            let detail = "must not be one of the commonest passwords";
            return Err(Invalid::new("too_common", detail));
        }
        Ok(password)
    }

    /// One that a user may have: it may have been set before the commonest were refused.
    fn possible(raw: String) -> Result<Self, Invalid> {
        let password = SecretString::from(raw);
        let text = password.expose_secret();
        if text.len() < Self::MIN {
            let detail = format!("must have at least {} bytes in UTF-8", Self::MIN);
            return Err(Invalid::new("too_short", detail));
        }
        if text.len() > Self::MAX {
            let detail = format!("must have at most {} bytes in UTF-8", Self::MAX);
            return Err(Invalid::new("too_long", detail));
        }
        if text.contains('\0') {
            return Err(Invalid::new("invalid_character", "must not contain NUL"));
        }
        Ok(Self(password))
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// A password as entered at login. Any text may be tried; text that cannot be a password is simply wrong.
#[derive(Debug, Clone)]
pub struct PasswordAttempt(Option<Password>);

impl From<Password> for PasswordAttempt {
    fn from(password: Password) -> Self {
        Self(Some(password))
    }
}

impl From<String> for PasswordAttempt {
    fn from(raw: String) -> Self {
        Self(Password::possible(raw).ok())
    }
}

/// A bcrypt hash in its usual form, `$2b$<cost>$…`. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Parses a hash from a store.
    ///
    /// # Errors
    /// `invalid_hash` if `raw` is not a bcrypt hash.
    pub fn parse(raw: String) -> Result<Self, Invalid> {
        if raw.parse::<bcrypt::HashParts>().is_ok() {
            return Ok(Self(raw));
        }
        Err(Invalid::new("invalid_hash", "is no bcrypt hash"))
    }

    /// Its cost: it took 2^cost rounds.
    pub(crate) fn cost(&self) -> u32 {
        // It was parsed when it was made.
        let parts = self.0.parse::<bcrypt::HashParts>();
        parts.map_or(0, |parts| parts.get_cost())
    }

    /// The hash, for storage.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1234567", Some("too_short"))]
    #[case("12345678", Some("too_common"))]
    #[case("Password", Some("too_common"))]
    #[case("12345678x", None)]
    #[case("äöüß", None)]
    #[case("äöü", Some("too_short"))]
    #[case(&"x".repeat(72), None)]
    #[case(&"x".repeat(73), Some("too_long"))]
    #[case(&"ä".repeat(36), None)]
    #[case(&"ä".repeat(37), Some("too_long"))]
    #[case("has\0nul in it", Some("invalid_character"))]
    #[case("  spaces count  ", None)]
    fn a_password_has_8_to_72_bytes(#[case] raw: &str, #[case] refused: Option<&str>) {
        let parsed = Password::parse(raw.to_owned());
        assert_eq!(parsed.as_ref().err().map(|invalid| invalid.code), refused);
        if let Err(invalid) = parsed {
            assert!(!invalid.detail.contains(raw));
        }
    }

    #[test]
    fn neither_a_password_nor_an_attempt_nor_a_hash_prints() {
        let raw = "correct horse battery".to_owned();
        let password = Password::parse(raw.clone()).unwrap();
        let attempt = PasswordAttempt::from(raw.clone());
        assert!(!format!("{password:?} {attempt:?}").contains("horse"));
        let hash = PasswordHash::parse(bcrypt::hash(raw, 4).unwrap()).unwrap();
        assert!(!format!("{hash:?}").contains(hash.as_str()));
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for bad in ["", "plain", "$2b$12$short", &"x".repeat(60)] {
            assert!(PasswordHash::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
