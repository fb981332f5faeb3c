//! Ends the reading of an order: reports what is wrong with its transactions and its parts.

use super::facts::{Id, Subject};
use super::orders::Order;
use super::{AuditReport, Invariant, parts, shown};
use crate::domain::Kind;

impl Subject for Order {
    /// None for the transactions that name no order.
    type Id = Option<Id>;

    fn close(self, order: Option<Id>, report: &mut AuditReport) {
        // Transactions without an order are wrong only if they touch escrow.
        let touched = self.transactions.values().any(|one| one.escrow != 0);
        if order.is_none() && !touched {
            return;
        }
        let order = order.map_or_else(|| "unknown".to_owned(), |order| shown(&order));
        if let Some(why) = self.misfit() {
            let state = match (self.status(), self.paid()) {
                (Some(status), _) => format!("{status:?}").to_lowercase(),
                (None, Some(payment)) => format!("in state {}", payment.state),
                (None, None) => "unknown".to_owned(),
            };
            let amount = self.paid().and_then(|payment| payment.amount);
            let amount = amount.map_or_else(|| "no amount".to_owned(), |amount| amount.to_string());
            let [paid, refunded, reversed, released] = [
                Kind::OrderPayment,
                Kind::OrderRefund,
                Kind::EarningReversal,
                Kind::OrderRelease,
            ]
            .map(|kind| self.count(kind));
            let came_in = self.escrow(|amount| amount.max(0));
            let went_out = self.escrow(|amount| (-amount).max(0));
            report.found(Invariant::PaymentsAreComplete, format!(
                "order {order}: its payment is {state} over {amount}, but the journal has {paid} payments, {refunded} refunds, {reversed} \
                 reversals of earnings and {released} releases of it, {came_in} into and {went_out} out of escrow: {why}"
            ));
        }
        parts::check(&self, &order, report);
    }
}
