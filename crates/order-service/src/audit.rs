//! What the audit needs to know of orders. The order service has no invariant of its own to check: its parts have to agree with the
//! wallet's payments and the product service's reservations, and that is compared where all can be read, in the composition root.

use contracts::reservations::Article;
use kernel::{FulfilmentId, LineId, Money, OrderId, UserId};

use crate::domain::{Escrow, Fulfilment, Order, OrderLine, OrderState, PartLine};

/// An order, as far as money and stock are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedOrder {
    /// Which order.
    pub id: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// Where its saga is.
    pub state: OrderState,
    /// What it costs.
    pub total: Money,
    /// Whether its stock is known to be sold.
    pub confirmed: bool,
    /// Its parts.
    pub parts: Vec<AuditedPart>,
}

/// A part of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedPart {
    /// Which part.
    pub id: FulfilmentId,
    /// Who sells it.
    pub seller: UserId,
    /// What became of its money.
    pub money: Escrow,
    /// Its lines.
    pub lines: Vec<AuditedLine>,
}

/// A line of a part. Amounts are minor units of the order's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditedLine {
    /// Which line.
    pub id: LineId,
    /// What is sold.
    pub article: Article,
    /// How many were ordered.
    pub quantity: i64,
    /// What it costs. None if that overflows.
    pub total: Option<Money>,
    /// The commission that the wallet fixed at the debit.
    pub commission: i64,
    /// What was refunded, refunds under way included.
    pub refunded: i64,
    /// How much of that is under way: the wallet has not answered, or has refused and an operator has to settle it.
    pub refund_under_way: i64,
    /// How much of the commission refunds have given back.
    pub reversed: i64,
    /// Items that are not, or no longer, the buyer's, returns under way included.
    pub came_back: i64,
    /// How many of them are under way to the stock book.
    pub return_under_way: i64,
}

impl From<Order> for AuditedOrder {
    fn from(order: Order) -> Self {
        let parts = order.fulfilments.iter();
        Self {
            id: order.id,
            buyer: order.buyer,
            state: order.state,
            total: order.total,
            confirmed: order.confirmed,
            parts: parts.map(|part| AuditedPart::of(&order, part)).collect(),
        }
    }
}

impl AuditedPart {
    fn of(order: &Order, part: &Fulfilment) -> Self {
        Self {
            id: part.id,
            seller: part.seller,
            money: part.money,
            lines: order
                .lines_of(part)
                .map(|(line, touched)| AuditedLine::of(part, line, touched))
                .collect(),
        }
    }
}

impl AuditedLine {
    fn of(part: &Fulfilment, line: &OrderLine, touched: &PartLine) -> Self {
        let refunds = part.refunds.iter().flat_map(|refund| &refund.lines);
        let refunds = refunds.filter(|refund| refund.line == line.id);
        let returns = part.stock_returns.iter().flat_map(|back| &back.lines);
        let returns = returns.filter(|back| back.line == line.id);
        Self {
            id: line.id,
            article: line.article(),
            quantity: line.quantity.into(),
            total: line.total(),
            commission: touched.commission,
            refunded: touched.refunded_amount,
            refund_under_way: refunds
                .map(|refund| refund.amount)
                .fold(0, i64::saturating_add),
            reversed: touched.reversed,
            came_back: i64::from(touched.cancelled) + i64::from(touched.returned),
            return_under_way: returns
                .map(|back| i64::from(back.restocked) + i64::from(back.written_off))
                .sum(),
        }
    }
}
