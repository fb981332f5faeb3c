//! Hashes passwords on the runtime's blocking threads. A hash occupies a core for a few hundred milliseconds, so no more hashes run at
//! once than there are cores. The queue is short enough to be worked off before clients give up.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use platform_http::Problem;
use prometheus_client::metrics::histogram::Histogram;
use telemetry::metrics::Metrics;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::metrics::HashTimes;
use super::{Password, PasswordAttempt, PasswordHash};

/// Maximum number of queued hashes.
const QUEUE: usize = 64;
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
    nobody: PasswordHash,
    /// The free places in the queue.
    queue: Arc<Semaphore>,
    /// The free threads.
    threads: Arc<Semaphore>,
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
        let threads = available_parallelism().map_or(1, usize::from).min(THREADS);
        Ok(Self {
            cost,
            nobody: nobody(cost),
            queue: Arc::new(Semaphore::new(QUEUE)),
            threads: Arc::new(Semaphore::new(threads)),
            times: HashTimes::default(),
        })
    }

    /// As [`PasswordHasher::new`], and records in `metrics` how long hashes take and how many are queued.
    ///
    /// # Errors
    /// As [`PasswordHasher::new`].
    pub fn measured(cost: u32, metrics: &Metrics) -> Result<Self, HashError> {
        let hasher = Self::new(cost)?;
        let queue = Arc::downgrade(&hasher.queue);
        let waiting = move || Some(QUEUE - queue.upgrade()?.available_permits());
        hasher.times.register(metrics, QUEUE, waiting);
        Ok(hasher)
    }

    /// Hashes `password` with a new salt.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] at once if the queue is full.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        let cost = self.cost;
        // `Password` has at most the 72 bytes that bcrypt reads, so nothing is truncated. (The library's "non-truncating" calls count a
        // terminating NUL and reject 72.)
        self.run(&self.times.hash, move || {
            bcrypt::hash(password.bytes(), cost).map(PasswordHash)
        })
        .await
    }

    /// Whether `attempt` is the password of `hash`. Without a hash (no such user) the answer is no and takes as long.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] at once if the queue is full.
    pub async fn verify(
        &self,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HashError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        self.run(&self.times.verify, move || match attempt.0 {
            Some(password) => Ok(bcrypt::verify(password.bytes(), hash.as_str())? && known),
            None => bcrypt::verify("", hash.as_str()).map(|_| false),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        times: &Histogram,
        work: impl FnOnce() -> bcrypt::BcryptResult<T> + Send + 'static,
    ) -> Result<T, HashError> {
        let failed = |error: &dyn std::fmt::Display| HashError::Failed(error.to_string());
        let Ok(place) = self.queue.try_acquire() else {
            self.times.refused.inc();
            return Err(HashError::Overloaded);
        };
        // A caller that is gone (its connection closed) leaves the queue here, and no core is spent on its hash.
        let thread = self.threads.clone().acquire_owned().await;
        let thread = thread.map_err(|error| failed(&error))?;
        drop(place);
        let times = times.clone();
        let done = spawn_blocking(move || {
            let begun = Instant::now();
            let done = work();
            times.observe(begun.elapsed().as_secs_f64());
            drop(thread);
            done
        });
        done.await
            .map_err(|error| failed(&error))?
            .map_err(|error| failed(&error))
    }
}

/// A hash of the same cost that no login uses. Verifying against it takes as long as against a real one.
fn nobody(cost: u32) -> PasswordHash {
    PasswordHash(format!(
        "$2b${cost:02}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
    ))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn password(raw: &str) -> Password {
        Password::parse(raw.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_and_no_other_is_accepted() {
        let hasher = PasswordHasher::new(4).unwrap();
        let hash = hasher.hash(password("correct horse")).await.unwrap();
        assert!(hash.as_str().starts_with("$2b$04$"));
        for (attempt, right) in [
            ("correct horse", true),
            ("correct hors", false),
            ("", false),
        ] {
            let outcome = hasher
                .verify(attempt.to_owned().into(), Some(hash.clone()))
                .await;
            assert_eq!(outcome, Ok(right), "{attempt}");
        }
    }

    #[tokio::test]
    async fn the_72nd_byte_counts_and_a_73rd_is_never_cut() {
        let hasher = PasswordHasher::new(4).unwrap();
        let longest = "x".repeat(72);
        let hash = hasher.hash(password(&longest)).await.unwrap();
        let attempts = [
            (longest.clone(), true),
            ("x".repeat(71) + "y", false),
            ("x".repeat(71), false),
            (longest + "x", false),
        ];
        for (attempt, right) in attempts {
            let outcome = hasher
                .verify(attempt.clone().into(), Some(hash.clone()))
                .await;
            assert_eq!(outcome, Ok(right), "{attempt}");
        }
    }

    #[tokio::test]
    async fn nobody_has_a_password_but_a_hash_of_the_same_cost_is_checked() {
        let hasher = PasswordHasher::new(5).unwrap();
        let stand_in = nobody(5).as_str().parse::<bcrypt::HashParts>().unwrap();
        assert_eq!(stand_in.get_cost(), 5);
        let outcome = hasher.verify("some password".to_owned().into(), None).await;
        assert_eq!(outcome, Ok(false));
    }

    #[tokio::test]
    async fn a_full_queue_is_an_answer_and_not_a_wait() {
        let hasher = PasswordHasher::new(4).unwrap();
        let busy = hasher.threads.available_permits();
        let _busy = hasher
            .threads
            .try_acquire_many(u32::try_from(busy).unwrap());
        let mut waiting: Vec<_> = (0..QUEUE)
            .map(|_| Box::pin(hasher.hash(password("correct horse"))))
            .collect();
        for hash in &mut waiting {
            assert!(hash.now_or_never().is_none());
        }
        let outcome = hasher.hash(password("correct horse")).await;
        assert_eq!(outcome, Err(HashError::Overloaded));
        drop(waiting);
        assert_eq!(
            hasher.queue.available_permits(),
            QUEUE,
            "a dropped request frees its place"
        );
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
