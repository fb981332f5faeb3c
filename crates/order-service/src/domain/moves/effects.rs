//! What each move does. Whether it may be made was decided before, by the table; what is left to refuse is items and amounts.

use kernel::{FulfilmentId, RefundId, ShipmentId};

use super::take::{summed, take_amount};
use super::{Items, Move, MoveRefusal, RefundOf};
use crate::domain::case_words::ReturnStatus;
use crate::domain::draft::{Draft, Taken, Why};
use crate::domain::fact::{Actor, Details, FactItem, Happened, Role};
use crate::domain::fulfilment::{Fulfilment, Parcel, Shipment, ShippedLine};
use crate::domain::line::OrderLine;
use crate::domain::part::{line_of, quantity_of};

/// Refused because of its items: what is allowed instead is added where the move is asked for.
pub(super) const fn not_allowed() -> MoveRefusal {
    MoveRefusal::NotAllowed {
        because: None,
        allowed: Vec::new(),
    }
}

impl Draft<'_> {
    /// Makes the move in the part `at`.
    pub(in crate::domain) fn make(
        &mut self,
        at: FulfilmentId,
        wanted: &Move,
        actor: Actor,
    ) -> Result<(), MoveRefusal> {
        let why = |what, note| Why { actor, what, note };
        match wanted {
            Move::Ship {
                id,
                items,
                parcel,
                note,
            } => self.ship(
                at,
                *id,
                items,
                parcel,
                &why(Happened::Ship, note.as_deref()),
            ),
            Move::Deliver { shipment, note } => {
                self.deliver(at, *shipment, &why(Happened::Deliver, note.as_deref()))
            }
            Move::Cancel {
                items,
                reason,
                refund,
            } => self.cancel(
                at,
                items.as_ref(),
                *refund,
                &why(Happened::Cancel, reason.as_deref()),
            ),
            Move::Refund {
                id,
                what,
                reason,
                restock,
            } => self.refund(
                at,
                *id,
                (what, *restock),
                &why(Happened::Refund, reason.as_deref()),
            ),
            Move::RequestReturn {
                id,
                items,
                reason,
                comment,
            } => self.request_return(
                at,
                *id,
                (items, *reason),
                &why(Happened::RequestReturn, comment.as_deref()),
            ),
            Move::ApproveReturn { id, comment } => {
                let why = why(Happened::ApproveReturn, comment.as_deref());
                self.answer_return(at, *id, ReturnStatus::Approved, &why)
            }
            Move::DenyReturn { id, comment } => {
                let why = why(Happened::DenyReturn, Some(comment));
                self.answer_return(at, *id, ReturnStatus::Denied, &why)
            }
            Move::ReceiveReturn { id, items, note } => {
                let why = why(Happened::ReceiveReturn, note.as_deref());
                self.receive_return(at, *id, items, &why)
            }
            Move::WithdrawReturn { id, note } => {
                let why = why(Happened::WithdrawReturn, note.as_deref());
                self.end_return(at, *id, ReturnStatus::Withdrawn, &why)
            }
            Move::ExpireReturn { id } => {
                let why = why(Happened::ExpireReturn, None);
                self.end_return(at, *id, ReturnStatus::Expired, &why)
            }
            Move::OpenDispute {
                id,
                reason,
                comment,
            } => {
                let why = why(Happened::OpenDispute, Some(comment));
                self.open_dispute(at, *id, *reason, comment, &why)
            }
            Move::ResolveDispute {
                id,
                resolution,
                comment,
            } => {
                let why = why(Happened::ResolveDispute, Some(comment));
                self.resolve_dispute(at, *id, *resolution, comment, &why)
            }
            Move::WithdrawDispute { id, note } => {
                let why = why(Happened::WithdrawDispute, note.as_deref());
                self.withdraw_dispute(at, *id, &why)
            }
            Move::Complete => {
                self.complete(at);
                Ok(())
            }
        }
    }

    fn ship(
        &mut self,
        at: FulfilmentId,
        id: ShipmentId,
        items: &Items,
        parcel: &Parcel,
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let now = self.now;
        let (lines, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        if part.shipments.len() >= Fulfilment::MAX_SHIPMENTS {
            return Err(MoveRefusal::TooMany {
                what: "packages",
                most: Fulfilment::MAX_SHIPMENTS,
            });
        }
        let items = summed(items);
        if items.is_empty() {
            return Err(not_allowed());
        }
        let mut packed = Vec::with_capacity(items.len());
        for FactItem { line_id, quantity } in &items {
            let (line, touched) = part.line_to_change(lines, *line_id)?;
            let left = touched.unshipped(line);
            let quantity = quantity_of(*quantity)
                .filter(|quantity| quantity.get() <= left)
                .ok_or_else(|| too_much(line, left))?;
            touched.shipped = touched.shipped.saturating_add(quantity.get());
            packed.push(ShippedLine {
                line: line.id,
                quantity,
            });
        }
        part.shipments.push(Shipment {
            id,
            lines: packed,
            parcel: parcel.clone(),
            shipped_at: now,
            delivered_at: None,
        });
        part.restate(lines, now);
        let details = Details {
            items,
            shipment_id: Some(id),
            ..Details::default()
        };
        self.note(at, why, details);
        self.touch_part(at);
        Ok(())
    }

    fn deliver(
        &mut self,
        at: FulfilmentId,
        id: ShipmentId,
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let now = self.now;
        let (lines, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        let mut packages = part.shipments.iter_mut();
        let package = packages
            .find(|package| package.id == id)
            .ok_or(MoveRefusal::UnknownShipment)?;
        if package.delivered_at.is_some() {
            return Err(not_allowed());
        }
        package.delivered_at = Some(now);
        part.restate(lines, now);
        let details = Details {
            shipment_id: Some(id),
            ..Details::default()
        };
        self.note(at, why, details);
        self.touch_part(at);
        Ok(())
    }

    fn cancel(
        &mut self,
        at: FulfilmentId,
        items: Option<&Items>,
        refund: RefundId,
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let (lines, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        // Time does not ask for room: what is late is cancelled.
        if why.actor.role != Role::Timer {
            part.room_for_refund()?;
        }
        let items = items.map_or_else(|| part.all_unshipped(lines), |items| summed(items));
        if items.is_empty() {
            return Err(not_allowed());
        }
        let mut taken = Taken::default();
        for FactItem { line_id, quantity } in &items {
            let (line, touched) = part.line_to_change(lines, *line_id)?;
            let left = touched.unshipped(line);
            if *quantity > left {
                return Err(too_much(line, left));
            }
            taken.items_of(line, touched, *quantity, None);
        }
        taken.details.items = items;
        self.give_back(at, refund, taken, why);
        Ok(())
    }

    fn refund(
        &mut self,
        at: FulfilmentId,
        id: RefundId,
        (what, restock): (&RefundOf, Option<bool>),
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let currency = self.order.total.currency;
        let part = self.order.fulfilment(at);
        let left = part
            .map(|part| self.order.left_of(part))
            .ok_or(MoveRefusal::UnknownFulfilment)?;
        let exceeds = || MoveRefusal::RefundExceeds { left };
        let (lines, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        part.room_for_refund()?;
        let mut taken = Taken::default();
        match what {
            RefundOf::Amount(amount) if amount.currency != currency => {
                return Err(MoveRefusal::WrongCurrency { expected: currency });
            }
            RefundOf::Amount(amount) => {
                if amount.amount > left.amount {
                    return Err(exceeds());
                }
                taken.refund = take_amount(part, lines, amount.amount);
            }
            RefundOf::Items(items) => {
                let items = summed(items);
                for FactItem { line_id, quantity } in &items {
                    let awaited = part.awaited(*line_id);
                    let (line, touched) = part.line_to_change(lines, *line_id)?;
                    let unrefunded = touched.unrefunded(line);
                    if *quantity > unrefunded {
                        return Err(exceeds());
                    }
                    // What is to come back is refunded when it does.
                    let left = unrefunded.saturating_sub(awaited);
                    if *quantity > left {
                        return Err(too_much(line, left));
                    }
                    taken.items_of(line, touched, *quantity, restock);
                }
                taken.details.items = items;
            }
        }
        if taken.refund.is_empty() {
            return Err(exceeds());
        }
        self.give_back(at, id, taken, why);
        Ok(())
    }
}

pub(super) const fn too_much(line: &OrderLine, left: u32) -> MoveRefusal {
    MoveRefusal::TooMuch {
        line: line.id,
        left,
        allowed: Vec::new(),
    }
}

impl Fulfilment {
    /// Its line `id`, with what was ordered of it.
    pub(super) fn line_to_change<'a>(
        &'a mut self,
        lines: &'a [OrderLine],
        id: kernel::LineId,
    ) -> Result<(&'a OrderLine, &'a mut crate::domain::PartLine), MoveRefusal> {
        let touched = self.lines.iter_mut().find(|touched| touched.id == id);
        line_of(lines, id)
            .zip(touched)
            .ok_or(MoveRefusal::UnknownLine(id))
    }

    fn all_unshipped(&self, lines: &[OrderLine]) -> Vec<FactItem> {
        self.with_lines(lines)
            .map(|(line, touched)| FactItem {
                line_id: line.id,
                quantity: touched.unshipped(line),
            })
            .filter(|item| item.quantity > 0)
            .collect()
    }

    pub(super) fn room_for_refund(&self) -> Result<(), MoveRefusal> {
        if self.refunds.len() < Self::MAX_REFUNDS && self.stock_returns.len() < Self::MAX_REFUNDS {
            return Ok(());
        }
        Err(MoveRefusal::TooMany {
            what: "refunds under way",
            most: Self::MAX_REFUNDS,
        })
    }
}
