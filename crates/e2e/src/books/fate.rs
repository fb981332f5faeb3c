//! What becomes of the orders of the books.

use super::FEE;

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Paid, and its sellers are paid.
    Released,
    /// Paid, and the money is in escrow.
    Held,
    /// Refunded, since its stock had been returned.
    Refunded,
    /// The buyer could not pay.
    Declined,
    /// Not paid in time.
    Cancelled,
    /// Just made: the debit is on its way.
    Pending,
}

impl Fate {
    /// Of order `number` of `orders`: most are paid, and the last one was just made.
    #[must_use]
    pub const fn of(number: u32, orders: u32) -> Self {
        match number % 20 {
            _ if number + 1 == orders => Self::Pending,
            7 | 17 => Self::Held,
            8 | 18 => Self::Refunded,
            9 => Self::Declined,
            19 => Self::Cancelled,
            _ => Self::Released,
        }
    }

    pub(super) const fn state(self) -> &'static str {
        match self {
            Self::Released | Self::Held => "paid",
            Self::Refunded => "refunded",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Pending => "pending",
        }
    }

    pub(super) const fn reservation(self) -> &'static str {
        match self {
            Self::Released | Self::Held => "sold",
            Self::Refunded => "expired",
            Self::Declined | Self::Cancelled => "released",
            Self::Pending => "held",
        }
    }

    pub(super) const fn payment(self) -> Option<i32> {
        match self {
            Self::Declined => Some(0),
            Self::Cancelled => Some(1),
            Self::Held | Self::Refunded | Self::Released => Some(2),
            Self::Pending => None,
        }
    }

    pub(super) const fn part(self) -> &'static str {
        match self {
            Self::Released => "completed",
            Self::Held => "delivered",
            Self::Refunded => "cancelled",
            Self::Declined | Self::Cancelled | Self::Pending => "open",
        }
    }

    /// The commission that its part paid, and what the refund gave back of it.
    pub(super) const fn fees(self) -> (i64, i64) {
        match self {
            Self::Released | Self::Held => (FEE, 0),
            Self::Refunded => (FEE, FEE),
            Self::Declined | Self::Cancelled | Self::Pending => (0, 0),
        }
    }

    pub(super) const fn is_paid(self) -> bool {
        matches!(self, Self::Released | Self::Held | Self::Refunded)
    }

    /// Whether the stock is confirmed to be sold: then its part is a sale.
    pub(super) const fn is_sale(self) -> bool {
        matches!(self, Self::Released | Self::Held)
    }

    /// How many facts its timeline has.
    pub(super) const fn facts(self) -> i64 {
        match self {
            Self::Pending => 1,
            Self::Held | Self::Declined | Self::Cancelled => 2,
            Self::Released => 3,
            Self::Refunded => 4,
        }
    }
}
