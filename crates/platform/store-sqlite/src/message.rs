//! Messages as rows of the outbox and the dead letters.

use contracts::{Envelope, Kind};
use kernel::Timestamp;
use rusqlite::{Connection, Row};

use super::codec::{corrupt, id};
use store::StoreResult;
use telemetry::traceparent;

/// Writes `message` to the outbox in this transaction, as part of the write's trace. A message already waiting under the same id is left
/// unchanged: resending an unsent message has no effect.
///
/// # Errors
/// A store error.
pub(super) fn enqueue(tx: &Connection, message: &Envelope) -> StoreResult<()> {
    tx.prepare_cached(
        "INSERT INTO outbox (message_id, name, kind, order_id, time, traceparent, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (message_id) DO NOTHING",
    )?
    .execute((
        message.id.as_bytes(),
        &message.name,
        kind_code(message.kind),
        message.order.as_bytes(),
        message.time.as_millis(),
        message
            .traceparent
            .clone()
            .or_else(|| traceparent(message.order)),
        message.body.as_ref(),
    ))?;
    Ok(())
}

pub(super) fn kind_code(kind: Kind) -> i64 {
    match kind {
        Kind::Command => 0,
        Kind::Event => 1,
    }
}

/// Reads an envelope from seven columns starting at `first`, in the order that both tables use.
pub(super) fn envelope(row: &Row<'_>, first: usize) -> rusqlite::Result<(Envelope, i64)> {
    let kind: i64 = row.get(first + 2)?;
    Ok((
        Envelope {
            id: id(row, first)?,
            name: row.get(first + 1)?,
            kind: if kind == 0 {
                Kind::Command
            } else {
                Kind::Event
            },
            order: id(row, first + 3)?,
            time: Timestamp::from_millis(row.get(first + 4)?),
            traceparent: row.get(first + 5)?,
            body: row.get::<_, Vec<u8>>(first + 6)?.into(),
        },
        kind,
    ))
}

pub(super) fn known_kind(kind: i64) -> StoreResult<()> {
    if (0..=1).contains(&kind) {
        Ok(())
    } else {
        Err(corrupt(format!("{kind} is no kind of message")))
    }
}
