//! What the services say about the commands of a part. Each answer belongs to something that is pending; once that is gone, its repeats
//! change nothing.

use kernel::{FulfilmentId, LineId, RefundId};
use uuid::Uuid;

use super::draft::{Draft, Why};
use super::fact::{Actor, Details, Happened};
use super::fulfilment::Fulfilment;
use super::saga::PartRefusal;
use super::state::Escrow;

impl Draft<'_> {
    /// The money of a refund is with the buyer.
    pub(super) fn refunded(&mut self, id: RefundId, reversed: &[(LineId, i64)]) {
        let mut parts = self.order.fulfilments.iter_mut();
        let found = parts.find_map(|part| {
            let at = part.refunds.iter().position(|refund| refund.id == id)?;
            let refund = part.refunds.remove(at);
            Some((part, refund))
        });
        let Some((part, refund)) = found else {
            return;
        };
        for (line, amount) in reversed {
            if let Some(touched) = part.lines.iter_mut().find(|touched| touched.id == *line) {
                touched.reversed = touched.reversed.saturating_add(*amount);
            }
        }
        part.heard();
        let at = part.id;
        let sum = reversed.iter().map(|(_, amount)| *amount);
        let why = Why {
            actor: Actor::SYSTEM,
            what: Happened::Refunded,
            note: None,
        };
        let details = Details {
            refund_id: Some(id),
            amount: Some(refund.amount()),
            commission_reversed: Some(sum.fold(0, i64::saturating_add)),
            ..Details::default()
        };
        self.note(at, &why, details);
        self.touch_part(at);
        self.empty_if_refunded();
    }

    /// The seller of a part is paid.
    pub(super) fn released(&mut self, at: FulfilmentId) {
        if let Some((_, part)) = self.part(at)
            && part.money == Escrow::Releasing
        {
            part.money = Escrow::Released;
            part.release_refused = false;
            part.heard();
        }
    }

    /// The wallet did not do what it was asked to. Nothing is undone by that: an operator has to look.
    pub(super) fn part_refused(
        &mut self,
        at: FulfilmentId,
        refund: Option<RefundId>,
        reason: PartRefusal,
    ) {
        let Some((_, part)) = self.part(at) else {
            return;
        };
        let is_final = match reason {
            PartRefusal::BalanceLimit => false,
            PartRefusal::DoesNotFit => true,
        };
        match refund {
            Some(id) => {
                let mut refunds = part.refunds.iter_mut();
                let Some(refund) = refunds.find(|refund| refund.id == id) else {
                    return;
                };
                refund.refused |= is_final;
            }
            None if part.money == Escrow::Releasing => part.release_refused |= is_final,
            None => return,
        }
        part.flag();
    }

    /// A return is in the stock book.
    pub(super) fn stock_returned(&mut self, id: Uuid) {
        for part in &mut self.order.fulfilments {
            if part.stock_returns.iter().any(|back| back.id == id) {
                part.stock_returns.retain(|back| back.id != id);
                part.heard();
            }
        }
    }

    /// A return does not fit the stock book.
    pub(super) fn stock_refused(&mut self, id: Uuid) {
        for part in &mut self.order.fulfilments {
            let mut returns = part.stock_returns.iter_mut();
            if let Some(back) = returns.find(|back| back.id == id) {
                back.refused = true;
                part.flag();
            }
        }
    }
}

impl Fulfilment {
    /// An operator has to look.
    fn flag(&mut self) {
        self.needs_review = true;
        self.heard();
    }
}
