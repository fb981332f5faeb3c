//! Lists and replays dead-lettered messages, for operators.

use kernel::MessageId;
use rusqlite::Connection;
use store::{DeadLetter, StoreResult};

use super::message::enqueue;
use super::record::SqliteRecord as _;
use super::row::rows;

/// All dead letters, the oldest first.
///
/// # Errors
/// A store error.
pub fn dead_letters(tx: &Connection) -> StoreResult<Vec<DeadLetter>> {
    rows(tx, "SELECT * FROM dead_letters ORDER BY died_at, id", [])
}

/// Puts the dead letter `message` (or all of them if `None`) back into the outbox. Returns how many.
///
/// # Errors
/// A store error.
pub fn replay_dead_letters(tx: &Connection, message: Option<MessageId>) -> StoreResult<usize> {
    let letters = dead_letters(tx)?;
    let chosen = letters
        .iter()
        .filter(|letter| message.is_none_or(|id| id == letter.envelope.id));
    let mut replayed = 0;
    for letter in chosen {
        enqueue(tx, &letter.envelope)?;
        letter.delete(tx)?;
        replayed += 1;
    }
    Ok(replayed)
}
