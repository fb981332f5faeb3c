//! Why a value was rejected at the edge. The HTTP layer adds the pointer to the field it came from.

/// A value that breaks a rule: a stable code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Invalid {
    /// Stable `snake_case` word, part of the API.
    pub code: &'static str,
    /// A sentence that says what is allowed.
    pub detail: String,
}

impl Invalid {
    /// Creates it from its code and its sentence.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}
