//! Moves: what people and timers do with a part of an order.
//!
//! [`table`](TABLE) declares every move: who may make it, from where, under which conditions and where it leads. The API, its refusals, the
//! timers, `docs/ORDERS.md` and the test of every combination of state, person and move read that one table. A further move is a row of it,
//! a variant of [`Move`] and the effect.

mod effects;
mod make;
mod table;
mod take;

#[cfg(test)]
mod document;
#[cfg(test)]
mod tests;

pub use make::{allowed, make_move, parts_to_cancel};
pub use table::{Guard, MoveName, Row, TABLE, Timer};

use kernel::{Currency, LineId, Money, Quantity, RefundId, ShipmentId};

use super::fulfilment::Parcel;

/// Items of lines. A line may be named more than once: its quantities are added.
pub type Items = Vec<(LineId, Quantity)>;

/// A move, with what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Ships a package.
    Ship {
        /// The package's id.
        id: ShipmentId,
        /// What is in it.
        items: Items,
        /// Who carries it.
        parcel: Parcel,
        /// What an operator says about it.
        note: Option<String>,
    },
    /// Says that a package has arrived.
    Deliver {
        /// Which package.
        shipment: ShipmentId,
        /// What an operator says about it.
        note: Option<String>,
    },
    /// Cancels items that are not shipped.
    Cancel {
        /// Which. None for all that are not shipped.
        items: Option<Items>,
        /// Why.
        reason: Option<String>,
        /// The id of their refund, and of the return of their stock.
        refund: RefundId,
    },
    /// Gives money back without a return.
    Refund {
        /// The refund's id.
        id: RefundId,
        /// What for.
        what: RefundOf,
        /// Why.
        reason: Option<String>,
        /// Whether the items can be sold again. None: those that were not shipped can, those that were shipped stay with the buyer.
        restock: Option<bool>,
    },
    /// Ends the part and pays its seller.
    Complete,
}

/// What a refund is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOf {
    /// Items, at their price.
    Items(Items),
    /// An amount, spread over the lines by what is left of each.
    Amount(Money),
}

impl Move {
    /// Which move it is.
    #[must_use]
    pub const fn name(&self) -> MoveName {
        match self {
            Self::Ship { .. } => MoveName::Ship,
            Self::Deliver { .. } => MoveName::Deliver,
            Self::Cancel { .. } => MoveName::Cancel,
            Self::Refund { .. } => MoveName::Refund,
            Self::Complete => MoveName::Complete,
        }
    }
}

/// Why a move is not made. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefusal {
    /// The order has no such part.
    #[error("the order has no such part")]
    UnknownFulfilment,
    /// The part has no such line.
    #[error("the part has no line {0}")]
    UnknownLine(LineId),
    /// The part has no such package.
    #[error("the part has no such package")]
    UnknownShipment,
    /// Whoever asks may never make this move.
    #[error("this move is not theirs to make")]
    Forbidden,
    /// The order is not paid, or its stock is not sold yet: it may be later.
    #[error("the order is not ready")]
    NotReady,
    /// Not now.
    #[error("the move is not allowed now")]
    NotAllowed {
        /// What they may do now.
        allowed: Vec<MoveName>,
    },
    /// More items than there are.
    #[error("only {left} items of line {line} are left for this move")]
    TooMuch {
        /// Of which line.
        line: LineId,
        /// How many there are.
        left: u32,
        /// What they may do now.
        allowed: Vec<MoveName>,
    },
    /// More money than is left, or items that no money is left of.
    #[error("only {left} is left")]
    RefundExceeds {
        /// What is left of the part.
        left: Money,
    },
    /// An amount in another currency than the order's.
    #[error("the order is in {expected}")]
    WrongCurrency {
        /// The order's.
        expected: Currency,
    },
    /// A bound of a part.
    #[error("a part has at most {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many it may have.
        most: usize,
    },
}
