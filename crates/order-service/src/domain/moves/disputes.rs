//! What the moves of disputes do.

use kernel::{DisputeId, FulfilmentId, MessageId};

use super::effects::not_allowed;
use super::take::take_amount;
use super::{MoveRefusal, Resolution};
use crate::domain::case::Dispute;
use crate::domain::case_words::{DisputeReason, DisputeStatus, Outcome};
use crate::domain::draft::{Draft, Taken, Why};
use crate::domain::fact::Details;

impl Draft<'_> {
    /// The buyer wants an operator to decide. That takes the place of an open return.
    pub(super) fn open_dispute(
        &mut self,
        at: FulfilmentId,
        id: DisputeId,
        reason: DisputeReason,
        comment: &str,
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let now = self.now;
        let (_, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        if part.disputes.len() >= Dispute::MAX {
            return Err(MoveRefusal::TooMany {
                what: "disputes",
                most: Dispute::MAX,
            });
        }
        let superseded = part.supersede_return(now);
        part.disputes.push(Dispute {
            id,
            status: DisputeStatus::Open,
            reason,
            comment: comment.to_owned(),
            opened_at: now,
            outcome: None,
            amount: None,
            answer: None,
            comments: Vec::new(),
            ended_at: None,
        });
        let details = Details {
            return_id: superseded,
            ..of_dispute(id)
        };
        self.note(at, why, details);
        self.touch_part(at);
        Ok(())
    }

    /// An operator decides.
    pub(super) fn resolve_dispute(
        &mut self,
        at: FulfilmentId,
        id: DisputeId,
        resolution: Resolution,
        comment: &str,
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let currency = self.order.total.currency;
        let part = self.order.fulfilment(at);
        let left = part
            .map(|part| self.order.left_of(part))
            .ok_or(MoveRefusal::UnknownFulfilment)?;
        let (outcome, amount) = match resolution {
            Resolution::Refund => (Outcome::Refund, left.amount),
            Resolution::Release => (Outcome::Release, 0),
            Resolution::Partial(amount) if amount.currency != currency => {
                return Err(MoveRefusal::WrongCurrency { expected: currency });
            }
            Resolution::Partial(amount) if !(1..=left.amount).contains(&amount.amount) => {
                return Err(MoveRefusal::RefundExceeds { left });
            }
            Resolution::Partial(amount) => (Outcome::Partial, amount.amount),
        };
        let now = self.now;
        let (lines, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        let room = part.room_for_refund();
        let mut disputes = part.disputes.iter_mut();
        let dispute = disputes
            .find(|dispute| dispute.id == id)
            .ok_or(MoveRefusal::UnknownDispute)?;
        if !dispute.is_open() {
            return Err(not_allowed());
        }
        dispute.resolve(outcome, amount, now);
        dispute.answer = Some(comment.to_owned());
        let mut taken = Taken {
            details: of_dispute(id),
            ..Taken::default()
        };
        if amount > 0 {
            room?;
            taken.refund = take_amount(part, lines, amount);
        }
        if outcome == Outcome::Release {
            part.arrive(now);
        }
        // A dispute is decided once, so that its id makes the id of that refund.
        let refund = MessageId::of_subject(id.as_uuid(), "resolved").as_uuid();
        self.give_back(at, refund.into(), taken, why);
        if outcome == Outcome::Release {
            self.complete_if_certain(at);
        }
        Ok(())
    }

    pub(super) fn withdraw_dispute(
        &mut self,
        at: FulfilmentId,
        id: DisputeId,
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let now = self.now;
        let (_, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        let mut disputes = part.disputes.iter_mut();
        let dispute = disputes
            .find(|dispute| dispute.id == id)
            .ok_or(MoveRefusal::UnknownDispute)?;
        if !dispute.is_open() {
            return Err(not_allowed());
        }
        dispute.end(DisputeStatus::Withdrawn, now);
        self.note(at, why, of_dispute(id));
        self.touch_part(at);
        Ok(())
    }

    /// Ends a part whose seller is to be paid now. While a refund of it is under way, that waits: the timer does it then.
    fn complete_if_certain(&mut self, at: FulfilmentId) {
        let part = self.order.fulfilment(at);
        if part.is_some_and(|part| part.refunds.is_empty()) {
            self.complete(at);
        }
    }
}

fn of_dispute(id: DisputeId) -> Details {
    Details {
        dispute_id: Some(id),
        ..Details::default()
    }
}
