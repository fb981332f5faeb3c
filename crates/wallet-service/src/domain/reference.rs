//! A client's free-text reference on a credit or debit.

use kernel::Invalid;

/// 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference(String);

impl Reference {
    /// Parses `raw` without the white space around it.
    ///
    /// # Errors
    /// As [`kernel::one_line`].
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        kernel::one_line(raw, 1, 200).map(Self)
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
