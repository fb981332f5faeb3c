//! What a client keeps with a record for its own use: a JSON object that the marketplace stores and gives back, and never reads.

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A JSON object as text, of at most [`Metadata::MAX`] bytes. It is stored as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(String);

impl Metadata {
    /// The largest size, in bytes of JSON without white space.
    pub const MAX: usize = 16 * 1024;

    /// Takes an object that was just serialised as `json`.
    ///
    /// # Errors
    /// `too_long` above [`Metadata::MAX`].
    pub fn new(json: String) -> Result<Self, Invalid> {
        if json.len() <= Self::MAX {
            return Ok(Self(json));
        }
        let (max, size) = (Self::MAX, json.len());
        let detail = format!("must have at most {max} bytes as JSON without spaces, has {size}");
        Err(Invalid::new("too_long", detail))
    }

    /// Wraps text that was checked before it was stored.
    #[must_use]
    pub const fn stored(json: String) -> Self {
        Self(json)
    }

    /// The JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The JSON, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_at_most_16_kibibytes() {
        let of = |size: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(size - 8));
        assert!(Metadata::new(of(Metadata::MAX)).is_ok());
        let refused = Metadata::new(of(Metadata::MAX + 1)).unwrap_err();
        assert_eq!(refused.code, "too_long");
    }
}
