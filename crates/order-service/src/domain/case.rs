//! Cases: what has to be settled before a part can be over. A return is what the buyer sends back, which the seller answers. A dispute is
//! what an operator decides when the two do not agree. A part has at most one open case.

use kernel::{DisputeId, LineId, Quantity, ReturnId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::case_words::{DisputeReason, DisputeStatus, Outcome, ReturnReason, ReturnStatus};
use super::fact::Actor;
use super::usual::is_default;

/// Items that the buyer sends back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Its id.
    pub id: ReturnId,
    /// Where it is.
    pub status: ReturnStatus,
    /// The items, each line once.
    pub lines: Vec<ReturnItem>,
    /// Why they go back.
    pub reason: ReturnReason,
    /// What the buyer says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// When it ends if nothing more is received. Given while it is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What the seller or an operator said when they approved or denied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What was said about it since, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<CaseComment>,
    /// When it ended, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// Items of a line that the buyer sends back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnItem {
    /// Which line.
    pub line: LineId,
    /// How many.
    pub quantity: Quantity,
    /// How many of them the seller has received.
    #[serde(default, skip_serializing_if = "is_default")]
    pub received: u32,
}

/// What an operator has to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// Where it is.
    pub status: DisputeStatus,
    /// What it is about.
    pub reason: DisputeReason,
    /// What the buyer says about it.
    pub comment: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What was decided, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What the buyer got by that, in minor units. None if they got nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// What the operator said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What was said about it since, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<CaseComment>,
    /// When it ended, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// A comment on a return or a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseComment {
    /// Who.
    pub actor: Actor,
    /// What they were called then, if that was known. None for operators, who speak for the marketplace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they said. None once they are erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Return {
    /// Most returns of a part, those that have ended included.
    pub const MAX: usize = 20;

    /// How many items the seller has received.
    pub(super) fn received(&self) -> u32 {
        let counts = self.lines.iter().map(|item| item.received);
        counts.fold(0, u32::saturating_add)
    }

    /// How many items of a line are still to come.
    pub(super) fn awaited(&self, line: LineId) -> u32 {
        let mut items = self.lines.iter();
        items
            .find(|item| item.line == line)
            .map_or(0, |item| item.quantity.get().saturating_sub(item.received))
    }

    /// Ends it. What was received of it stays received.
    pub(super) fn end(&mut self, status: ReturnStatus, now: Timestamp) {
        self.status = status;
        self.expires_at = None;
        self.ended_at = Some(now);
    }

    /// Ends it because nothing more is to come: as received if something was, else as `status`.
    pub(super) fn end_short(&mut self, status: ReturnStatus, now: Timestamp) {
        let status = match self.received() {
            0 => status,
            _ => ReturnStatus::Received,
        };
        self.end(status, now);
    }
}

impl Dispute {
    /// Most disputes of a part, those that have ended included.
    pub const MAX: usize = 20;

    /// Whether an operator has to decide it.
    pub(super) fn is_open(&self) -> bool {
        self.status == DisputeStatus::Open
    }

    /// Ends it.
    pub(super) fn end(&mut self, status: DisputeStatus, now: Timestamp) {
        self.status = status;
        self.ended_at = Some(now);
    }

    /// Ends it by a decision, with what the buyer gets by that.
    pub(super) fn resolve(&mut self, outcome: Outcome, amount: i64, now: Timestamp) {
        self.outcome = Some(outcome);
        self.amount = (amount > 0).then_some(amount);
        self.end(DisputeStatus::Resolved, now);
    }
}

impl CaseComment {
    /// Most comments of one party on the returns and disputes of a part. Each party has its own quota, so none can silence the others.
    pub const MAX: usize = 50;

    /// Forgets what was said, and by which name, if `user` said it.
    pub(super) fn erase(&mut self, user: UserId) {
        if self.actor.id == Some(user) {
            (self.name, self.text) = (None, None);
        }
    }
}
