//! Where an order and each of its parts are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order is in its saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Stock is held, the debit is on its way.
    Pending,
    /// The buyer was debited.
    Paid,
    /// The buyer could not pay; nothing was debited.
    Declined,
    /// The payment deadline has passed; whether a debit was made is being found out and undone.
    Cancelling,
    /// Not paid in time; nothing is or stays debited.
    Cancelled,
    /// The refund of the last money that was left of it is on its way.
    Refunding,
    /// The buyer has all the money back.
    Refunded,
}

kernel::words!(OrderState {
    Pending = "pending", Paid = "paid", Declined = "declined", Cancelling = "cancelling",
    Cancelled = "cancelled", Refunding = "refunding", Refunded = "refunded"
});

impl OrderState {
    /// Whether the saga has come to an end that the buyer can be told.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        match self {
            Self::Paid | Self::Declined | Self::Cancelled | Self::Refunded => true,
            Self::Pending | Self::Cancelling | Self::Refunding => false,
        }
    }

    /// Whether the buyer was debited, whatever became of the money since.
    #[must_use]
    pub const fn was_paid(self) -> bool {
        match self {
            Self::Paid | Self::Refunding | Self::Refunded => true,
            Self::Pending | Self::Declined | Self::Cancelling | Self::Cancelled => false,
        }
    }
}

/// Why an order did not become, or stay, paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The wallet had less than the total.
    InsufficientFunds,
    /// The wallet declined for another reason.
    PaymentDeclined,
    /// The payment deadline passed.
    PaymentTimeout,
    /// The stock's lease had run out before it was confirmed.
    ReservationExpired,
    /// An operator undid it.
    Operator,
}

kernel::words!(Reason {
    InsufficientFunds = "insufficient_funds", PaymentDeclined = "payment_declined",
    PaymentTimeout = "payment_timeout", ReservationExpired = "reservation_expired",
    Operator = "operator"
});

/// Where a part of an order is: what one seller ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentStatus {
    /// Some of it is neither shipped nor cancelled.
    Open,
    /// All of it is shipped or cancelled, and at least one item is shipped.
    Shipped,
    /// The buyer has it: all packages have arrived, or there is nothing to ship.
    Delivered,
    /// It is over for buyer and seller, and the seller is paid.
    Completed,
    /// All of it is cancelled.
    Cancelled,
}

kernel::words!(FulfilmentStatus {
    Open = "open", Shipped = "shipped", Delivered = "delivered", Completed = "completed",
    Cancelled = "cancelled"
});

/// What became of the money of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escrow {
    /// Not paid, or still held for the seller.
    #[default]
    Held,
    /// The wallet was asked to pay the seller.
    Releasing,
    /// The seller has it.
    Released,
}

/// How far an order's parts are together. Computed, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentsStatus {
    /// Nothing is shipped or delivered yet.
    Unfulfilled,
    /// Something is on its way or has arrived, and something is still to be shipped.
    PartiallyShipped,
    /// All that is not cancelled is shipped.
    Shipped,
    /// All that is not cancelled has arrived.
    Delivered,
    /// All that is not cancelled is over.
    Completed,
    /// Nothing is left to be done: every part is cancelled, or the order was never paid.
    Cancelled,
}

kernel::words!(FulfilmentsStatus {
    Unfulfilled = "unfulfilled", PartiallyShipped = "partially_shipped", Shipped = "shipped",
    Delivered = "delivered", Completed = "completed", Cancelled = "cancelled"
});

/// What became of what the buyer paid. Computed, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The buyer was not debited.
    Unpaid,
    /// Nothing of it was refunded.
    Paid,
    /// Some of it was refunded, or a refund is on its way.
    PartiallyRefunded,
    /// The buyer has all of it back.
    Refunded,
}

kernel::words!(PaymentStatus {
    Unpaid = "unpaid", Paid = "paid", PartiallyRefunded = "partially_refunded",
    Refunded = "refunded"
});
