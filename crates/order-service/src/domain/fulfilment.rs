//! Fulfilments: the part of an order that one seller ships and is paid for, with its packages, refunds and timers.
//!
//! What changes of an order's lines is counted here; the lines themselves never change. Everything that has its usual value is left out
//! when a part is stored, so that the part of a plain order stays small.

use contracts::reservations::ReturnPolicy;
use kernel::{FulfilmentId, LineId, Quantity, RefundId, ShipmentId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::case::{Dispute, Return};
use super::line::OrderLine;
use super::state::{Escrow, FulfilmentStatus};
use super::usual::is_default;

/// The part of an order that one seller ships.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// Its id, and the key of its payment part.
    pub id: FulfilmentId,
    /// Who ships it.
    pub seller: UserId,
    /// What the seller was called when it was ordered, if that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_name: Option<String>,
    /// What the seller took back when it was ordered.
    #[serde(default, skip_serializing_if = "ReturnPolicy::is_default")]
    pub return_policy: ReturnPolicy,
    /// Where it is.
    pub status: FulfilmentStatus,
    /// Rises by one with every move. Starts at 1, when it is paid.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub version: i64,
    /// What became of its lines: those of the order that its seller sells, in the order's sequence.
    pub lines: Vec<PartLine>,
    /// Its packages, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shipments: Vec<Shipment>,
    /// Refunds that the wallet has not answered yet. Their amounts are in the lines already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<PendingRefund>,
    /// Returns of stock that the product service has not answered yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stock_returns: Vec<PendingStockReturn>,
    /// What the buyer sends back, the oldest first. The last one may be open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Return>,
    /// What an operator had or has to decide, the oldest first. The last one may be open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<Dispute>,
    /// What became of its money.
    #[serde(default, skip_serializing_if = "is_default")]
    pub money: Escrow,
    /// Until when it is to be shipped. None before it is paid, and if nothing of it is shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_by: Option<Timestamp>,
    /// Since when the buyer has all of it, if something of it was shipped. What was not, they have since it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When it was over, and the number of that fact in the timeline: it has no record of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Completed>,
    /// An operator has to look at it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub needs_review: bool,
    /// The wallet refused to release it. Its command is not sent again by itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub release_refused: bool,
    /// What it waits for, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartLine {
    /// Which line.
    pub id: LineId,
    /// Items that are in a package.
    #[serde(default, skip_serializing_if = "is_default")]
    pub shipped: u32,
    /// Items that are cancelled: never shipped, and refunded as far as money was left.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cancelled: u32,
    /// Items that came back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub returned: u32,
    /// Items that were refunded as items, the cancelled ones included. Refunds under way count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refunded: u32,
    /// What was refunded of the line, in minor units. Refunds under way count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refunded_amount: i64,
    /// The commission that the wallet fixed at the debit, in minor units.
    #[serde(default, skip_serializing_if = "is_default")]
    pub commission: i64,
    /// How much of the commission refunds have given back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reversed: i64,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Its id.
    pub id: ShipmentId,
    /// What is in it.
    pub lines: Vec<ShippedLine>,
    /// Who carries it and how to follow it.
    pub parcel: Parcel,
    /// When the seller shipped it.
    pub shipped_at: Timestamp,
    /// When it arrived, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}

/// A line of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedLine {
    /// Which line.
    pub line: LineId,
    /// How many.
    pub quantity: Quantity,
}

/// Who carries a package and how to follow it. Checked where it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The carrier.
    pub carrier: String,
    /// Its number for the package.
    pub tracking_number: String,
    /// Where the package can be followed: an http(s) URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
}

/// A refund that the wallet has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRefund {
    /// Its id.
    pub id: RefundId,
    /// What it gives back of which line.
    pub lines: Vec<RefundLine>,
    /// The wallet refused it. It is not sent again by itself, and stays reserved until an operator has settled it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refused: bool,
}

/// A line of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// Which line.
    pub line: LineId,
    /// How many items it gives back the money of. 0 for an amount.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quantity: u32,
    /// How much, in minor units.
    pub amount: i64,
}

/// A return of stock that the product service has not answered yet. Its id is that of the refund it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingStockReturn {
    /// Its id.
    pub id: Uuid,
    /// What goes back.
    pub lines: Vec<ReturnedLine>,
    /// The product service refused it. It is not sent again by itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refused: bool,
}

