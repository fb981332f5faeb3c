//! A dead-lettered message, kept either in the sender's outbox or in the broker's dead-letter queue.

use bytes::Bytes;
use contracts::Envelope;
use kernel::{MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use crate::outbox::{kind_code, kind_of};
use crate::{Record, Row, StoreResult, Tx, Value};

/// The field for looking up what was said about something.
const SUBJECT: &str = "subject";

/// A dead-lettered message and the reason. An operator can list and replay it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message as it was sent.
    pub envelope: Envelope,
    /// Failed deliveries.
    pub attempts: u32,
    /// The error of the last one.
    pub reason: String,
    /// When it was dead-lettered.
    pub died_at: Timestamp,
}

impl Record for DeadLetter {
    const NAME: &'static str = "dead letter";
    type Key = MessageId;

    fn key(&self) -> MessageId {
        self.envelope.id
    }

    fn lookup(&self, field: &'static str) -> Option<Value> {
        (field == SUBJECT).then_some(Value::Id(self.envelope.subject))
    }
}

/// See [`DeadLetter`].
#[derive(Debug, Serialize, Deserialize)]
pub struct DeadLetterFields {
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
    reason: String,
    died_at: Timestamp,
}

impl Row for DeadLetter {
    const TABLE: &'static str = "dead_letters";
    const LOOKUPS: &'static [&'static str] = &[SUBJECT];

    type Id = MessageId;
    type Fields = DeadLetterFields;

    fn id(message: &MessageId) -> MessageId {
        *message
    }

    fn fields(&self) -> impl Serialize {
        let message = &self.envelope;
        DeadLetterFields {
            id: message.id,
            name: message.name.clone(),
            kind: kind_code(message.kind),
            subject: message.subject,
            time: message.time,
            traceparent: message.traceparent.clone(),
            body: ByteBuf::from(message.body.to_vec()),
            attempts: self.attempts,
            reason: self.reason.clone(),
            died_at: self.died_at,
        }
    }

    fn from_fields(fields: DeadLetterFields) -> StoreResult<Self> {
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
            reason: fields.reason,
            died_at: fields.died_at,
        })
    }
}

impl Tx<'_> {
    /// Deletes the dead letters about `subject` that this service could not send: nobody needs to know any more.
    ///
    /// # Errors
    /// A store error.
    pub fn discard_letters(&mut self, subject: Uuid) -> StoreResult<()> {
        for letter in self.find_by::<DeadLetter>(SUBJECT, subject, usize::MAX)? {
            self.delete::<DeadLetter>(&letter.envelope.id)?;
        }
        Ok(())
    }
}
