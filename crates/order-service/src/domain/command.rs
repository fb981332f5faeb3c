//! Commands: what an order asks of the wallet and the product service. `events` seals them.

use kernel::{FulfilmentId, RefundId};
use uuid::Uuid;

/// What an order asks of the other services. Each is sealed from the order's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Debit the buyer.
    DebitForOrder,
    /// Undo the debit, or refuse it permanently.
    CancelOrderDebit,
    /// Give the buyer the money of a pending refund.
    RefundPart {
        /// Of which part.
        fulfilment: FulfilmentId,
        /// Which refund.
        refund: RefundId,
    },
    /// Pay the seller of a part.
    ReleasePart {
        /// Which part.
        fulfilment: FulfilmentId,
    },
    /// The held stock is sold.
    ConfirmReservation,
    /// Put the held stock back.
    ReleaseReservation,
    /// Put sold stock back, or write it off.
    ReturnStock {
        /// Of which part.
        fulfilment: FulfilmentId,
        /// Which return.
        return_id: Uuid,
    },
}
