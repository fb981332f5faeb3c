//! Identifiers: UUIDv7 newtypes (RFC 9562), so that different kinds of id cannot be confused and keys sort by time.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use uuid::{ContextV7, Timestamp as UuidTime, Uuid};

use crate::{Clock, Invalid, SystemClock};

/// The source of new identifiers. Injected like the clock, so that tests are repeatable.
pub trait IdSource: Send + Sync {
    /// A new UUIDv7, greater than any that this source returned before.
    fn next(&self) -> Uuid;
}

/// UUIDv7 from the injected clock and the system's randomness. All default sources of a process continue each other.
pub struct SystemIds {
    clock: Arc<dyn Clock>,
    context: Arc<Mutex<ContextV7>>,
}

static OF_THE_PROCESS: LazyLock<Arc<Mutex<ContextV7>>> = LazyLock::new(context);

fn context() -> Arc<Mutex<ContextV7>> {
    Arc::new(Mutex::new(ContextV7::new()))
}

impl SystemIds {
    /// A source whose timestamps follow `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            context: context(),
        }
    }
}

impl Default for SystemIds {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            context: OF_THE_PROCESS.clone(),
        }
    }
}

impl IdSource for SystemIds {
    fn next(&self) -> Uuid {
        let millis = u64::try_from(self.clock.now().as_millis()).unwrap_or(0);
        let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(UuidTime::from_unix(&*context, millis / 1000, nanos))
    }
}

macro_rules! define_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = "uuid", example = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d"))]
        #[serde(transparent)]
        pub struct $name(#[serde(deserialize_with = "deserialize_hyphenated")] Uuid);

        impl $name {
            /// Wraps an id that is already known to name such a thing (from a store, a token or a message).
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }
            /// A fresh id from `ids`.
            #[must_use]
            pub fn new(ids: &dyn IdSource) -> Self {
                Self(ids.next())
            }
            /// The plain UUID.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
            /// The sixteen bytes, in the order in which they sort.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(raw: &str) -> Result<Self, Invalid> {
                parse_hyphenated(raw)
                    .map(Self)
                    .ok_or_else(|| Invalid::new("invalid_id", concat!("must be the UUID of ", $what)))
            }
        }
    };
}

/// Accepts only the canonical 36-character form, so that each resource has exactly one spelling.
fn parse_hyphenated(raw: &str) -> Option<Uuid> {
    (raw.len() == 36)
        .then(|| Uuid::try_parse(raw).ok())
        .flatten()
}

/// Reads an id: the canonical string in formats that people read, such as JSON, and 16 bytes in the others.
fn deserialize_hyphenated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    if !deserializer.is_human_readable() {
        return Uuid::deserialize(deserializer);
    }
    let raw = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    parse_hyphenated(&raw).ok_or_else(|| D::Error::custom("must be a UUID"))
}

define_id!(
    /// A registered person: buyer, seller or operator.
    UserId, "a user"
);
define_id!(
    /// A product in the catalogue.
    ProductId, "a product"
);
define_id!(
    /// An order. It is also the key of the order's reservation and of its payment.
    OrderId, "an order"
);
define_id!(
    /// A line of an order.
    LineId, "a line of an order"
);
define_id!(
    /// A fulfilment: the part of an order that one seller ships.
    FulfilmentId, "a fulfilment"
);
define_id!(
    /// A return: items of an order that a buyer sends back.
    ReturnId, "a return"
);
define_id!(
    /// A dispute: an operator decides between a buyer and a seller.
    DisputeId, "a dispute"
);
define_id!(
    /// A variant of a product. The default variant of a product has the product's id.
    VariantId, "a variant"
);
define_id!(
    /// A category of the catalogue.
    CategoryId, "a category"
);
define_id!(
    /// An image of a product.
    ImageId, "an image"
);
define_id!(
    /// A shipment: one package of a fulfilment.
    ShipmentId, "a shipment"
);
define_id!(
    /// A refund of a fulfilment or of some of it.
    RefundId, "a refund"
);
define_id!(
    /// An address that a user keeps.
    AddressId, "an address"
);
define_id!(
    /// A journal transaction of the wallet ledger.
    TransactionId, "a transaction"
);
define_id!(
    /// A login session: one family of refresh tokens.
    SessionId, "a session"
);
define_id!(
    /// An entry of the audit log: what an operator did.
    AuditId, "an audit entry"
);
define_id!(
    /// A message between services. Redeliveries and resends of one message carry the same id.
    MessageId, "a message"
);

impl VariantId {
    /// The id of the default variant of `product`.
    #[must_use]
    pub const fn default_of(product: ProductId) -> Self {
        Self(product.0)
    }
}

impl MessageId {
    /// The id of the message for `step` of the saga of `order`: UUIDv5, so that a resend has the same id.
    #[must_use]
    pub fn of_step(order: OrderId, step: &str) -> Self {
        Self::of_subject(order.as_uuid(), step)
    }

    /// The id of the message for `step` of whatever `subject` is. The same rule.
    #[must_use]
    pub fn of_subject(subject: Uuid, step: &str) -> Self {
        Self(Uuid::new_v5(&subject, step.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ManualClock, Timestamp};

    #[test]
    fn default_sources_continue_each_other() {
        let given: Vec<Uuid> = (0..1_000).map(|_| SystemIds::default().next()).collect();
        assert!(given.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn ids_of_one_source_rise_even_within_a_millisecond() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_123)));
        let ids = SystemIds::new(clock);
        let given: Vec<Uuid> = (0..10_000).map(|_| ids.next()).collect();
        assert!(given.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(given[0].get_version_num(), 7);
    }

    #[test]
    fn ids_of_one_source_rise_whatever_the_clock_does() {
        let start = Timestamp::from_millis(1_700_000_000_123);
        let clock = Arc::new(ManualClock::at(start));
        let ids = SystemIds::new(clock.clone());
        let mut given = Vec::new();
        for step in [0, -3_600_000, 86_400_000, -1, 5, 0] {
            clock.set(Timestamp::from_millis(start.as_millis() + step));
            given.extend((0..1000).map(|_| ids.next()));
        }
        assert!(given.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn only_the_canonical_spelling_is_an_id() {
        let id = UserId::new(&SystemIds::default());
        assert_eq!(id.to_string().parse::<UserId>().unwrap(), id);
        for bad in [
            "",
            "1",
            "urn:uuid:0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d",
            "0199f3a05b1c7c3e9d526f0c1a2b3c4d",
        ] {
            assert_eq!(
                bad.parse::<UserId>().unwrap_err().code,
                "invalid_id",
                "{bad}"
            );
        }
    }

    #[test]
    fn a_step_of_a_saga_always_has_the_same_message_id() {
        let order = OrderId::new(&SystemIds::default());
        assert_eq!(
            MessageId::of_step(order, "debit"),
            MessageId::of_step(order, "debit")
        );
        assert_ne!(
            MessageId::of_step(order, "debit"),
            MessageId::of_step(order, "cancel")
        );
    }
}
