//! A setting that breaks a rule which its type does not express. The reader of the settings adds where the value came from.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// Why settings are rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", keys.join(" with "))]
pub struct WrongSetting {
    /// The settings at fault, such as `orders.wait_seconds`. More than one if their values do not go together.
    pub keys: Vec<&'static str>,
    /// A sentence with the value and what is allowed. It never holds a secret.
    pub reason: String,
}

impl WrongSetting {
    /// The setting `key` is wrong.
    #[must_use]
    pub fn new(key: &'static str, reason: impl Into<String>) -> Self {
        Self::together(&[key], reason)
    }

    /// The values of `keys` do not go together.
    #[must_use]
    pub fn together(keys: &[&'static str], reason: impl Into<String>) -> Self {
        Self {
            keys: keys.to_vec(),
            reason: reason.into(),
        }
    }

    /// Checks that `value` of the setting `key` lies in a range.
    ///
    /// # Errors
    /// If it does not, or is no number.
    pub fn unless_within<T: PartialOrd + Display + Copy>(
        key: &'static str,
        value: T,
        allowed: RangeInclusive<T>,
    ) -> Result<(), Self> {
        if allowed.contains(&value) {
            return Ok(());
        }
        let (least, most) = (allowed.start(), allowed.end());
        let reason = format!("it is {value}; allowed: {least} to {most}");
        Err(Self::new(key, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_outside_its_range_or_no_number_is_refused_with_what_is_allowed() {
        assert_eq!(WrongSetting::unless_within("a.b", 30, 0..=30), Ok(()));
        let wrong = WrongSetting::unless_within("a.b", 31, 0..=30).unwrap_err();
        assert_eq!(wrong.to_string(), "a.b: it is 31; allowed: 0 to 30");
        for odd in [f64::NAN, f64::INFINITY, -0.1] {
            assert!(WrongSetting::unless_within("a.b", odd, 0.0..=1.0).is_err());
        }
    }
}
