//! How a part changes: its status follows from its lines and packages, and it waits for the answers to its commands.

use contracts::reservations::Delivery;
use kernel::{LineId, Quantity, Timestamp};

use super::command::Command;
use super::fulfilment::{Fulfilment, PartLine, SellerThen, Waiting};
use super::line::OrderLine;
use super::state::{Escrow, FulfilmentStatus};
use super::timing::Timing;

impl PartLine {
    /// Items that are neither shipped nor cancelled. None of what is not shipped at all: that is delivered when it is paid.
    #[must_use]
    pub fn unshipped(&self, line: &OrderLine) -> u32 {
        match line.delivery {
            Delivery::Shipped => {
                let gone = self.shipped.saturating_add(self.cancelled);
                line.quantity.get().saturating_sub(gone)
            }
            Delivery::None => 0,
        }
    }

    /// Items that were not refunded as items.
    #[must_use]
    pub fn unrefunded(&self, line: &OrderLine) -> u32 {
        line.quantity.get().saturating_sub(self.refunded)
    }

    /// Items that the buyer can send back once all packages have arrived: those that were shipped and are not refunded.
    pub(super) fn returnable(&self, line: &OrderLine) -> u32 {
        match line.delivery {
            Delivery::Shipped => self.unrefunded(line).saturating_sub(self.unshipped(line)),
            Delivery::None => 0,
        }
    }

    /// What is left to refund of it, in minor units.
    #[must_use]
    pub fn left(&self, line: &OrderLine) -> i64 {
        price_of(line, line.quantity.get()).saturating_sub(self.refunded_amount)
    }
}

/// What `count` items of `line` cost. The order's total has ruled out that it overflows.
pub(super) fn price_of(line: &OrderLine, count: u32) -> i64 {
    line.unit_price.amount.saturating_mul(i64::from(count))
}

/// The line `id` of an order.
pub(super) fn line_of(lines: &[OrderLine], id: LineId) -> Option<&OrderLine> {
    lines.iter().find(|line| line.id == id)
}

/// `count` as the quantity of a line, which a count of its items is.
pub(super) fn quantity_of(count: u32) -> Option<Quantity> {
    Quantity::new(i64::from(count)).ok()
}

