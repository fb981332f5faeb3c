//! For tests: reading `/metrics`, and polling for background work.

mod scrape;

pub use scrape::{ExposedFamily, Scrape};

use std::time::Duration;

/// Polls `check` until it returns a value, for at most ten seconds.
///
/// # Panics
/// If it returns none in that time.
#[expect(
    clippy::panic,
    reason = "a condition that never comes is a failed test"
)]
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut check: impl FnMut() -> F,
) -> T {
    for _ in 0..1000 {
        if let Some(value) = check().await {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not happen within ten seconds");
}
