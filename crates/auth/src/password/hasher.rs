//! Hashes passwords. A hash occupies a core for a few hundred milliseconds, so no more hashes run at once than there are cores, and those
//! that wait do so in lanes.

use std::ops::Range;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use platform_http::{NotDone, Problem};
use prometheus_client::metrics::histogram::Histogram;
use telemetry::metrics::Metrics;

use super::lanes::{ALL, Lane, Lanes};
use super::metrics::HashTimes;
use super::{Password, PasswordAttempt, PasswordHash};

/// Maximum number of hashes that run at once.
const THREADS: usize = 4;

/// Why nothing was hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The queue is full: try again later.
    #[error("too many passwords are being hashed")]
    Overloaded,
    /// bcrypt has no such cost.
    #[error("the bcrypt cost must be between 4 and 31, not {0}")]
    Cost(u32),
    /// Hashing failed. The reason holds nothing of the password.
    #[error("hashing failed: {0}")]
    Failed(String),
}

impl From<NotDone> for HashError {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Overloaded => Self::Overloaded,
            NotDone::Failed(reason) => Self::Failed(reason),
        }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded => Self::unavailable(error),
            HashError::Cost(_) | HashError::Failed(_) => Self::internal(error),
        }
    }
}

/// Hashes and verifies passwords.
#[derive(Debug)]
pub struct PasswordHasher {
    cost: u32,
    /// The highest cost of a hash that was verified, at least that of new ones: hashes of an earlier setting may cost more.
    highest: AtomicU32,
    lanes: Lanes,
    times: HashTimes,
}

impl PasswordHasher {
    /// A hasher with the given `cost` (2^cost rounds).
    ///
    /// # Errors
    /// [`HashError::Cost`] for a cost outside 4..=31.
    pub fn new(cost: u32) -> Result<Self, HashError> {
        if !(4..=31).contains(&cost) {
            return Err(HashError::Cost(cost));
        }
        Ok(Self {
            cost,
            highest: AtomicU32::new(cost),
            lanes: Lanes::new(THREADS),
            times: HashTimes::default(),
        })
    }

    /// As [`PasswordHasher::new`], and records in `metrics` how long hashes take and how many are queued.
    ///
    /// # Errors
    /// As [`PasswordHasher::new`].
    pub fn measured(cost: u32, metrics: &Metrics) -> Result<Self, HashError> {
        let hasher = Self::new(cost)?;
        let waiting = hasher.lanes.waiting();
        hasher.times.register(metrics, ALL, waiting);
        Ok(hasher)
    }

    /// Hashes `password` with a new salt, after those that wait before it in `lane`.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] at once if too many wait.
    pub async fn hash(&self, lane: Lane, password: Password) -> Result<PasswordHash, HashError> {
        let cost = self.cost;
        // `Password` has at most the 72 bytes that bcrypt reads, so nothing is truncated. (The library's "non-truncating" calls count a
        // terminating NUL and reject 72.)
        self.run(lane, &self.times.hash, move || {
            bcrypt::hash(password.bytes(), cost).map(PasswordHash)
        })
        .await
    }

