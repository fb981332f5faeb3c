//! An order while something changes it: the order as it becomes, what goes out with it and what is added to its timeline.

use kernel::{FulfilmentId, RefundId, Timestamp};

use super::change::{Change, Moved};
use super::command::Command;
use super::fact::{Actor, Details, Fact, Happened};
use super::fulfilment::{Fulfilment, PendingRefund, PendingStockReturn, RefundLine, ReturnedLine};
use super::line::OrderLine;
use super::order::Order;
use super::state::{Escrow, OrderState};
use super::timing::Timing;

/// See the module.
pub(super) struct Draft<'a> {
    before: &'a Order,
    pub(super) order: Order,
    pub(super) now: Timestamp,
    pub(super) timing: &'a Timing,
    pub(super) commands: Vec<Command>,
    facts: Vec<Fact>,
}

/// What leaves a part: money to the buyer, items to the stock.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What the timeline says about it, apart from money and stock.
    pub(super) details: Details,
    /// The money.
    pub(super) refund: Vec<RefundLine>,
    /// The items that can or cannot be sold again.
    pub(super) back: Vec<ReturnedLine>,
}

/// Who took it and why.
pub(super) struct Why<'a> {
    pub(super) actor: Actor,
    pub(super) what: Happened,
    pub(super) note: Option<&'a str>,
}

