//! Moves: what people and timers do with a part of an order.
//!
//! [`table`](TABLE) declares every move: who may make it, from where, under which conditions and where it leads. The API, its refusals, the
//! timers, `docs/ORDERS.md` and the test of every combination of state, person and move read that one table. A further move is a row of it,
//! a variant of [`Move`] and the effect.

mod disputes;
mod effects;
mod make;
mod returns;
mod table;
mod take;

#[cfg(test)]
mod document;
#[cfg(test)]
mod tests;

pub use make::{allowed, make_move, parts_to_cancel};
pub use table::{Guard, MoveName, Row, TABLE, Timer};

use kernel::{Currency, DisputeId, LineId, Money, Quantity, RefundId, ReturnId, ShipmentId};

use super::case_words::{DisputeReason, ReturnReason};
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
    /// Asks to send items back.
    RequestReturn {
        /// The return's id.
        id: ReturnId,
        /// What is to go back.
        items: Items,
        /// Why.
        reason: ReturnReason,
        /// What the buyer says about it.
        comment: Option<String>,
    },
    /// Agrees to a return.
    ApproveReturn {
        /// Which.
        id: ReturnId,
        /// What the seller says about it.
        comment: Option<String>,
    },
    /// Does not agree to a return.
    DenyReturn {
        /// Which.
        id: ReturnId,
        /// Why.
        comment: String,
    },
    /// Receives items of a return.
    ReceiveReturn {
        /// Of which.
        id: ReturnId,
        /// What came back.
        items: Vec<Received>,
        /// What an operator says about it.
        note: Option<String>,
    },
    /// Keeps what was not received of a return.
    WithdrawReturn {
        /// Which.
        id: ReturnId,
        /// What an operator says about it.
        note: Option<String>,
    },
    /// Ends a return that nothing more came of.
    ExpireReturn {
        /// Which.
        id: ReturnId,
    },
    /// Asks an operator to decide.
    OpenDispute {
        /// The dispute's id.
        id: DisputeId,
        /// What about.
        reason: DisputeReason,
        /// What the buyer says about it.
        comment: String,
    },
    /// Decides a dispute.
    ResolveDispute {
        /// Which.
        id: DisputeId,
        /// How.
        resolution: Resolution,
        /// What the operator says about it.
        comment: String,
    },
    /// No longer wants a decision.
    WithdrawDispute {
        /// Which.
        id: DisputeId,
        /// What an operator says about it.
        note: Option<String>,
    },
    /// Ends the part and pays its seller.
    Complete,
}

/// Items of a line that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Which line. It may be named more than once.
    pub line: LineId,
    /// How many.
    pub quantity: Quantity,
    /// Whether they can be sold again. Else they are written off.
    pub restock: bool,
}

/// How a dispute is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The buyer gets all that is left of the part.
    Refund,
    /// The seller is paid now.
    Release,
    /// The buyer gets this much, spread over the lines by what is left of each.
    Partial(Money),
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
            Self::RequestReturn { .. } => MoveName::RequestReturn,
            Self::ApproveReturn { .. } => MoveName::ApproveReturn,
            Self::DenyReturn { .. } => MoveName::DenyReturn,
            Self::ReceiveReturn { .. } => MoveName::ReceiveReturn,
            Self::WithdrawReturn { .. } => MoveName::WithdrawReturn,
            Self::ExpireReturn { .. } => MoveName::ExpireReturn,
            Self::OpenDispute { .. } => MoveName::OpenDispute,
            Self::ResolveDispute { .. } => MoveName::ResolveDispute,
            Self::WithdrawDispute { .. } => MoveName::WithdrawDispute,
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
    /// The part has no such return.
    #[error("the part has no such return")]
    UnknownReturn,
    /// The part has no such dispute.
    #[error("the part has no such dispute")]
    UnknownDispute,
    /// The caller may never make this move.
    #[error("this move is not theirs to make")]
    Forbidden,
    /// The order is not paid, or its stock is not sold yet: it may be later.
    #[error("the order is not ready")]
    NotReady,
    /// Not now.
    #[error("the move is not allowed now")]
    NotAllowed {
        /// What would have to hold for it, if that is one condition.
        because: Option<Guard>,
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
