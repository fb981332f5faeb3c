//! Why a value was refused at the edge. The HTTP layer puts it beside the pointer to the field it came from.

/// A value that breaks a rule: a stable word for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Invalid {
    /// Stable `snake_case` word, part of the API.
    pub code: &'static str,
    /// A sentence that says what is allowed.
    pub detail: String,
}

impl Invalid {
    /// Builds a refusal from its word and its sentence.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}
