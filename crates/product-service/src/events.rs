//! The product service's events, as messages of `proto-contracts`.

use contracts::{Envelope, id_bytes, product};
use kernel::{OrderId, Timestamp, UserId};
use uuid::Uuid;

/// The reason of a refused return.
const EXCEEDS_SOLD: &str = "exceeds_sold";

/// An event that the order service waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The order's stock is sold.
    ReservationConfirmed(OrderId),
    /// A confirmation arrived after the order's stock was returned, or none was ever held.
    ReservationExpired(OrderId),
    /// The return of this id is in the stock book, or there was nothing to return.
    StockReturned(OrderId, Uuid),
    /// The return of this id exceeds what was sold to the order. Nothing was changed.
    StockReturnRefused(OrderId, Uuid),
}

impl Event {
    /// The event's message. Its id depends only on the order, and on the return if it is about one, so a repeated event is the same message.
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
            Self::StockReturned(order, id) => {
                let message = product::StockReturned {
                    order_id: id_bytes(order.as_uuid()),
                    return_id: id_bytes(id),
                };
                Envelope::of_step(order, &format!("stock-returned {id}"), &message, now)
            }
            Self::StockReturnRefused(order, id) => {
                let message = product::StockReturnRefused {
                    order_id: id_bytes(order.as_uuid()),
                    return_id: id_bytes(id),
                    reason: EXCEEDS_SOLD.to_owned(),
                };
                Envelope::of_step(order, &format!("stock-return-refused {id}"), &message, now)
            }
        }
    }
}

/// The user has listed their first product. Its id depends only on the user.
pub(crate) fn seller_started(user: UserId, at: Timestamp) -> Envelope {
    let message = product::SellerStarted {
        seller_id: id_bytes(user.as_uuid()),
        at: at.as_millis(),
    };
    Envelope::about(user.as_uuid(), "seller started", &message, at)
}
