//! The product service's events, as messages of `proto-contracts`.

use contracts::{Envelope, id_bytes, product};
use kernel::{OrderId, Timestamp};

/// An event that the order service waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The order's stock is sold.
    ReservationConfirmed(OrderId),
    /// A confirmation arrived after the order's stock was returned, or none was ever held.
    ReservationExpired(OrderId),
}

impl Event {
    /// The event's message. Its id depends only on the order, so a repeated event is the same message.
    pub(crate) fn envelope(self, now: Timestamp) -> Envelope {
        match self {
            Self::ReservationConfirmed(order) => {
                let order_id = id_bytes(order.as_uuid());
                let message = product::ReservationConfirmed { order_id };
                Envelope::of_step(order, "reservation-confirmed", &message, now)
            }
            Self::ReservationExpired(order) => {
                let order_id = id_bytes(order.as_uuid());
                let message = product::ReservationExpired { order_id };
                Envelope::of_step(order, "reservation-expired", &message, now)
            }
        }
    }
}
