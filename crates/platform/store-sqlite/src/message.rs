//! Messages as rows of the outbox.

use contracts::Envelope;
use kernel::Timestamp;
use rusqlite::{Connection, Row};

use super::codec::id;
use store::StoreResult;
use store::outbox::{kind_code, kind_of};
use telemetry::traceparent;

/// Writes `message` to the outbox in this transaction, as part of the write's trace. A message already waiting under the same id is left
/// unchanged: resending an unsent message has no effect.
///
/// # Errors
/// A store error.
pub(super) fn enqueue(tx: &Connection, message: &Envelope) -> StoreResult<()> {
    tx.prepare_cached(
        "INSERT INTO outbox (id, name, kind, subject, time, traceparent, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
    )?
    .execute((
        message.id.as_bytes(),
        &message.name,
        kind_code(message.kind),
        message.subject.as_bytes(),
        message.time.as_millis(),
        message
            .traceparent
            .clone()
            .or_else(|| traceparent(message.subject.into())),
        message.body.as_ref(),
    ))?;
    Ok(())
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
