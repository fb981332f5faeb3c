//! What holds of an order at every moment.

use super::stock::Hold;
use super::wallet::Payment;
use super::world::World;
use crate::domain::*;

impl World {
    /// Holds at every moment.
    pub(super) fn check(&self) {
        self.wallet.check();
        let order = &self.order;
        for part in &order.fulfilments {
            for (line, touched) in order.lines_of(part) {
                let ordered = line.quantity.get();
                assert!(touched.shipped + touched.cancelled <= ordered);
                assert!(touched.refunded <= ordered);
                assert!(touched.cancelled + touched.returned <= touched.refunded);
                assert!((0..=line.total().unwrap().amount).contains(&touched.refunded_amount));
                self.check_money(part, touched);
                self.check_stock(part, line, touched);
            }
            self.check_cases(part);
            let is_asking = part.outstanding().next().is_some();
            let resends = part
                .waiting
                .is_some_and(|waiting| waiting.resend_at.is_some());
            assert_eq!(is_asking, resends, "{part:?}");
        }
        let parts_need_it = order.fulfilments.iter().any(|part| part.needs_review);
        assert_eq!(order.needs_review, order.stuck || parts_need_it);
        let waits = !order.state.is_settled()
            || order.fulfilments.iter().any(|part| part.waiting.is_some());
        assert!(
            !waits || order.due_at.is_some(),
            "nothing will ever move it: {order:?}"
        );
        if matches!(order.state, OrderState::Declined | OrderState::Cancelled) {
            assert_ne!(self.wallet.payment, Payment::Debited);
            assert_eq!(order.due_at, None);
        }
        if order.state.was_paid() {
            assert_eq!(self.wallet.payment, Payment::Debited);
            let refunds = order
                .fulfilments
                .iter()
                .any(|part| !part.refunds.is_empty());
            let is_empty = order
                .fulfilments
                .iter()
                .all(|part| order.left_of(part).amount == 0);
            let state = match (is_empty, refunds) {
                (false, _) => OrderState::Paid,
                (true, true) => OrderState::Refunding,
                (true, false) => OrderState::Refunded,
            };
            assert_eq!(order.state, state);
        }
        self.check_timeline();
    }

    /// At most one case of a part is open, and what is to come back is neither refunded nor has it come back.
    fn check_cases(&self, part: &Fulfilment) {
        let returns = part.returns.iter().map(|back| back.status.is_open());
        let disputes = part.disputes.iter().map(|one| one.status);
        let disputes = disputes.map(|status| status == DisputeStatus::Open);
        let open = returns.chain(disputes).filter(|is_open| *is_open).count();
        assert!(open <= 1, "{part:?}");
        let can_be_open = matches!(
            part.status,
            FulfilmentStatus::Shipped | FulfilmentStatus::Delivered
        );
        assert!(
            open == 0 || can_be_open && part.money == Escrow::Held,
            "{part:?}"
        );
        let decided = part.disputes.iter().filter(|one| one.outcome.is_some());
        assert!(decided.count() <= 1, "{part:?}");
        for back in &part.returns {
            let is_approved = back.status == ReturnStatus::Approved;
            assert_eq!(back.expires_at.is_some(), is_approved, "{back:?}");
            assert_eq!(back.ended_at.is_none(), back.status.is_open(), "{back:?}");
            let due = self.order.due_at;
            assert!(
                back.expires_at
                    .is_none_or(|at| due.is_some_and(|due| due <= at)),
                "it never expires: {back:?}"
            );
            assert!(
                back.lines
                    .iter()
                    .all(|item| item.received <= item.quantity.get())
            );
        }
        for (line, touched) in self.order.lines_of(part) {
            let items = part.returns.iter().flat_map(|back| &back.lines);
            let received: u32 = items
                .filter(|item| item.line == line.id)
                .map(|item| item.received)
                .sum();
            assert!(received <= touched.returned, "{part:?}");
            assert!(
                part.awaited(line.id) <= touched.unrefunded(line),
                "{part:?}"
            );
        }
    }

    /// The order has reserved what the wallet refunds, no more and no less.
    fn check_money(&self, part: &Fulfilment, touched: &PartLine) {
        let pending: i64 = part
            .refunds
            .iter()
            .flat_map(|refund| &refund.lines)
            .filter(|line| line.line == touched.id)
            .map(|line| line.amount)
            .sum();
        let Some(paid) = self.wallet.parts.get(&part.id) else {
            return;
        };
        let of = paid
            .lines
            .iter()
            .find(|line| line.id == touched.id)
            .unwrap();
        assert!(of.refunded <= touched.refunded_amount);
        assert!(of.refunded >= touched.refunded_amount - pending);
        if pending == 0 && self.order.state.was_paid() {
            assert_eq!(
                (of.refunded, of.reversed),
                (touched.refunded_amount, touched.reversed)
            );
            assert_eq!(of.commission, touched.commission);
        }
    }

    /// The stock has back what the order says, and nothing twice.
    fn check_stock(&self, part: &Fulfilment, line: &OrderLine, touched: &PartLine) {
        if self.stock.hold != Hold::Sold {
            return;
        }
        let came_back = i64::from(touched.cancelled + touched.returned);
        let pending = part.stock_returns.iter().flat_map(|back| &back.lines);
        let pending: u32 = pending
            .filter(|back| back.line == line.id)
            .map(|back| back.restocked + back.written_off)
            .sum();
        let book = &self.stock.books[&line.article()];
        let gone = book.restocked + book.written_off;
        assert!(gone <= came_back && came_back <= gone + i64::from(pending));
    }

    /// Facts are numbered in sequence, whether they have a record or not.
    fn check_timeline(&self) {
        let own = self.order.own_facts();
        let mut numbers: Vec<u32> = own
            .iter()
            .chain(&self.facts)
            .map(|fact| fact.number)
            .collect();
        numbers.sort_unstable();
        let is_paid = self.order.state.was_paid();
        let expected: Vec<u32> = if is_paid {
            (0..self.order.facts).collect()
        } else {
            (0..).take(numbers.len()).collect()
        };
        assert_eq!(numbers, expected);
    }

    /// Versions rise with what readers see.
    pub(super) fn compare(&self, after: &Order) {
        let before = &self.order;
        let seen = |order: &Order| (order.state, order.reason);
        let parts = |order: &Order| {
            let parts = order.fulfilments.iter();
            parts.map(shown).collect::<Vec<_>>()
        };
        let changed = seen(before) != seen(after) || parts(before) != parts(after);
        let rose = after.version - before.version;
        assert!(rose == 1 || (rose == 0 && !changed), "{rose}");
        if before.state.was_paid() {
            for (one, other) in before.fulfilments.iter().zip(&after.fulfilments) {
                let changed = shown(one) != shown(other);
                let rose = other.version - one.version;
                assert!(rose == 1 || (rose == 0 && !changed), "{rose}");
            }
        }
    }
}

/// What readers see of a part.
fn shown(part: &Fulfilment) -> impl PartialEq + use<> {
    (
        part.status,
        part.lines.clone(),
        part.shipments.clone(),
        part.returns.clone(),
        part.disputes.clone(),
    )
}
