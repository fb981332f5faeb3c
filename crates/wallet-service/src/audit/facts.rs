//! What an engine reads for the audit.

use super::{AuditReport, shown};
use crate::domain::{PaymentPart, RefundedLine};

/// The bytes of an id. They are as stored: a damaged row may hold anything.
pub(super) type Id = Vec<u8>;

/// One thing that is stored, as it is stored.
///
/// The facts about one transaction, account or order follow each other: a transaction's row before its lines, an account's postings
/// by time and number before its balances and earnings, a user's accounts in the order of their buckets, and an order's payment before its
/// refunds and steps.
pub(super) enum Fact {
    /// A transaction's row in the journal: its id and kind.
    Transaction(Id, i32),
    /// A line of a transaction.
    Line(Line),
    /// A line on a user's account.
    Posted(Posted),
    /// What a user's account holds of a currency.
    Held(Held),
    /// Earnings that wait in a user's account to become available.
    Waits(Waits),
    /// An order's payment.
    Paid(Paid),
    /// A refund of a part of an order.
    Refunded(Refunded),
    /// A payment, refund, release or reversal of an order: the order, the transaction and its kind.
    Step(Option<Id>, Id, i32),
    /// What a transaction of an order moved on an account.
    Moved(Option<Id>, Moved),
}

/// A user's account as stored: its owner's bytes and its bucket's code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) owner: Id,
    pub(super) bucket: i32,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bucket = match self.bucket {
            0 => "available",
            1 => "pending",
            _ => "debt",
        };
        write!(f, "user:{}:{bucket}", shown(&self.owner))
    }
}

pub(super) struct Line {
    pub(super) transaction: Id,
    /// Its transaction's kind, if the store repeats it in the line.
    pub(super) kind: Option<i32>,
    /// Its account, if that is the system's.
    pub(super) account: Option<i32>,
    pub(super) currency: String,
    pub(super) amount: i64,
}

pub(super) struct Posted {
    pub(super) account: Name,
    pub(super) sequence: i64,
    pub(super) currency: String,
    pub(super) amount: i64,
    /// What the account held of the currency afterwards.
    pub(super) after: i64,
}

pub(super) struct Held {
    pub(super) account: Name,
    /// Number of the last posting in the currency.
    pub(super) sequence: i64,
    pub(super) currency: String,
    pub(super) balance: i64,
}

pub(super) struct Waits {
    pub(super) account: Name,
    pub(super) currency: String,
    pub(super) amount: i64,
}

pub(super) struct Paid {
    pub(super) order: Id,
    pub(super) state: i32,
    pub(super) amount: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) debit: Option<Id>,
    pub(super) reversal: Option<Id>,
    pub(super) parts: Vec<PaymentPart>,
}

pub(super) struct Refunded {
    pub(super) order: Id,
    pub(super) refund: Id,
    pub(super) fulfilment: Id,
    pub(super) amount: i64,
    pub(super) lines: Vec<RefundedLine>,
    pub(super) transaction: Id,
    pub(super) reversal: Option<Id>,
}

/// A line of a transaction that belongs to an order.
pub(super) struct Moved {
    pub(super) transaction: Id,
    pub(super) whose: Whose,
    pub(super) amount: i64,
}

/// On whose account a line is that [`Fact::Moved`] tells of: all lines of an order's transactions on escrow and fees, and those of
/// releases and reversals on users' accounts, which are the sellers'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    Escrow,
    Fees,
    User(Id),
}

/// What the facts are about, while they are read.
pub(super) trait Subject: Default {
    type Id: PartialEq + Clone;

    /// Reports what is wrong with it, now that all of it is read.
    fn close(self, id: Self::Id, report: &mut AuditReport);
}
