//! What the rules of [`text`](crate::one_line) accept, for an API document. It is a little less: a schema counts the space around a text,
//! too, and allows no control characters even there.

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use crate::text::INVISIBLE;

/// Embeddings, overrides and isolates.
const TURNS: &str = r"\u202a-\u202e\u2066-\u2069";

/// White space.
const SPACE: &str = r"\u0009-\u000d \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";

/// The schema of [`one_line`](crate::one_line).
#[must_use]
pub fn one_line(min: usize, max: usize) -> RefOr<Schema> {
    let refused = format!(r"\u0000-\u001f\u007f-\u009f\u2028\u2029{TURNS}");
    let invisible: String = INVISIBLE.iter().map(class).collect();
    let pattern = format!("^[^{refused}]*[^{refused}{SPACE}{invisible}][^{refused}]*$");
    text(min, max, pattern)
}

/// The schema of [`paragraphs`](crate::paragraphs).
#[must_use]
pub fn paragraphs(min: usize, max: usize) -> RefOr<Schema> {
    let refused = format!(r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f{TURNS}");
    text(min, max, format!("^[^{refused}]*$"))
}

fn text(min: usize, max: usize, pattern: String) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length((min > 0).then_some(min))
        .max_length(Some(max))
        .pattern(Some(pattern))
        .into()
}

/// A range of characters in a class of a pattern.
fn class(range: &std::ops::RangeInclusive<char>) -> String {
    format!("{}-{}", character(*range.start()), character(*range.end()))
}

/// A character in a pattern. Beyond the basic plane, not all readers of patterns understand the same escape.
fn character(c: char) -> String {
    let code = u32::from(c);
    if code > 0xffff {
        c.to_string()
    } else {
        format!("\\u{code:04x}")
    }
}
