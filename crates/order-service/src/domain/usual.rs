//! Usual values, which are not stored.

/// Whether a value is the usual one, which is not stored.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
