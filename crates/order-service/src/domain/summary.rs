//! What readers see of an order that is nowhere stored: sums, the status of all parts together, and the facts that need no record.

use kernel::{Money, Timestamp};

use super::case_words::Outcome;
use super::fact::{Actor, Details, Fact, Happened, Role};
use super::fulfilment::Fulfilment;
use super::order::Order;
use super::state::{Escrow, FulfilmentStatus, FulfilmentsStatus, OrderState, PaymentStatus};
use super::timing::Timing;

impl Order {
    /// How far its parts are together.
    #[must_use]
    pub fn fulfilments_status(&self) -> FulfilmentsStatus {
        use FulfilmentStatus::{Cancelled, Completed, Delivered, Open, Shipped};
        if matches!(self.state, OrderState::Declined | OrderState::Cancelled) {
            return FulfilmentsStatus::Cancelled;
        }
        let all = |allowed: &[FulfilmentStatus]| {
            let mut parts = self.fulfilments.iter();
            parts.all(|part| allowed.contains(&part.status))
        };
        let mut parts = self.fulfilments.iter();
        if all(&[Cancelled]) {
            FulfilmentsStatus::Cancelled
        } else if all(&[Cancelled, Completed]) {
            FulfilmentsStatus::Completed
        } else if all(&[Cancelled, Completed, Delivered]) {
            FulfilmentsStatus::Delivered
        } else if all(&[Cancelled, Completed, Delivered, Shipped]) {
            FulfilmentsStatus::Shipped
        } else if parts.any(|part| match part.status {
            Open => !part.shipments.is_empty(),
            Shipped | Delivered | Completed => true,
            Cancelled => false,
        }) {
            FulfilmentsStatus::PartiallyShipped
        } else {
            FulfilmentsStatus::Unfulfilled
        }
    }

    /// What became of what the buyer paid.
    #[must_use]
    pub fn payment_status(&self) -> PaymentStatus {
        if !self.state.was_paid() {
            return PaymentStatus::Unpaid;
        }
        if self.state == OrderState::Refunded {
            return PaymentStatus::Refunded;
        }
        if self.fulfilments.iter().any(|part| part.refunded() > 0) {
            PaymentStatus::PartiallyRefunded
        } else {
            PaymentStatus::Paid
        }
    }

    /// What a part costs. None if a sum overflows, which the order's total has ruled out.
    #[must_use]
    pub fn subtotal(&self, part: &Fulfilment) -> Option<Money> {
        let zero = Money::new(0, self.total.currency);
        self.lines_of(part)
            .try_fold(zero, |sum, (line, _)| sum.checked_add(line.total()?).ok())
    }

    /// What is left to refund of a part: what it costs less its refunds, those under way included.
    #[must_use]
    pub fn left_of(&self, part: &Fulfilment) -> Money {
        let left: i64 = self
            .lines_of(part)
            .map(|(line, touched)| touched.left(line))
            .fold(0, i64::saturating_add);
        Money::new(left, self.total.currency)
    }

    /// When the seller of a part is to be paid, as far as that can be said now: not before the buyer has it, not while a return or a dispute
    /// is open, and not if it is over.
    #[must_use]
    pub fn release_at(&self, part: &Fulfilment, timing: &Timing) -> Option<Timestamp> {
        let is_held = part.status == FulfilmentStatus::Delivered && part.money == Escrow::Held;
        if !is_held || part.has_open_case() {
            return None;
        }
        if let Some(dispute) = part.decided()
            && dispute.outcome == Some(Outcome::Release)
        {
            return dispute.ended_at;
        }
        let usual = match part.window_over(timing) {
            Some(over) => over,
            None => self.paid_at?.plus(timing.release_after),
        };
        let disputable = part.disputable_until(timing);
        Some(disputable.map_or(usual, |until| until.max(usual)))
    }

    /// The facts of its timeline that have no record, by their number: placing and paying it, and the completion of parts.
    #[must_use]
    pub fn own_facts(&self) -> Vec<Fact> {
        let whole = |number, at, actor, what| Fact {
            number,
            at,
            actor,
            what,
            note: None,
            fulfilment: None,
            details: Details::default(),
        };
        let buyer = Actor::user(Role::Buyer, self.buyer);
        let mut facts = vec![whole(0, self.created_at, buyer, Happened::Placed)];
        let second = match self.state {
            OrderState::Pending | OrderState::Cancelling => None,
            OrderState::Declined => Some((self.state_since, Happened::Declined)),
            OrderState::Cancelled => Some((self.state_since, Happened::OrderCancelled)),
            OrderState::Paid | OrderState::Refunding | OrderState::Refunded => {
                self.paid_at.map(|paid_at| (paid_at, Happened::Paid))
            }
        };
        facts.extend(second.map(|(at, what)| whole(1, at, Actor::SYSTEM, what)));
        let completed = self.fulfilments.iter().filter_map(|part| {
            part.completed.map(|completed| Fact {
                fulfilment: Some(part.id),
                ..whole(
                    completed.fact,
                    completed.at,
                    Actor::TIMER,
                    Happened::Complete,
                )
            })
        });
        facts.extend(completed);
        facts.sort_by_key(|fact| fact.number);
        facts
    }
}