    /// Whether `attempt` is the password of `hash`. Without a hash (no such user) the answer is no.
    ///
    /// All attempts take as long: as one at the cost of new hashes, or at the highest that a hash was met with. So neither an unknown user
    /// nor one whose hash was made under an earlier setting can be told by the time.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] at once if too many wait.
    pub async fn verify(
        &self,
        lane: Lane,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HashError> {
        let cost = hash.as_ref().map(PasswordHash::cost);
        let highest = self.highest.fetch_max(cost.unwrap_or_default(), Relaxed);
        let highest = highest.max(cost.unwrap_or_default());
        self.run(lane, &self.times.verify, move || {
            let right = match (&attempt.0, &hash) {
                (Some(password), Some(hash)) => bcrypt::verify(password.bytes(), hash.as_str())?,
                (None, Some(hash)) => bcrypt::verify("", hash.as_str()).map(|_| false)?,
                (_, None) => false,
            };
            let password = attempt.0.as_ref().map_or(&[][..], Password::bytes);
            for cost in padding(cost, highest) {
                bcrypt::verify(password, nobody(cost).as_str())?;
            }
            Ok(right)
        })
        .await
    }

    /// A new hash of the password of `hash`, which `attempt` is. None if `hash` has the cost of new ones already.
    ///
    /// # Errors
    /// As [`PasswordHasher::hash`].
    pub async fn renewed(
        &self,
        lane: Lane,
        attempt: PasswordAttempt,
        hash: &PasswordHash,
    ) -> Result<Option<PasswordHash>, HashError> {
        match attempt.0.filter(|_| hash.cost() != self.cost) {
            Some(password) => self.hash(lane, password).await.map(Some),
            None => Ok(None),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        times: &Histogram,
        work: impl FnOnce() -> bcrypt::BcryptResult<T> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = self.lanes.place(lane).inspect_err(|_| {
            self.times.refused.inc();
        })?;
        let times = times.clone();
        let done = self.lanes.run(place, move || {
            let begun = Instant::now();
            let done = work();
            times.observe(begun.elapsed().as_secs_f64());
            done
        });
        done.await?
            .map_err(|error| HashError::Failed(error.to_string()))
    }
}

/// The costs of the hashes to verify besides one of `cost`, so that all together take as long as one of `highest`: 2^highest rounds, of
/// which 2^cost are done.
fn padding(cost: Option<u32>, highest: u32) -> Range<u32> {
    match cost {
        Some(cost) => cost..highest,
        None => highest..highest.saturating_add(1),
    }
}

/// A hash of this cost that no login uses. Verifying against it takes as long as against a real one.
fn nobody(cost: u32) -> PasswordHash {
    PasswordHash(format!(
        "$2b${cost:02}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(raw: &str) -> Password {
        Password::parse(raw.to_owned()).unwrap()
    }

    fn lane() -> Lane {
        Lane::stranger(&"somebody")
    }

    #[tokio::test]
    async fn the_right_password_and_no_other_is_accepted() {
        let hasher = PasswordHasher::new(4).unwrap();
        let hash = hasher
            .hash(lane(), password("correct horse"))
            .await
            .unwrap();
        assert!(hash.as_str().starts_with("$2b$04$"));
        for (attempt, right) in [
            ("correct horse", true),
            ("correct hors", false),
            ("", false),
        ] {
            let outcome = hasher
                .verify(lane(), attempt.to_owned().into(), Some(hash.clone()))
                .await;
            assert_eq!(outcome, Ok(right), "{attempt}");
        }
    }

    #[tokio::test]
    async fn the_72nd_byte_counts_and_a_73rd_is_never_cut() {
        let hasher = PasswordHasher::new(4).unwrap();
        let longest = "x".repeat(72);
        let hash = hasher.hash(lane(), password(&longest)).await.unwrap();
        let attempts = [
            (longest.clone(), true),
            ("x".repeat(71) + "y", false),
            ("x".repeat(71), false),
            (longest + "x", false),
        ];
        for (attempt, right) in attempts {
            let outcome = hasher
                .verify(lane(), attempt.clone().into(), Some(hash.clone()))
                .await;
            assert_eq!(outcome, Ok(right), "{attempt}");
        }
    }

    #[tokio::test]
    async fn nobody_has_a_password_but_a_hash_of_the_same_cost_is_checked() {
        let hasher = PasswordHasher::new(5).unwrap();
        let stand_in = nobody(5).as_str().parse::<bcrypt::HashParts>().unwrap();
        assert_eq!(stand_in.get_cost(), 5);
        let outcome = hasher
            .verify(lane(), "some password".to_owned().into(), None)
            .await;
        assert_eq!(outcome, Ok(false));
    }

    #[test]
    fn every_attempt_takes_as_many_rounds() {
        let rounds = |cost: Option<u32>, highest| -> u64 {
            let verified = cost.into_iter().chain(padding(cost, highest));
            verified.map(|cost| 1 << cost).sum()
        };
        for highest in 4..=16 {
            assert_eq!(rounds(None, highest), 1 << highest);
            for cost in 4..=highest {
                assert_eq!(rounds(Some(cost), highest), 1 << highest, "{cost}");
            }
        }
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_verified_and_renewed() {
        for (before, after) in [(4, 6), (6, 4)] {
            let old = PasswordHasher::new(before).unwrap();
            let hash = old.hash(lane(), password("correct horse")).await.unwrap();
            let hasher = PasswordHasher::new(after).unwrap();
            for (attempt, right) in [("correct horse", true), ("wrong", false)] {
                let attempt = PasswordAttempt::from(attempt.to_owned());
                let outcome = hasher.verify(lane(), attempt, Some(hash.clone())).await;
                assert_eq!(outcome, Ok(right));
            }
            assert_eq!(hasher.highest.load(Relaxed), 6, "what is costlier counts");
            let attempt = PasswordAttempt::from(password("correct horse"));
            let renewed = hasher
                .renewed(lane(), attempt.clone(), &hash)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(renewed.cost(), after);
            assert_eq!(
                hasher
                    .verify(lane(), attempt.clone(), Some(renewed.clone()))
                    .await,
                Ok(true)
            );
            assert_eq!(hasher.renewed(lane(), attempt, &renewed).await, Ok(None));
        }
    }

    #[tokio::test]
    async fn a_full_lane_is_an_answer_and_not_a_wait() {
        let hasher = PasswordHasher::new(4).unwrap();
        let _places: Vec<_> = std::iter::from_fn(|| hasher.lanes.place(lane()).ok()).collect();
        let outcome = hasher.hash(lane(), password("correct horse")).await;
        assert_eq!(outcome, Err(HashError::Overloaded));
        assert_eq!(hasher.times.refused.get(), 1);
    }

    #[test]
    fn a_cost_that_bcrypt_does_not_have_is_refused() {
        for cost in [0, 3, 32] {
            assert_eq!(
                PasswordHasher::new(cost).unwrap_err(),
                HashError::Cost(cost)
            );
        }
    }
}
