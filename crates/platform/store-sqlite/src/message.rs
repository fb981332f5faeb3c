//! Messages as rows of the outbox.

use std::sync::Arc;

use contracts::Envelope;
use kernel::Timestamp;
use rusqlite::{Connection, Row};

use super::codec::id;
use store::StoreResult;
use store::outbox::{Pending, kind_code, kind_of};
use telemetry::traceparent;

/// Writes `message` to the outbox in this transaction, as part of the write's trace, and returns it as the relay will see it. None for a
/// message already waiting under the same id, which is left unchanged: resending an unsent message has no effect.
///
/// # Errors
/// A store error.
pub(super) fn enqueue(tx: &Connection, mut message: Envelope) -> StoreResult<Option<Pending>> {
    if message.traceparent.is_none() {
        message.traceparent = traceparent(message.subject.into());
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO outbox (id, name, kind, subject, time, traceparent, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
    )?;
    let added = insert.execute((
        message.id.as_bytes(),
        &message.name,
        kind_code(message.kind),
        message.subject.as_bytes(),
        message.time.as_millis(),
        &message.traceparent,
        message.body.as_ref(),
    ))?;
    Ok((added > 0).then(|| Pending {
        seq: tx.last_insert_rowid(),
        attempts: 0,
        envelope: Arc::new(message),
    }))
}

/// Reads an envelope from the seven columns of a message, starting at `first`.
pub(super) fn envelope(row: &Row<'_>, first: usize) -> StoreResult<Envelope> {
    Ok(Envelope {
        id: id(row, first)?,
        name: row.get(first + 1)?,
        kind: kind_of(row.get(first + 2)?)?,
        subject: id(row, first + 3)?,
        time: Timestamp::from_millis(row.get(first + 4)?),
        traceparent: row.get(first + 5)?,
        body: row.get::<_, Vec<u8>>(first + 6)?.into(),
    })
}
