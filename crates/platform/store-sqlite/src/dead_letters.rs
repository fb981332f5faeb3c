//! Lists and replays dead-lettered messages, for operators.

use kernel::{MessageId, Timestamp};
use rusqlite::Connection;

use super::codec::unsigned;
use super::message::{enqueue, envelope, known_kind};
use store::DeadLetter;
use store::StoreResult;

/// All dead letters, the oldest first.
///
/// # Errors
/// A store error.
pub fn dead_letters(tx: &Connection) -> StoreResult<Vec<DeadLetter>> {
    let mut statement = tx.prepare_cached(
        "SELECT message_id, name, kind, order_id, time, traceparent, body, attempts, reason, died_at
         FROM dead_letters ORDER BY died_at, message_id",
    )?;
    let rows = statement.query_map([], |row| {
        let (envelope, kind) = envelope(row, 0)?;
        let letter = DeadLetter {
            envelope,
            attempts: unsigned(row, 7)?,
            reason: row.get(8)?,
            died_at: Timestamp::from_millis(row.get(9)?),
        };
        Ok((letter, kind))
    })?;
    rows.map(|row| {
        let (letter, kind) = row?;
        known_kind(kind).map(|()| letter)
    })
    .collect()
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
        tx.prepare_cached("DELETE FROM dead_letters WHERE message_id = ?1")?
            .execute([letter.envelope.id.as_bytes()])?;
        replayed += 1;
    }
    Ok(replayed)
}
