//! An order and the state it is in.

use std::time::Duration;

use kernel::{MessageId, Money, OrderId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::line::OrderLine;

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
    /// Paid, but it cannot be delivered; the money is on its way back.
    Refunding,
    /// The buyer has the money back.
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

/// What became of the money of a paid order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escrow {
    /// Not paid, or still held for the sellers.
    Held,
    /// The wallet was asked to pay the sellers.
    Releasing,
    /// The sellers have it.
    Released,
}

/// Delays after which the saga acts without a message.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// From creation to giving up on the payment.
    pub payment_deadline: Duration,
    /// To the first resend of an unanswered command; doubles each time.
    pub resend_after: Duration,
    /// From entering an unsettled state to asking for an operator.
    pub review_after: Duration,
    /// From payment to paying the sellers.
    pub release_after: Duration,
}

/// An order. It is stored in this form, with what is only ever read together with it: the messages it has handled, and how it stood when
/// its request was answered. Both cost no row of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id, and the key of its reservation and payment.
    #[serde(rename = "_id")]
    pub id: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// Sum of the lines.
    pub total: Money,
    /// Where the saga is.
    pub state: OrderState,
    /// Why it is not paid, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What became of the money.
    pub escrow: Escrow,
    /// The product service has said that the stock is sold. Before that, no seller is paid.
    pub confirmed: bool,
    /// An operator has to look.
    pub needs_review: bool,
    /// The id of the request that made it, if that came with an Idempotency-Key: its answer is to be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// How it stood when that request was answered. None if it is not answered yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// Messages that it has handled (idempotent receiver, Hohpe & Woolf). A saga has few steps, and each repeat of a reply has the same
    /// id, so the list stays short.
    pub handled: Vec<MessageId>,
    /// Resends of the command that is outstanding.
    pub resends: u32,
    /// Rises by one with every change that readers see.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed for its readers.
    pub updated_at: Timestamp,
    /// When it came into its state.
    pub state_since: Timestamp,
    /// When the saga has to act without a message, if at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// The part of an answer that later changes of the order would alter. Rendering it again gives the same answer.
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
    /// A pending order whose debit is on its way.
    #[must_use]
    pub fn place(
        id: OrderId,
        buyer: UserId,
        lines: Vec<OrderLine>,
        total: Money,
        request: Option<String>,
        now: Timestamp,
        timing: &Timing,
    ) -> Self {
        Self {
            id,
            buyer,
            lines,
            total,
            state: OrderState::Pending,
            reason: None,
            escrow: Escrow::Held,
            confirmed: false,
            needs_review: false,
            request,
            answered: None,
            handled: Vec::new(),
            resends: 0,
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
        self.answered.map(|answered| Self {
            state: answered.state,
            reason: answered.reason,
            version: answered.version,
            updated_at: answered.updated_at,
            ..self.clone()
        })
    }

    /// Whether `user` sells something in it.
    #[must_use]
    pub fn has_seller(&self, user: UserId) -> bool {
        self.lines.iter().any(|line| line.seller == user)
    }

    /// What each seller is owed, before commission. None if a sum overflows, which the total has ruled out.
    #[must_use]
    pub fn shares(&self) -> Option<Vec<(UserId, Money)>> {
        let mut shares: Vec<(UserId, Money)> = Vec::new();
        for line in &self.lines {
            let total = line.total()?;
            match shares.iter_mut().find(|(seller, _)| *seller == line.seller) {
                Some((_, sum)) => *sum = sum.checked_add(total).ok()?,
                None => shares.push((line.seller, total)),
            }
        }
        Some(shares)
    }
}
