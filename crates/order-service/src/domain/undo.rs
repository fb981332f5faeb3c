//! Undoes a paid order: each part gives back all the money that is left of it, and the items that are still the seller's. Its open return
//! or dispute ends by that.

use kernel::FulfilmentId;

use super::draft::{Draft, Taken, Why};
use super::fact::{Actor, FactItem, Happened};
use super::fulfilment::PartLine;
use super::line::OrderLine;
use super::state::{FulfilmentStatus, Reason};
use super::timers::own_refund;

/// Why an order is undone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Undone {
    /// The lease on its stock had run out: nothing of it was sold, and nothing has to go back.
    Expired,
    /// An operator does it.
    ByOperator(Actor),
}

impl Draft<'_> {
    /// Undoes the order. The buyer keeps what was shipped.
    pub(super) fn undo(&mut self, undone: Undone) {
        self.order.reason = Some(match undone {
            Undone::Expired => Reason::ReservationExpired,
            Undone::ByOperator(_) => Reason::Operator,
        });
        self.order.stuck = false;
        self.order.resends = 0;
        let parts: Vec<_> = self.order.fulfilments.iter().map(|part| part.id).collect();
        for id in parts {
            self.undo_part(id, undone);
        }
    }

    fn undo_part(&mut self, id: FulfilmentId, undone: Undone) {
        let now = self.now;
        let Some((lines, part)) = self.part(id) else {
            return;
        };
        // An order is undone once, so that the part and the word make the id of that refund.
        let refund = own_refund(part, "undo");
        let is_over = part.status == FulfilmentStatus::Completed;
        let mut taken = Taken::default();
        for touched in &mut part.lines {
            if let Some(line) = lines.iter().find(|line| line.id == touched.id) {
                taken.all_of(line, touched, undone, is_over);
            }
        }
        let amount = taken.refund.iter().map(|line| line.amount);
        let amount = amount.fold(0, i64::saturating_add);
        taken.details.return_id = part.supersede_return(now);
        taken.details.dispute_id = part.give_in(amount, now);
        if taken.is_nothing() {
            return;
        }
        let why = match undone {
            Undone::Expired => Why {
                actor: Actor::SYSTEM,
                what: Happened::ReservationExpired,
                note: None,
            },
            Undone::ByOperator(actor) => Why {
                actor,
                what: Happened::Compensate,
                note: None,
            },
        };
        self.give_back(id, refund, taken, &why);
    }
}

impl Taken {
    fn is_nothing(&self) -> bool {
        self.details.is_empty() && self.refund.is_empty() && self.back.is_empty()
    }

    /// Takes all money of a line, and the items that were neither shipped nor refunded before: they are cancelled, or if the part is over,
    /// have come back.
    fn all_of(&mut self, line: &OrderLine, touched: &mut PartLine, undone: Undone, is_over: bool) {
        let unrefunded = touched.unrefunded(line);
        let kept = if line.delivery.is_none() {
            0
        } else {
            unrefunded.saturating_sub(touched.unshipped(line))
        };
        let back = unrefunded.saturating_sub(kept);
        touched.refunded = line.quantity.get();
        if is_over {
            touched.returned = touched.returned.saturating_add(back);
        } else {
            touched.cancelled = touched.cancelled.saturating_add(back);
        }
        self.money_of(line, touched, touched.left(line), unrefunded);
        if unrefunded > 0 {
            self.details.items.push(FactItem {
                line_id: line.id,
                quantity: unrefunded,
            });
        }
        match undone {
            Undone::Expired => {}
            Undone::ByOperator(_) => self.stock_of(line, back, 0),
        }
    }
}
