//! What always holds of the parts of a payment: what they captured, refunded, released and reversed, and what their sellers have of them.

use kernel::Currency;

use super::facts::{Id, Paid, Refunded};
use super::orders::{Order, Transaction, bytes};
use super::{AuditReport, Invariant, PaymentStatus, shown};
use crate::domain::{PartLine, PaymentPart};

/// Checks the parts of an order's payment.
pub(super) fn check(order: &Order, name: &str, report: &mut AuditReport) {
    let Some(paid) = order.paid() else {
        return;
    };
    let captured: i128 = paid.parts.iter().map(captured).sum();
    let is_debited = order.status().is_some_and(PaymentStatus::is_debited);
    let expected = i128::from(paid.amount.filter(|_| is_debited).unwrap_or(0));
    if captured != expected {
        let what = format!("order {name}: its parts captured {captured}, the debit is {expected}");
        report.found(Invariant::PartsAreTheDebit, what);
    }
    for refund in &order.refunds {
        if part_of(paid, refund).is_none() {
            let (refund, part) = (shown(&refund.refund), shown(&refund.fulfilment));
            let what = format!("order {name}: refund {refund} is of part {part}, which is unknown");
            report.found(Invariant::RefundsAreWithinParts, what);
        }
    }
    for part in &paid.parts {
        let facts = Part::of(order, paid, part, name);
        facts.lines(report);
        facts.release(report);
        facts.seller(report);
    }
    nothing_left(order, paid, name, report);
}

fn captured(part: &PaymentPart) -> i128 {
    part.sum(|line| line.total)
}

fn part_of<'a>(paid: &'a Paid, refund: &Refunded) -> Option<&'a PaymentPart> {
    let mut parts = paid.parts.iter();
    parts.find(|part| bytes(part.fulfilment) == refund.fulfilment)
}

/// A part and the facts about it.
struct Part<'a> {
    order: &'a Order,
    paid: &'a Paid,
    record: &'a PaymentPart,
    refunds: Vec<&'a Refunded>,
    /// Order and part, for a finding.
    name: String,
}

impl<'a> Part<'a> {
    fn of(order: &'a Order, paid: &'a Paid, part: &'a PaymentPart, name: &str) -> Self {
        let fulfilment = bytes(part.fulfilment);
        let refunds = order.refunds.iter();
        Self {
            order,
            paid,
            record: part,
            refunds: refunds.filter(|one| one.fulfilment == fulfilment).collect(),
            name: format!("order {name}, part {}", part.fulfilment),
        }
    }

    /// What its refunds gave back before its release, or after it.
    fn refunded(&self, is_after: bool) -> i128 {
        let refunds = self.refunds.iter();
        refunds
            .filter(|one| one.reversal.is_some() == is_after)
            .map(|one| i128::from(one.amount))
            .sum()
    }

    /// Each line's refunds and what is reversed of its commission.
    fn lines(&self, report: &mut AuditReport) {
        let name = &self.name;
        let currency = self.paid.currency.as_deref();
        let currency: Option<Currency> = currency.and_then(|currency| currency.parse().ok());
        let is_reversed = self.order.status() == Some(PaymentStatus::Reversed);
        for refund in &self.refunds {
            let sum: i128 = refund
                .lines
                .iter()
                .map(|line| i128::from(line.amount))
                .sum();
            if sum != i128::from(refund.amount) {
                let (refund, amount) = (shown(&refund.refund), refund.amount);
                let what =
                    format!("{name}: refund {refund} is of {amount}, its lines sum to {sum}");
                report.found(Invariant::RefundsAreWithinParts, what);
            }
        }
        for line in &self.record.lines {
            let PartLine {
                line: id,
                total,
                commission,
                refunded,
                reversed,
            } = *line;
            let (given, back) = self.given(line);
            // The reversal of the debit gave the rest.
            let is_all = is_reversed && refunded == total && given <= i128::from(total);
            if !(0..=total).contains(&refunded) || (given != i128::from(refunded) && !is_all) {
                report.found(Invariant::RefundsAreWithinParts, format!(
                    "{name}: line {id} captured {total} and says that {refunded} are refunded, its refunds gave {given}"
                ));
            }
            let due = currency.and_then(|currency| line.reversed_at(refunded, currency));
            let is_all = is_reversed && reversed == commission && back <= i128::from(commission);
            let is_due = due == Some(reversed) && (back == i128::from(reversed) || is_all);
            if !(0..=total).contains(&commission) || !is_due {
                report.found(Invariant::CommissionsFollowRefunds, format!(
                    "{name}: line {id} has a commission of {commission} on {total} and says that {reversed} are reversed for {refunded} \
                     refunded, its refunds reversed {back}"
                ));
            }
        }
    }

