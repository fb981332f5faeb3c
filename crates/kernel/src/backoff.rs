//! Delays between attempts (exponential backoff with jitter).

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Delays that double from a first one up to a longest one, each with [`jitter`]. A copy starts over.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Between attempts to reach a dependency that is away. The longest is short, so that its return is noticed within a second: an attempt
    /// costs little on either side.
    pub const RECONNECT: Self = Self::new(Duration::from_millis(100), Duration::from_secs(1));

    /// Delays from `first` to `longest`.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            next: first,
            longest,
        }
    }

    /// The delay before the next attempt.
    #[must_use]
    pub fn delay(&mut self) -> Duration {
        let delay = self.next;
        self.next = (delay * 2).min(self.longest);
        jitter(delay)
    }
}

/// A random duration between half of `delay` and all of it, so that replicas which failed together do not try again in step.
#[must_use]
pub fn jitter(delay: Duration) -> Duration {
    // The standard library's only source of randomness is its hasher keys; they are good enough here.
    let random = u32::try_from(RandomState::new().hash_one(()) % 512).unwrap_or_default();
    delay.saturating_sub(delay * random / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_are_at_least_half_of_that() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        for full in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let delay = backoff.delay();
            assert!(delay <= Duration::from_millis(full), "{delay:?}");
            assert!(delay >= Duration::from_millis(full / 2), "{delay:?}");
        }
    }

    #[test]
    fn however_long_a_dependency_was_away_its_return_is_noticed_within_a_second() {
        let mut backoff = Backoff::RECONNECT;
        for _ in 0..100 {
            assert!(backoff.delay() <= Duration::from_secs(1));
        }
    }
}
