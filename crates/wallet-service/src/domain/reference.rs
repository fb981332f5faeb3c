//! A client's free-text reference on a credit or debit.

use kernel::{Invalid, one_line};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference(String);

impl PartialSchema for Reference {
    fn schema() -> RefOr<Schema> {
        kernel::text_schema::one_line(Self::MIN, Self::MAX)
    }
}

impl ToSchema for Reference {}

impl Reference {
    const MIN: usize = 1;
    const MAX: usize = 200;

    /// Parses `raw` without the white space around it.
    ///
    /// # Errors
    /// As [`kernel::one_line`].
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        one_line(raw, Self::MIN, Self::MAX).map(Self)
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