impl<'a> Draft<'a> {
    pub(super) fn of(before: &'a Order, now: Timestamp, timing: &'a Timing) -> Self {
        Self {
            before,
            order: before.clone(),
            now,
            timing,
            commands: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// The part `id` to be changed, with the order's lines.
    pub(super) fn part(&mut self, id: FulfilmentId) -> Option<(&[OrderLine], &mut Fulfilment)> {
        let Order {
            lines, fulfilments, ..
        } = &mut self.order;
        let part = fulfilments.iter_mut().find(|part| part.id == id)?;
        Some((lines, part))
    }

    pub(super) fn send(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Readers see a change of the order. Counts once.
    pub(super) fn touch(&mut self) {
        self.order.version = self.before.version.saturating_add(1);
        self.order.updated_at = self.now.max(self.before.updated_at);
    }

    /// Readers see a change of the part `id`. Counts once.
    pub(super) fn touch_part(&mut self, id: FulfilmentId) {
        let version = self.before.fulfilment(id).map_or(1, |part| part.version);
        if let Some((_, part)) = self.part(id) {
            part.version = version.saturating_add(1);
        }
        self.touch();
    }

    /// The number of the next fact, which is taken with it.
    pub(super) fn next_fact(&mut self) -> u32 {
        let number = self.order.facts;
        self.order.facts = number.saturating_add(1);
        number
    }

    /// Adds a fact about the part `id` to the timeline.
    pub(super) fn note(&mut self, id: FulfilmentId, why: &Why<'_>, details: Details) {
        let number = self.next_fact();
        self.facts.push(Fact {
            number,
            at: self.now,
            actor: why.actor,
            what: why.what,
            note: why.note.map(str::to_owned),
            fulfilment: Some(id),
            details,
        });
    }

    /// Sends what was taken from the part `id` on its way, as the refund and the return `refund`. The lines count it already. If no money
    /// is left of the whole order, its refund is under way from here on.
    pub(super) fn give_back(
        &mut self,
        id: FulfilmentId,
        refund: RefundId,
        taken: Taken,
        why: &Why<'_>,
    ) {
        let (now, timing) = (self.now, self.timing);
        let Some((lines, part)) = self.part(id) else {
            return;
        };
        let Taken {
            details,
            refund: money,
            back,
        } = taken;
        part.restate(lines, now);
        let return_id = refund.as_uuid();
        let (has_money, has_items) = (!money.is_empty(), !back.is_empty());
        let restocked: u32 = back.iter().map(|line| line.restocked).sum();
        let pending = PendingRefund {
            id: refund,
            lines: money,
            refused: false,
        };
        let amount = pending.amount();
        if has_money {
            part.refunds.push(pending);
        }
        if has_items {
            part.stock_returns.push(PendingStockReturn {
                id: return_id,
                lines: back,
                refused: false,
            });
        }
        if has_money || has_items {
            part.wait(now, timing);
        }
        if has_money {
            self.send(Command::RefundPart {
                fulfilment: id,
                refund,
            });
        }
        if has_items {
            self.send(Command::ReturnStock {
                fulfilment: id,
                return_id,
            });
        }
        let details = Details {
            refund_id: has_money.then_some(refund),
            amount: has_money.then_some(amount),
            restocked: has_items.then_some(restocked),
            ..details
        };
        self.note(id, why, details);
        self.touch_part(id);
        self.empty_if_refunded();
    }

    /// The order's refund is under way once nothing is left of it, and done once no refund of it is under way.
    pub(super) fn empty_if_refunded(&mut self) {
        let order = &self.order;
        let next = match order.state {
            OrderState::Paid if order.left() == 0 => OrderState::Refunding,
            OrderState::Refunding
                if order.fulfilments.iter().all(|part| part.refunds.is_empty()) =>
            {
                OrderState::Refunded
            }
            OrderState::Pending
            | OrderState::Paid
            | OrderState::Declined
            | OrderState::Cancelling
            | OrderState::Cancelled
            | OrderState::Refunding
            | OrderState::Refunded => return,
        };
        self.order.state = next;
        self.order.state_since = self.now;
        self.touch();
    }

    /// Ends the part `id`: its seller is to be paid.
    pub(super) fn complete(&mut self, id: FulfilmentId) {
        let (now, timing) = (self.now, self.timing);
        let fact = self.next_fact();
        if let Some((_, part)) = self.part(id) {
            part.complete(now, fact);
            part.wait(now, timing);
            self.send(Command::ReleasePart { fulfilment: id });
            self.touch_part(id);
        }
    }

    /// The order as it has become.
    pub(super) fn finish(mut self) -> Moved {
        let order = &self.order;
        let parts_need_it = order.fulfilments.iter().any(|part| part.needs_review);
        let needs_review = order.stuck || parts_need_it;
        let mut parts = order.fulfilments.iter();
        let disputed = parts.any(|part| part.open_dispute().is_some());
        let due_at = if order.parts_move() {
            order.next_timer(self.now, self.timing)
        } else {
            order.due_at
        };
        self.order.needs_review = needs_review;
        self.order.disputed = disputed;
        self.order.due_at = due_at;
        Moved {
            order: Box::new(self.order),
            commands: self.commands,
            facts: self.facts,
        }
    }

    /// The order as it has become, unless nothing has changed.
    pub(super) fn change(self) -> Change {
        let before = self.before;
        let moved = self.finish();
        if *moved.order == *before && moved.commands.is_empty() {
            Change::Ignored
        } else {
            Change::To(moved)
        }
    }
}

impl Order {
    /// Whether the saga is done as far as its parts are concerned: from here on the timers are theirs.
    pub(super) const fn parts_move(&self) -> bool {
        match self.state {
            OrderState::Paid => self.confirmed,
            OrderState::Refunding | OrderState::Refunded => true,
            OrderState::Pending
            | OrderState::Declined
            | OrderState::Cancelling
            | OrderState::Cancelled => false,
        }
    }

    /// What is left to refund of it.
    fn left(&self) -> i64 {
        let left = self
            .fulfilments
            .iter()
            .map(|part| self.left_of(part).amount);
        left.fold(0, i64::saturating_add)
    }

    /// Takes back whatever its parts have done since it was answered.
    pub(super) fn unmove(&mut self) {
        let paid_at = self.paid_at.filter(|_| self.state.was_paid());
        self.paid_at = paid_at;
        let Self {
            lines, fulfilments, ..
        } = self;
        for part in fulfilments {
            part.unmove(lines, paid_at);
        }
    }
}

impl Fulfilment {
    fn complete(&mut self, now: Timestamp, fact: u32) {
        self.status = super::FulfilmentStatus::Completed;
        self.completed = Some(super::Completed { at: now, fact });
        self.money = Escrow::Releasing;
    }
}