/// A line of a return of stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedLine {
    /// Which line.
    pub line: LineId,
    /// Items that can be sold again.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restocked: u32,
    /// Items that cannot.
    #[serde(default, skip_serializing_if = "is_default")]
    pub written_off: u32,
}

/// When a part was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// When.
    pub at: Timestamp,
    /// The number of that fact in the timeline.
    pub fact: u32,
}

/// That a part waits for answers to its commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Since when.
    pub since: Timestamp,
    /// When its commands are sent again. None if all of them were refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend_at: Option<Timestamp>,
    /// How often they were.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resends: u32,
}

const fn one() -> i64 {
    1
}

fn is_one<T: From<u8> + PartialEq>(value: &T) -> bool {
    *value == T::from(1)
}

/// What is known of a seller when something is ordered from them.
#[derive(Debug, Clone, Default)]
pub struct SellerThen {
    /// What they are called, if that is known.
    pub name: Option<String>,
    /// What they take back.
    pub returns: ReturnPolicy,
}

/// The parts of an order with `lines`: one for each seller, in the sequence in which the lines name them. `then` says what is known of a
/// seller, `next` gives a new id.
pub fn fulfilments_of(
    lines: &[OrderLine],
    then: impl Fn(UserId) -> SellerThen,
    mut next: impl FnMut() -> FulfilmentId,
) -> Vec<Fulfilment> {
    let mut parts: Vec<Fulfilment> = Vec::with_capacity(1);
    for line in lines {
        let touched = PartLine::of(line.id);
        match parts.iter_mut().find(|part| part.seller == line.seller) {
            Some(part) => part.lines.push(touched),
            None => parts.push(Fulfilment::open(
                next(),
                line.seller,
                then(line.seller),
                vec![touched],
            )),
        }
    }
    parts
}

impl Fulfilment {
    /// Most packages of a part.
    pub const MAX_SHIPMENTS: usize = 100;
    /// Most refunds of a part that are under way at once.
    pub const MAX_REFUNDS: usize = 100;

    /// A new part: nothing is shipped, cancelled or refunded yet.
    pub(super) fn open(
        id: FulfilmentId,
        seller: UserId,
        then: SellerThen,
        lines: Vec<PartLine>,
    ) -> Self {
        Self {
            id,
            seller,
            seller_name: then.name,
            return_policy: then.returns,
            status: FulfilmentStatus::Open,
            version: 1,
            lines,
            shipments: Vec::new(),
            refunds: Vec::new(),
            stock_returns: Vec::new(),
            returns: Vec::new(),
            disputes: Vec::new(),
            money: Escrow::Held,
            ship_by: None,
            delivered_at: None,
            completed: None,
            needs_review: false,
            release_refused: false,
            waiting: None,
        }
    }

    /// The refund `id`, if the wallet has not answered it yet.
    #[must_use]
    pub fn pending_refund(&self, id: RefundId) -> Option<&PendingRefund> {
        self.refunds.iter().find(|refund| refund.id == id)
    }

    /// What was refunded of it, in minor units. Refunds under way count.
    #[must_use]
    pub fn refunded(&self) -> i64 {
        let sum = self
            .lines
            .iter()
            .map(|line| i128::from(line.refunded_amount))
            .sum::<i128>();
        i64::try_from(sum).unwrap_or(i64::MAX)
    }

    /// Its commission less what refunds have given back of it, in minor units.
    #[must_use]
    pub fn commission(&self) -> i64 {
        let left = |line: &PartLine| i128::from(line.commission) - i128::from(line.reversed);
        i64::try_from(self.lines.iter().map(left).sum::<i128>()).unwrap_or(i64::MAX)
    }
}

impl PartLine {
    /// A new line: nothing is shipped, cancelled or refunded yet.
    pub(super) const fn of(id: LineId) -> Self {
        Self {
            id,
            shipped: 0,
            cancelled: 0,
            returned: 0,
            refunded: 0,
            refunded_amount: 0,
            commission: 0,
            reversed: 0,
        }
    }
}

impl PendingRefund {
    /// What it gives back, in minor units.
    #[must_use]
    pub fn amount(&self) -> i64 {
        let sum = self
            .lines
            .iter()
            .map(|line| i128::from(line.amount))
            .sum::<i128>();
        i64::try_from(sum).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests;
