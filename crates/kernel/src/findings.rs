//! What a check found wrong.

/// Sentences about what is wrong. Only the first ones are kept and the rest are counted: a check of millions of records must not hold a
/// sentence for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    details: Vec<String>,
    more: u64,
}

impl Findings {
    /// How many are kept in full.
    pub const KEPT: usize = 200;

    /// Adds one.
    pub fn add(&mut self, detail: String) {
        if self.is_full() {
            self.more = self.more.saturating_add(1);
        } else {
            self.details.push(detail);
        }
    }

    /// Whether further ones are only counted.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.details.len() >= Self::KEPT
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.details.is_empty()
    }

    /// The first ones, in the order in which they were found.
    #[must_use]
    pub fn details(&self) -> &[String] {
        &self.details
    }

    /// How many were found beyond those in [`Findings::details`].
    #[must_use]
    pub const fn more(&self) -> u64 {
        self.more
    }

    /// How many were found.
    #[must_use]
    pub fn count(&self) -> u64 {
        let kept = u64::try_from(self.details.len()).unwrap_or(u64::MAX);
        kept.saturating_add(self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_without_end_are_counted_and_the_first_are_kept() {
        let mut findings = Findings::default();
        assert!(findings.is_empty());
        for number in 0..250 {
            findings.add(number.to_string());
        }
        assert_eq!(findings.details().len(), Findings::KEPT);
        assert_eq!(findings.details()[199], "199");
        assert_eq!((findings.more(), findings.count()), (50, 250));
    }
}
