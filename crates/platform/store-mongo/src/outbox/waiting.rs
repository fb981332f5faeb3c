//! Messages of the outbox one by one, for scans and imports: see [`Waiting`].

use std::sync::Arc;

use kernel::Timestamp;
use mongodb::bson::doc;
use mongodb::bson::raw::RawDocument;
use store::{AnyRecord, Kind, Record as _, Row as _, StoreResult, Waiting, key_of, record_of};
use uuid::Uuid;

use super::row::{OutboxRow, WaitingRow};
use crate::codec::{bson_of, corrupt, decode, encode};
use crate::layout::Layout;

/// How a scan reads the documents: through the index that the relays walk. Documents with the same lease come in the order in which they
/// were written.
pub(crate) fn layout() -> Layout {
    Layout {
        kind: Kind::of::<Waiting>(),
        id: |key| Ok(bson_of(key_of::<Waiting>(key)?)),
        decode: |document| {
            let mut messages = messages(document)?;
            let one = messages.pop().filter(|_| messages.is_empty());
            one.ok_or_else(|| corrupt(format!("a document is not one {}", Waiting::NAME)))
        },
        decode_all: messages,
        encode: |record| encode(&*row(record)?),
        scan_order: || doc! { "lease": 1 },
        ..Layout::of::<OutboxRow>()
    }
}

/// The record as the engine stores it: an imported message has a document of its own.
pub(crate) fn stored(kind: Kind, record: AnyRecord) -> StoreResult<(Kind, AnyRecord)> {
    if kind == Kind::of::<Waiting>() {
        Ok((Kind::of::<OutboxRow>(), row(&record)?))
    } else {
        Ok((kind, record))
    }
}

/// No replica holds the message: the first one that looks sends it, in the order of the leases.
fn row(record: &AnyRecord) -> StoreResult<Arc<OutboxRow>> {
    let waiting = record_of::<Waiting>(record.clone())?;
    let message = &waiting.envelope;
    let lease = if waiting.attempts == 0 {
        message.time
    } else {
        waiting.not_before
    };
    Ok(Arc::new(OutboxRow {
        id: message.id.as_uuid(),
        messages: vec![WaitingRow::of(message, waiting.attempts)],
        owner: Uuid::nil(),
        lease,
    }))
}

fn messages(document: &RawDocument) -> StoreResult<Vec<AnyRecord>> {
    let row: OutboxRow = decode(OutboxRow::TABLE, document)?;
    let lease = row.lease;
    let messages = row.messages.into_iter().map(|waiting| {
        let (envelope, attempts) = waiting.read()?;
        let not_before = if attempts == 0 {
            Timestamp::default()
        } else {
            lease
        };
        let waiting: AnyRecord = Arc::new(Waiting {
            envelope,
            attempts,
            not_before,
        });
        Ok(waiting)
    });
    messages.collect()
}
