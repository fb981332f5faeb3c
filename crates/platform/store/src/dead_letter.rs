//! A dead-lettered message, kept either in the sender's outbox or in the broker's dead-letter queue.

use contracts::Envelope;
use kernel::Timestamp;

/// A dead-lettered message and the reason. An operator can list and replay it.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The message as it was sent.
    pub envelope: Envelope,
    /// Failed deliveries.
    pub attempts: u32,
    /// The error of the last one.
    pub reason: String,
    /// When it was dead-lettered.
    pub died_at: Timestamp,
}
