//! The names of blobs: files that never change, each named after its contents.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// The name of a blob: the SHA-256 of its contents in lower-case hexadecimal digits, a dot, and what kind of file it is, such as `jpg`.
/// Names sort by their digits. A name is safe as a file name and in a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobName(String);

impl BlobName {
    /// The number of digits.
    const DIGITS: usize = 64;
    /// The greatest length of what follows the dot.
    const LONGEST_EXTENSION: usize = 8;

    /// The name of contents with this SHA-256.
    #[must_use]
    pub fn of_digest(digest: [u8; 32], extension: &'static str) -> Self {
        let mut name = String::with_capacity(Self::DIGITS + 1 + extension.len());
        for byte in digest {
            for half in [byte >> 4, byte & 15] {
                name.extend(char::from_digit(u32::from(half), 16));
            }
        }
        name.push('.');
        name.push_str(extension);
        Self(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits of the SHA-256.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.0.get(..Self::DIGITS).unwrap_or_default()
    }

    /// What follows the dot.
    #[must_use]
    pub fn extension(&self) -> &str {
        self.0.get(Self::DIGITS + 1..).unwrap_or_default()
    }
}

impl FromStr for BlobName {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(
                "invalid_name",
                "must be 64 hexadecimal digits, a dot and an extension",
            )
        };
        let (digits, extension) = raw.split_once('.').ok_or_else(wrong)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let fits = digits.len() == Self::DIGITS
            && digits.bytes().all(is_digit)
            && (1..=Self::LONGEST_EXTENSION).contains(&extension.len())
            && extension
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(wrong())
        }
    }
}

impl TryFrom<String> for BlobName {
    type Error = Invalid;

    fn try_from(raw: String) -> Result<Self, Invalid> {
        raw.parse()
    }
}

impl From<BlobName> for String {
    fn from(name: BlobName) -> Self {
        name.0
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_digest_and_a_kind_and_nothing_that_leads_elsewhere() {
        let name = BlobName::of_digest([0xa5; 32], "jpg");
        assert_eq!(name.as_str(), format!("{}.jpg", "a5".repeat(32)));
        assert_eq!(
            (name.digest(), name.extension()),
            (&*"a5".repeat(32), "jpg")
        );
        assert_eq!(name.as_str().parse(), Ok(name));
        let digits = "a".repeat(64);
        for wrong in [
            String::new(),
            digits.clone(),
            format!("{digits}."),
            format!("{digits}.j/g"),
            format!("{digits}.JPG"),
            format!("{digits}.jpg.exe"),
            format!("{}.jpg", "A".repeat(64)),
            format!("{}.jpg", "a".repeat(63)),
            format!("../{}.jpg", "a".repeat(61)),
            format!("{digits}.123456789"),
        ] {
            assert!(wrong.parse::<BlobName>().is_err(), "{wrong}");
        }
    }
}