    /// What the refunds gave back of a line, and what they reversed of its commission.
    fn given(&self, line: &PartLine) -> (i128, i128) {
        let lines = self.refunds.iter().flat_map(|refund| &refund.lines);
        lines
            .filter(|given| given.line == line.line)
            .fold((0, 0), |(given, back), line| {
                (
                    given + i128::from(line.amount),
                    back + i128::from(line.reversed),
                )
            })
    }

    /// What was released.
    fn release(&self, report: &mut AuditReport) {
        let (captured, before) = (captured(self.record), self.refunded(false));
        let name = &self.name;
        let wrong = match self.record.released {
            Some(release) if i128::from(release.amount) != captured - before => Some(format!(
                "{} were released of {captured}, of which {before} had been refunded",
                release.amount
            )),
            Some(release) if release.transaction.is_none() && release.amount != 0 => {
                Some(format!("no transaction released its {}", release.amount))
            }
            None if self.refunded(true) != 0 => {
                Some("it was refunded after a release that never was".to_owned())
            }
            Some(_) | None => None,
        };
        if let Some(wrong) = wrong {
            report.found(Invariant::ReleasesAreWhole, format!("{name}: {wrong}"));
        }
    }

    /// What the seller has of it.
    fn seller(&self, report: &mut AuditReport) {
        let Some(release) = self.record.released else {
            return;
        };
        let reversals = self.refunds.iter().filter_map(|one| one.reversal.clone());
        let ids = release.transaction.map(bytes).into_iter().chain(reversals);
        let (mut has, mut others, mut fees) = (0, 0, 0);
        let seller = bytes(self.record.seller);
        for transaction in ids.filter_map(|id: Id| self.order.transactions.get(&id)) {
            fees += transaction.fees;
            for (owner, amount) in &transaction.users {
                let sum = if *owner == seller {
                    &mut has
                } else {
                    &mut others
                };
                *sum += amount;
            }
        }
        let commission = self.record.commission_left();
        let due = i128::from(release.amount) - commission - self.refunded(true);
        if has != due || others != 0 || fees != commission {
            report.found(Invariant::SellersHaveTheirShare, format!(
                "{}: its seller has {has} of it and should have {due}, the platform has {fees} and should have {commission}, others have \
                 {others}",
                self.name
            ));
        }
    }
}

/// Checks that of an order that is refunded as a whole nothing is left with escrow, the platform or its sellers.
fn nothing_left(order: &Order, paid: &Paid, name: &str, report: &mut AuditReport) {
    let mut lines = paid.parts.iter().flat_map(|part| &part.lines);
    if paid.parts.is_empty() || !lines.all(|line| line.refunded == line.total) {
        return;
    }
    let sum =
        |of: &dyn Fn(&Transaction) -> i128| -> i128 { order.transactions.values().map(of).sum() };
    let (escrow, fees) = (sum(&|one| one.escrow), sum(&|one| one.fees));
    let sellers = sum(&|one| one.users.iter().map(|(_, amount)| amount).sum());
    if (escrow, fees, sellers) != (0, 0, 0) {
        report.found(Invariant::RefundedLeavesNothing, format!(
            "order {name}: all of it is refunded, and {escrow} are left in escrow, {fees} with the platform, {sellers} with its sellers"
        ));
    }
}
