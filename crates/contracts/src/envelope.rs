//! The envelope: what the bus and the outbox need to know about a message without reading its body.

use bytes::Bytes;
use kernel::{MessageId, OrderId, Timestamp};
use prost::{Message, Name};
use uuid::Uuid;

/// The kind of message, which determines its receivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An instruction to one receiver (direct exchange `marketplace.commands`).
    Command,
    /// A fact for any number of subscribers (topic exchange `marketplace.events`).
    Event,
}

/// A message of `proto-contracts`.
pub trait Contract: Message + Name + Default {
    /// Command or event.
    const KIND: Kind;
}

/// A body or field that cannot be decoded. A retry cannot help, so the message is dead-lettered at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed message: {0}")]
pub struct MalformedMessage(pub String);

/// A message in transit. Only its receiver decodes the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Identical in every redelivery and resend.
    pub id: MessageId,
    /// Protobuf full name, such as `marketplace.wallet.v1.DebitForOrder`. It is the routing key.
    pub name: String,
    /// The exchange that the message goes through, by kind.
    pub kind: Kind,
    /// The id of what the message is about: an order, or the user that it names.
    pub subject: Uuid,
    /// When the sender decided to send it.
    pub time: Timestamp,
    /// W3C trace context of the sender, if it had one.
    pub traceparent: Option<String>,
    /// The protobuf encoding.
    pub body: Bytes,
}

impl Envelope {
    /// Wraps `message`, which is about `order` and belongs to the step `step` of its saga, at `time`.
    pub fn of_step<M: Contract>(order: OrderId, step: &str, message: &M, time: Timestamp) -> Self {
        Self::about(order.as_uuid(), step, message, time)
    }

    /// Wraps `message`, which is about `subject` and is the only one of its `step`, at `time`.
    pub fn about<M: Contract>(subject: Uuid, step: &str, message: &M, time: Timestamp) -> Self {
        Self {
            id: MessageId::of_subject(subject, step),
            name: M::full_name(),
            kind: M::KIND,
            subject,
            time,
            traceparent: None,
            body: message.encode_to_vec().into(),
        }
    }

    /// Decodes the body as `M`.
    ///
    /// # Errors
    /// [`MalformedMessage`] if the envelope is of another type or the body does not decode.
    pub fn open<M: Contract>(&self) -> Result<M, MalformedMessage> {
        if self.name != M::full_name() {
            return Err(MalformedMessage(format!(
                "expected {}, got {}",
                M::full_name(),
                self.name
            )));
        }
        M::decode(self.body.clone()).map_err(|error| MalformedMessage(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wallet::{DebitForOrder, OrderDebited};
    use crate::{id_bytes, order_id};
    use kernel::SystemIds;

    #[test]
    fn a_message_opens_as_what_it_was_sealed_as_and_as_nothing_else() {
        let order = OrderId::new(&SystemIds::default());
        let message = DebitForOrder {
            order_id: id_bytes(order.as_uuid()),
            ..DebitForOrder::default()
        };
        let sealed = Envelope::of_step(order, "debit", &message, Timestamp::from_millis(1));
        assert_eq!(sealed.name, "marketplace.wallet.v1.DebitForOrder");
        assert_eq!(
            order_id(&sealed.open::<DebitForOrder>().unwrap().order_id),
            Ok(order)
        );
        assert!(sealed.open::<OrderDebited>().is_err());
        let garbled = Envelope {
            body: Bytes::from_static(b"\xff\xff"),
            ..sealed
        };
        assert!(garbled.open::<DebitForOrder>().is_err());
    }
}
