//! How often a test repeats what it does.

/// `few` times, or `many` where `MARKETPLACE_THOROUGH` is set, as `scripts/test --long` does.
#[must_use]
pub fn rounds(few: usize, many: usize) -> usize {
    if std::env::var_os("MARKETPLACE_THOROUGH").is_some() {
        many
    } else {
        few
    }
}
