//! The inbox: which messages were handled (idempotent receiver, Hohpe & Woolf).

use std::time::Duration;

use kernel::{MessageId, OrderId, Timestamp};

use serde::{Deserialize, Serialize};

use crate::{Expires, Record, Row, StoreResult, Tx};

/// How long a handled message is remembered: far longer than any redelivery takes.
pub const MEMORY: Duration = Duration::from_hours(7 * 24);

/// A message that was handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// The order that it is about.
    pub order: OrderId,
    /// Its id.
    pub message: MessageId,
    /// When it was handled.
    pub at: Timestamp,
}

impl Record for Handled {
    const NAME: &'static str = "handled message";
    type Key = (OrderId, MessageId);

    fn key(&self) -> Self::Key {
        (self.order, self.message)
    }
}

/// See [`Handled`]. The order comes first in the key: it rises with time, the message's id is a hash, and rows that are written together
/// should lie together.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandledId {
    order_id: OrderId,
    message_id: MessageId,
}

/// See [`Handled`].
#[derive(Debug, Serialize, Deserialize)]
pub struct HandledFields {
    #[serde(rename = "_id")]
    id: HandledId,
    handled_at: Timestamp,
}

impl Row for Handled {
    const TABLE: &'static str = "inbox";
    const KEY: &'static [&'static str] = &["order_id", "message_id"];
    const EXPIRES: Option<Expires> = Some(Expires {
        field: "handled_at",
        after: MEMORY,
    });

    type Id = HandledId;
    type Fields = HandledFields;

    fn id(&(order_id, message_id): &Self::Key) -> HandledId {
        HandledId {
            order_id,
            message_id,
        }
    }

    fn fields(&self) -> impl Serialize {
        HandledFields {
            id: Self::id(&self.key()),
            handled_at: self.at,
        }
    }

    fn from_fields(fields: HandledFields) -> StoreResult<Self> {
        Ok(Self {
            order: fields.id.order_id,
            message: fields.id.message_id,
            at: fields.handled_at,
        })
    }
}

impl Tx<'_> {
    /// Records that this transaction handles `message` about `order`. Returns false if it was handled before: then change nothing.
    ///
    /// A message that can change its order only once, because a record's own state rejects the repeat, needs no record. Check
    /// [`Tx::was_handled`] where a record may exist, and write one only where no state shows that the message was handled.
    ///
    /// # Errors
    /// A store error.
    pub fn once(
        &mut self,
        order: OrderId,
        message: MessageId,
        now: Timestamp,
    ) -> StoreResult<bool> {
        if self.was_handled(order, message)? {
            self.handled_before();
            return Ok(false);
        }
        self.insert(Handled {
            order,
            message,
            at: now,
        })?;
        Ok(true)
    }

    /// Whether `message` about `order` was recorded as handled.
    ///
    /// # Errors
    /// A store error.
    pub fn was_handled(&mut self, order: OrderId, message: MessageId) -> StoreResult<bool> {
        Ok(self.get::<Handled>(&(order, message))?.is_some())
    }
}