impl Fulfilment {
    /// Its lines, with what was ordered of each.
    pub(super) fn with_lines<'a>(
        &'a self,
        lines: &'a [OrderLine],
    ) -> impl Iterator<Item = (&'a OrderLine, &'a PartLine)> {
        self.lines
            .iter()
            .filter_map(move |touched| Some((line_of(lines, touched.id)?, touched)))
    }

    /// Items of it that are neither shipped nor cancelled.
    pub(super) fn unshipped(&self, lines: &[OrderLine]) -> u32 {
        self.with_lines(lines)
            .map(|(line, touched)| touched.unshipped(line))
            .fold(0, u32::saturating_add)
    }

    /// Notes that it is paid: what is not shipped is delivered by that, what is shipped has its time for it.
    pub(super) fn pay(&mut self, lines: &[OrderLine], now: Timestamp, timing: &Timing) {
        self.restate(lines, now);
        if self.status == FulfilmentStatus::Open {
            self.ship_by = Some(now.plus(timing.ship_within));
        }
    }

    /// Its status, from its lines and packages. What is completed or cancelled stays that.
    pub(super) fn restate(&mut self, lines: &[OrderLine], now: Timestamp) {
        use FulfilmentStatus::{Cancelled, Completed, Delivered, Open, Shipped};
        if matches!(self.status, Completed | Cancelled) {
            return;
        }
        self.status = if self.unshipped(lines) > 0 {
            Open
        } else if !self.shipments.is_empty() {
            let mut packages = self.shipments.iter();
            if packages.all(|package| package.delivered_at.is_some()) {
                Delivered
            } else {
                Shipped
            }
        } else if self
            .with_lines(lines)
            .any(|(line, touched)| line.quantity.get() > touched.cancelled)
        {
            Delivered
        } else {
            Cancelled
        };
        self.delivered_at = match self.status {
            Delivered if !self.shipments.is_empty() => Some(self.delivered_at.unwrap_or(now)),
            Open | Shipped | Delivered | Completed | Cancelled => None,
        };
    }

    /// What is under way counts as arrived. Its status is to be stated anew.
    pub(super) fn arrive(&mut self, now: Timestamp) {
        for package in &mut self.shipments {
            package.delivered_at.get_or_insert(now);
        }
    }

    /// It has sent a command and waits for the answer.
    pub(super) fn wait(&mut self, now: Timestamp, timing: &Timing) {
        let next = now.plus(timing.resend_after);
        let waiting = self.waiting.get_or_insert(Waiting {
            since: now,
            resend_at: None,
            resends: 0,
        });
        waiting.resend_at = Some(waiting.resend_at.map_or(next, |at| at.min(next)));
    }

    /// It has an answer. Once it waits for nothing more, it needs no review any more.
    pub(super) fn heard(&mut self) {
        let asks_nothing = self.outstanding().next().is_none();
        let is_done = self.refunds.is_empty()
            && self.stock_returns.is_empty()
            && self.money != Escrow::Releasing;
        if is_done {
            self.waiting = None;
            self.needs_review = false;
        } else if asks_nothing && let Some(waiting) = &mut self.waiting {
            waiting.resend_at = None;
        }
    }

    /// The commands whose answers it waits for, without those that were refused.
    pub(super) fn outstanding(&self) -> impl Iterator<Item = Command> {
        let fulfilment = self.id;
        let refunds = self.refunds.iter().filter(|refund| !refund.refused);
        let refunds = refunds.map(move |refund| Command::RefundPart {
            fulfilment,
            refund: refund.id,
        });
        let returns = self.stock_returns.iter().filter(|back| !back.refused);
        let returns = returns.map(move |back| Command::ReturnStock {
            fulfilment,
            return_id: back.id,
        });
        let is_releasing = self.money == Escrow::Releasing && !self.release_refused;
        let release = is_releasing.then_some(Command::ReleasePart { fulfilment });
        refunds.chain(returns).chain(release)
    }

    /// Sends what is outstanding again, waits twice as long before the next time, and asks for an operator when it has taken too long.
    pub(super) fn resend(&mut self, now: Timestamp, timing: &Timing) -> Vec<Command> {
        let again: Vec<Command> = self.outstanding().collect();
        if again.is_empty() {
            return again;
        }
        let waiting = self.waiting.get_or_insert(Waiting {
            since: now,
            resend_at: None,
            resends: 0,
        });
        waiting.resends = waiting.resends.saturating_add(1);
        let review_at = waiting.since.plus(timing.review_after);
        self.needs_review |= review_at <= now;
        let next = now.plus(resend_delay(waiting.resends, timing));
        waiting.resend_at = Some(if self.needs_review {
            next
        } else {
            next.min(review_at)
        });
        again
    }

    /// An operator wants everything that is outstanding to be sent again, also what was refused.
    pub(super) fn retry(&mut self, now: Timestamp, timing: &Timing) -> Vec<Command> {
        for refund in &mut self.refunds {
            refund.refused = false;
        }
        for back in &mut self.stock_returns {
            back.refused = false;
        }
        self.release_refused = false;
        self.resend(now, timing)
    }

    /// As it was when it was paid, or if it was not paid, when it was placed.
    pub(super) fn unmove(&mut self, lines: &[OrderLine], paid_at: Option<Timestamp>) {
        let then = SellerThen {
            name: self.seller_name.take(),
            returns: self.return_policy,
        };
        let mut part = Self::open(self.id, self.seller, then, Vec::new());
        part.lines = self
            .lines
            .iter()
            .map(|line| PartLine::of(line.id))
            .collect();
        if let Some(paid_at) = paid_at {
            for (line, paid) in part.lines.iter_mut().zip(&self.lines) {
                line.commission = paid.commission;
            }
            part.restate(lines, paid_at);
            part.ship_by = self.ship_by;
        }
        *self = part;
    }
}

/// How long to wait for an answer after so many resends.
pub(super) fn resend_delay(resends: u32, timing: &Timing) -> std::time::Duration {
    timing.resend_after.saturating_mul(1 << resends.min(6))
}
