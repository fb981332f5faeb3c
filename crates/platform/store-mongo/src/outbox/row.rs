//! The documents of the outbox: one for all messages of a commit, so that a message needs no insert or delete of its own.

use bytes::Bytes;
use contracts::Envelope;
use kernel::{MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use store::outbox::{Pending, kind_code, kind_of};
use store::{Plain, Record, StoreResult};

/// A message's contents, without its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    name: String,
    kind: i32,
    subject: Uuid,
    time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    body: ByteBuf,
}

impl MessageRow {
    pub(crate) fn of(message: &Envelope) -> Self {
        Self {
            name: message.name.clone(),
            kind: kind_code(message.kind),
            subject: message.subject,
            time: message.time,
            traceparent: message.traceparent.clone(),
            body: ByteBuf::from(message.body.to_vec()),
        }
    }

    pub(crate) fn envelope(self, id: MessageId) -> StoreResult<Envelope> {
        Ok(Envelope {
            id,
            name: self.name,
            kind: kind_of(self.kind)?,
            subject: self.subject,
            time: self.time,
            traceparent: self.traceparent,
            body: Bytes::from(self.body.into_vec()),
        })
    }
}

/// A pending message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WaitingRow {
    id: MessageId,
    message: MessageRow,
    /// Failed deliveries so far.
    attempts: u32,
}

impl WaitingRow {
    pub(super) fn of(message: &Envelope, attempts: u32) -> Self {
        Self {
            id: message.id,
            message: MessageRow::of(message),
            attempts,
        }
    }

    pub(super) fn read(self) -> StoreResult<(Envelope, u32)> {
        Ok((self.message.envelope(self.id)?, self.attempts))
    }
}

/// Pending messages of one commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OutboxRow {
    #[serde(rename = "_id")]
    pub(super) id: Uuid,
    pub(super) messages: Vec<WaitingRow>,
    /// The replica that holds them, and until when.
    pub(super) owner: Uuid,
    pub(super) lease: Timestamp,
}

impl OutboxRow {
    /// When the oldest of its messages was written.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        let times = self.messages.iter().map(|waiting| waiting.message.time);
        times.min()
    }
}

impl Record for OutboxRow {
    const NAME: &'static str = "outbox parcel";
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

impl Plain for OutboxRow {
    const TABLE: &'static str = "outbox";
}

/// The messages to retry, as rows.
pub(super) fn rows_of(pending: &[Pending]) -> Vec<WaitingRow> {
    pending
        .iter()
        .map(|pending| WaitingRow::of(&pending.envelope, pending.attempts))
        .collect()
}
