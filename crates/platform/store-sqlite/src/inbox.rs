//! The inbox: which messages were handled (idempotent receiver, Hohpe & Woolf).

use std::cell::Cell;

use kernel::{MessageId, OrderId, Timestamp};
use rusqlite::Connection;

use store::StoreResult;

thread_local! {
    /// Messages that this thread found to have been handled before, since somebody counted them.
    static REPEATED: Cell<u64> = const { Cell::new(0) };
}

/// How many messages this thread has found to have been handled before, since the last call.
pub(super) fn take_repeated() -> u64 {
    REPEATED.take()
}

/// Notes that `message` about `order` is handled in this transaction. False if it was handled before: then change nothing for it.
///
/// # Errors
/// A store error.
pub fn is_new(
    tx: &Connection,
    order: OrderId,
    message: MessageId,
    now: Timestamp,
) -> StoreResult<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO inbox (order_id, message_id, handled_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute((order.as_bytes(), message.as_bytes(), now.as_millis()))?;
    if inserted == 0 {
        REPEATED.set(REPEATED.get().saturating_add(1));
    }
    Ok(inserted == 1)
}

/// Forgets up to `limit` messages handled before `before`, long after any redelivery of them. Returns how many.
///
/// # Errors
/// A store error.
pub fn forget_old_messages(tx: &Connection, before: Timestamp, limit: i64) -> StoreResult<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM inbox WHERE (order_id, message_id) IN
               (SELECT order_id, message_id FROM inbox WHERE handled_at < ?1 ORDER BY handled_at LIMIT ?2)",
        )?
        .execute((before.as_millis(), limit))?)
}
