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

impl OrderState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Paid,
        Self::Declined,
        Self::Cancelling,
        Self::Cancelled,
        Self::Refunding,
        Self::Refunded,
    ];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Declined => "declined",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
        }
    }

    /// The state that [`as_str`](Self::as_str) has the word of, if there is one.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

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

impl Reason {
    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InsufficientFunds => "insufficient_funds",
            Self::PaymentDeclined => "payment_declined",
            Self::PaymentTimeout => "payment_timeout",
            Self::ReservationExpired => "reservation_expired",
            Self::Operator => "operator",
        }
    }
}

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

impl FulfilmentStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Shipped,
        Self::Delivered,
        Self::Completed,
        Self::Cancelled,
    ];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status that [`as_str`](Self::as_str) has the word of, if there is one.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

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

impl FulfilmentsStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Unfulfilled,
        Self::PartiallyShipped,
        Self::Shipped,
        Self::Delivered,
        Self::Completed,
        Self::Cancelled,
    ];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unfulfilled => "unfulfilled",
            Self::PartiallyShipped => "partially_shipped",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

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

impl PaymentStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Unpaid,
        Self::Paid,
        Self::PartiallyRefunded,
        Self::Refunded,
    ];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Paid => "paid",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
        }
    }
}
