//! What an engine remembers about its writes, so that readiness is true without a write for each question.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a committed write proves that the store takes writes. After that, the next readiness check proves it by a small write.
const PROOF: Duration = Duration::from_mins(1);

/// Whether a store takes writes, as far as is known.
#[derive(Debug, Default)]
pub struct WriteHealth(Mutex<Known>);

#[derive(Debug, Default)]
enum Known {
    /// No write has been tried yet.
    #[default]
    Nothing,
    /// A write was committed then, and none has failed since.
    Takes(Instant),
    /// The store refused a write. Later ones may succeed all the same: on a full disk a small one often does. Only a probe, which is not
    /// small, clears this.
    Refuses,
}

impl WriteHealth {
    /// A write was committed.
    pub fn committed(&self) {
        let mut known = self.lock();
        if !matches!(*known, Known::Refuses) {
            *known = Known::Takes(Instant::now());
        }
    }

    /// The store itself refused a write, or did not answer: no fault of the write.
    pub fn refused(&self) {
        *self.lock() = Known::Refuses;
    }

    /// A probe was committed.
    pub fn proven(&self) {
        *self.lock() = Known::Takes(Instant::now());
    }

    /// Whether only a probe can tell.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        match *self.lock() {
            Known::Takes(since) => since.elapsed() > PROOF,
            Known::Nothing | Known::Refuses => true,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_refusal_only_a_probe_restores_trust() {
        let health = WriteHealth::default();
        assert!(health.is_doubtful(), "nothing is known yet");
        health.committed();
        assert!(!health.is_doubtful());
        health.refused();
        health.committed();
        assert!(health.is_doubtful(), "a small write may fit on a full disk");
        health.proven();
        assert!(!health.is_doubtful());
    }
}
