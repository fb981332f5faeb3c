//! What the product service tells the others, as messages of `proto-contracts`.

use contracts::{Envelope, id_bytes, product};
use kernel::{OrderId, Timestamp};

/// Something that happened here and that another service waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The order's stock is sold.
    ReservationConfirmed(OrderId),
    /// A confirmation came when the order's stock had gone back, or was never held.
    ReservationExpired(OrderId),
}

impl Event {
    /// The message that says so. Its id depends on the order alone: told again, it is the same message.
    pub(crate) fn envelope(self, now: Timestamp) -> Envelope {
        match self {
            Self::ReservationConfirmed(order) => {
                let message = product::ReservationConfirmed {
                    order_id: id_bytes(order.as_uuid()),
                };
                Envelope::of_step(order, "reservation-confirmed", &message, now)
            }
            Self::ReservationExpired(order) => {
                let message = product::ReservationExpired {
                    order_id: id_bytes(order.as_uuid()),
                };
                Envelope::of_step(order, "reservation-expired", &message, now)
            }
        }
    }
}
