//! An order.

use contracts::reservations::Delivery;
use kernel::{
    DisputeId, FulfilmentId, LineId, MessageId, Metadata, Money, OrderId, PostalAddress, ReturnId,
    Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

use super::fulfilment::{Fulfilment, PartLine};
use super::line::OrderLine;
use super::part::line_of;
use super::state::{OrderState, Reason};
use super::timing::Timing;
use super::usual::is_default;

/// What an order is made of.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Its id, and the key of its reservation and payment.
    pub id: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// What the buyer is called, if that is known.
    pub buyer_name: Option<String>,
    /// What is ordered.
    pub lines: Vec<OrderLine>,
    /// Its parts, as [`fulfilments_of`](super::fulfilments_of) makes them of the lines.
    pub fulfilments: Vec<Fulfilment>,
    /// Sum of the lines.
    pub total: Money,
    /// Where it is shipped to.
    pub address: Option<PostalAddress>,
    /// What the buyer said with it.
    pub note: Option<String>,
    /// What the buyer keeps with it.
    pub metadata: Option<Metadata>,
    /// The id of the request that makes it, if that came with an Idempotency-Key.
    pub request: Option<String>,
}

/// An order. It is stored in this form, with what is only ever read together with it: its parts, the messages it has handled, and how it
/// stood when its request was answered. None of these costs a row of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a stored fact of its own, by which orders are found"
)]
pub struct Order {
    /// Its id, and the key of its reservation and payment.
    #[serde(rename = "_id")]
    pub id: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// What the buyer was called when they ordered, if that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_name: Option<String>,
    /// What was ordered. Never changes.
    pub lines: Vec<OrderLine>,
    /// Its parts, one for each seller.
    pub fulfilments: Vec<Fulfilment>,
    /// Sum of the lines.
    pub total: Money,
    /// Where it is shipped to. There is an address if a line ships.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<PostalAddress>,
    /// What the buyer said with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What the buyer keeps with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Where the saga is.
    pub state: OrderState,
    /// Why it is not paid, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When the buyer was debited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// The product service has said that the stock is sold. Before that, no part of it moves.
    pub confirmed: bool,
    /// The saga itself is stuck, not one of the parts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stuck: bool,
    /// An operator has to look: the saga is stuck, or a part needs it.
    pub needs_review: bool,
    /// An operator has to decide a dispute in it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub disputed: bool,
    /// The id of the request that made it, if that came with an Idempotency-Key: its answer is to be stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// How it stood when that request was answered. None if it is not answered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// Messages that it has handled (idempotent receiver, Hohpe & Woolf), as far as they are noted at all: see
    /// `Message::is_noted`. A saga has few steps, and each repeat of a reply has the same id, so the list stays
    /// short.
    pub handled: Vec<MessageId>,
    /// Resends of the saga's command that is outstanding.
    pub resends: u32,
    /// The number of its next fact.
    pub facts: u32,
    /// Rises by one with every change that readers see.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed for its readers.
    pub updated_at: Timestamp,
    /// When it came into its state.
    pub state_since: Timestamp,
    /// When the saga or one of the parts has to act without a message, if at all: the earliest of their times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// The part of an answer that later changes of the order would alter. Rendering it again gives the same answer. An order is answered no
/// later than when its saga settles, so its parts have not moved by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// [`Order::state`].
    pub state: OrderState,
    /// [`Order::reason`].
    pub reason: Option<Reason>,
    /// [`Order::version`].
    pub version: i64,
    /// [`Order::updated_at`].
    pub updated_at: Timestamp,
}

impl Order {
    /// The first number of a fact that is not the saga's: placing it and paying it come before.
    pub const FIRST_FACT: u32 = 2;

    /// A pending order whose debit is on its way.
    #[must_use]
    pub fn place(new: NewOrder, now: Timestamp, timing: &Timing) -> Self {
        Self {
            id: new.id,
            buyer: new.buyer,
            buyer_name: new.buyer_name,
            lines: new.lines,
            fulfilments: new.fulfilments,
            total: new.total,
            address: new.address,
            note: new.note,
            metadata: new.metadata,
            state: OrderState::Pending,
            reason: None,
            paid_at: None,
            confirmed: false,
            stuck: false,
            needs_review: false,
            disputed: false,
            request: new.request,
            answered: None,
            handled: Vec::new(),
            resends: 0,
            facts: Self::FIRST_FACT,
            version: 1,
            created_at: now,
            updated_at: now,
            state_since: now,
            due_at: Some(now.plus(timing.resend_after.min(timing.payment_deadline))),
        }
    }

    /// Notes that the order's request is answered with the order as it stands. The first answer is final. A request without a key
    /// needs no note, since it cannot be repeated.
    pub fn answer(&mut self) {
        if self.request.is_some() && self.answered.is_none() {
            self.answered = Some(Answered {
                state: self.state,
                reason: self.reason,
                version: self.version,
                updated_at: self.updated_at,
            });
        }
    }

    /// The order as it stood when its request was answered, if it was.
    #[must_use]
    pub fn as_answered(&self) -> Option<Self> {
        self.answered.map(|answered| {
            let mut order = Self {
                state: answered.state,
                reason: answered.reason,
                version: answered.version,
                updated_at: answered.updated_at,
                ..self.clone()
            };
            order.unmove();
            order
        })
    }

    /// Its lines of one part, with what became of each.
    pub fn lines_of<'a>(
        &'a self,
        part: &'a Fulfilment,
    ) -> impl Iterator<Item = (&'a OrderLine, &'a PartLine)> {
        part.with_lines(&self.lines)
    }

    /// The line `id`.
    #[must_use]
    pub fn line(&self, id: LineId) -> Option<&OrderLine> {
        line_of(&self.lines, id)
    }

    /// The part `id`.
    #[must_use]
    pub fn fulfilment(&self, id: FulfilmentId) -> Option<&Fulfilment> {
        self.fulfilments.iter().find(|part| part.id == id)
    }

    /// The part that `user` sells.
    #[must_use]
    pub fn part_of(&self, seller: UserId) -> Option<&Fulfilment> {
        self.fulfilments.iter().find(|part| part.seller == seller)
    }

    /// The part that has the return `id`.
    #[must_use]
    pub fn part_of_return(&self, id: ReturnId) -> Option<&Fulfilment> {
        let mut parts = self.fulfilments.iter();
        parts.find(|part| part.returns.iter().any(|back| back.id == id))
    }

    /// The part that has the dispute `id`.
    #[must_use]
    pub fn part_of_dispute(&self, id: DisputeId) -> Option<&Fulfilment> {
        let mut parts = self.fulfilments.iter();
        parts.find(|part| part.disputes.iter().any(|dispute| dispute.id == id))
    }

    /// Whether `user` sells something in it.
    #[must_use]
    pub fn has_seller(&self, user: UserId) -> bool {
        self.part_of(user).is_some()
    }

    /// Whether something of it is shipped, so that it needs an address.
    #[must_use]
    pub fn ships(&self) -> bool {
        self.lines
            .iter()
            .any(|line| line.delivery == Delivery::Shipped)
    }
}
