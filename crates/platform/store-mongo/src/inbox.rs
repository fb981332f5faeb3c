//! The inbox: which messages were handled (idempotent receiver, Hohpe & Woolf).

use std::time::Duration;

use kernel::{MessageId, OrderId, Timestamp};
use mongodb::bson::{Binary, DateTime, doc};
use serde::{Deserialize, Serialize};

use super::codec::{binary, date};
use super::{Collection, Row, Unit};
use store::StoreResult;

/// How long a handled message is remembered: far longer than any redelivery takes.
const MEMORY: Duration = Duration::from_hours(7 * 24);

/// A handled message: the order's id, then its own, so that those of one order lie together.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct InboxRow {
    #[serde(rename = "_id")]
    id: Binary,
    at: DateTime,
}

/// The bytes of an [`InboxRow`]'s key.
type Key = InboxKey;

/// The key of a handled message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct InboxKey([u8; 32]);

impl InboxKey {
    fn new(order: OrderId, message: MessageId) -> Self {
        let mut bytes = [0; 32];
        let parts = order.as_bytes().iter().chain(message.as_bytes());
        bytes
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = *from);
        Self(bytes)
    }
}

impl Serialize for InboxKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        binary(self.0.to_vec()).serialize(serializer)
    }
}

impl Row for InboxRow {
    const COLLECTION: &'static str = "inbox";
    type Key = Key;

    fn key(&self) -> Key {
        let mut bytes = [0; 32];
        bytes
            .iter_mut()
            .zip(&self.id.bytes)
            .for_each(|(to, from)| *to = *from);
        InboxKey(bytes)
    }
}

/// The collection that [`is_new`] writes to. The server deletes what is older than a week.
#[must_use]
pub fn inbox_collection() -> Collection {
    Collection::new(
        InboxRow::COLLECTION,
        doc! { "bsonType": "object", "required": ["_id", "at"], "properties": { "at": { "bsonType": "date" } } },
    )
    .expires("forgotten_after_a_week", "at", MEMORY)
}

/// Says that [`is_new`] will be asked, so that the answer is loaded with whatever else is.
///
/// # Errors
/// None in practice; see [`Unit::get`].
pub fn want_handled(unit: &mut Unit, order: OrderId, message: MessageId) -> StoreResult<()> {
    unit.want::<InboxRow>([InboxKey::new(order, message)])
}

/// Whether `message` about `order` was noted as handled.
///
/// # Errors
/// As [`Unit::get`].
pub fn was_handled(unit: &mut Unit, order: OrderId, message: MessageId) -> StoreResult<bool> {
    let key = InboxKey::new(order, message);
    Ok(unit.get::<InboxRow>(&key)?.is_some())
}

/// Notes that `message` about `order` is handled with this unit. False if it was handled before: then change nothing for it.
///
/// A message that can change its order only once, because the order's own state says that it was done, needs no note: look with
/// [`was_handled`] where a note may be, and note only what no state tells.
///
/// # Errors
/// As [`Unit::get`].
pub fn is_new(
    unit: &mut Unit,
    order: OrderId,
    message: MessageId,
    now: Timestamp,
) -> StoreResult<bool> {
    let key = InboxKey::new(order, message);
    if unit.get::<InboxRow>(&key)?.is_some() {
        unit.handled_before();
        return Ok(false);
    }
    unit.put(InboxRow {
        id: binary(key.0.to_vec()),
        at: date(now),
    })?;
    Ok(true)
}
