//! Messages of an outbox as records, for scans and imports. Use cases add messages with [`Tx::send`](crate::Tx::send).

use bytes::Bytes;
use contracts::Envelope;
use kernel::{MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use crate::outbox::{kind_code, kind_of};
use crate::{Record, Row, StoreResult};

/// A message in an outbox and the state of its delivery. Scans have them in the order in which they will be sent. SQLite keeps one in a row;
/// MongoDB several in a document, which its engine maps itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The message.
    pub envelope: Envelope,
    /// Failed deliveries so far.
    pub attempts: u32,
    /// Earliest time of the retry; zero if there was no failed delivery.
    pub not_before: Timestamp,
}

impl Record for Waiting {
    const NAME: &'static str = "waiting message";
    type Key = MessageId;

    fn key(&self) -> MessageId {
        self.envelope.id
    }
}

/// See [`Waiting`].
#[derive(Debug, Serialize, Deserialize)]
pub struct WaitingFields {
    #[serde(rename = "_id")]
    id: MessageId,
    name: String,
    kind: i32,
    subject: Uuid,
    time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    body: ByteBuf,
    attempts: u32,
    not_before: Timestamp,
}

impl Row for Waiting {
    const TABLE: &'static str = "outbox";
    const SCANNED_BY: &'static [&'static str] = &["seq"];

    type Id = MessageId;
    type Fields = WaitingFields;

    fn id(message: &MessageId) -> MessageId {
        *message
    }

    fn fields(&self) -> impl Serialize {
        let message = &self.envelope;
        WaitingFields {
            id: message.id,
            name: message.name.clone(),
            kind: kind_code(message.kind),
            subject: message.subject,
            time: message.time,
            traceparent: message.traceparent.clone(),
            body: ByteBuf::from(message.body.to_vec()),
            attempts: self.attempts,
            not_before: self.not_before,
        }
    }

    fn from_fields(fields: WaitingFields) -> StoreResult<Self> {
        Ok(Self {
            envelope: Envelope {
                id: fields.id,
                name: fields.name,
                kind: kind_of(fields.kind)?,
                subject: fields.subject,
                time: fields.time,
                traceparent: fields.traceparent,
                body: Bytes::from(fields.body.into_vec()),
            },
            attempts: fields.attempts,
            not_before: fields.not_before,
        })
    }
}
