//! A message that was given up, wherever it is kept: the sender's outbox, or the broker's dead-letter queue.

use contracts::Envelope;
use kernel::Timestamp;

/// A message that was given up, and why. An operator can list and replay it.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The message as it was sent.
    pub envelope: Envelope,
    /// Deliveries that failed.
    pub attempts: u32,
    /// What the last one failed with.
    pub reason: String,
    /// When it was given up.
    pub died_at: Timestamp,
}
