//! Comments: what buyer, seller and operators say about an open return or dispute. A comment moves nothing, so that it is no row of the
//! table of moves.

use kernel::{DisputeId, ReturnId, Timestamp};

use super::case::CaseComment;
use super::change::Moved;
use super::draft::{Draft, Why};
use super::fact::{Actor, Details, Happened, Role};
use super::fulfilment::Fulfilment;
use super::moves::{Guard, MoveRefusal, allowed};
use super::order::Order;
use super::timing::Timing;

/// Which case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseId {
    /// This return.
    Return(ReturnId),
    /// This dispute.
    Dispute(DisputeId),
}

/// A comment before it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Their words.
    pub text: String,
    /// What they are called, if that is known.
    pub name: Option<String>,
}

/// Adds to a case what `actor`, who is a party of its part or an operator, says about it.
///
/// # Errors
/// There is no such case, it is over, or they have said too much.
pub fn comment(
    order: &Order,
    case: CaseId,
    said: &Said,
    actor: Actor,
    now: Timestamp,
    timing: &Timing,
) -> Result<Moved, MoveRefusal> {
    let (part, unknown, guard) = match case {
        CaseId::Return(id) => (
            order.part_of_return(id),
            MoveRefusal::UnknownReturn,
            Guard::ReturnOpen,
        ),
        CaseId::Dispute(id) => (
            order.part_of_dispute(id),
            MoveRefusal::UnknownDispute,
            Guard::DisputeOpen,
        ),
    };
    let part = part.ok_or(unknown)?;
    if part.comments_of(actor.role) >= CaseComment::MAX {
        return Err(MoveRefusal::TooMany {
            what: "comments of each party on its returns and disputes",
            most: CaseComment::MAX,
        });
    }
    let at = part.id;
    let mut draft = Draft::of(order, now, timing);
    let comments = draft.part(at).and_then(|(_, part)| part.discussed(case));
    let Some(comments) = comments else {
        return Err(MoveRefusal::NotAllowed {
            because: Some(guard),
            allowed: allowed(order, part, actor.role, now, timing),
        });
    };
    let name = said.name.clone();
    comments.push(CaseComment {
        actor,
        name: name.filter(|_| actor.role != Role::Admin),
        text: Some(said.text.clone()),
        at: now,
    });
    let why = Why {
        actor,
        what: Happened::Comment,
        note: Some(&said.text),
    };
    draft.note(at, &why, Details::of_case(case));
    draft.touch_part(at);
    Ok(draft.finish())
}

impl Fulfilment {
    /// The comments on its returns and disputes.
    pub(super) fn comments_mut(&mut self) -> impl Iterator<Item = &mut CaseComment> {
        let returns = self.returns.iter_mut();
        let of_returns = returns.flat_map(|back| &mut back.comments);
        let disputes = self.disputes.iter_mut();
        of_returns.chain(disputes.flat_map(|dispute| &mut dispute.comments))
    }

    /// How many comments `role` has made on its returns and disputes.
    fn comments_of(&self, role: Role) -> usize {
        let of_returns = self.returns.iter().flat_map(|back| &back.comments);
        let of_disputes = self.disputes.iter().flat_map(|dispute| &dispute.comments);
        let all = of_returns.chain(of_disputes);
        all.filter(|comment| comment.actor.role == role).count()
    }

    /// The comments of a case, if that is open.
    fn discussed(&mut self, case: CaseId) -> Option<&mut Vec<CaseComment>> {
        match case {
            CaseId::Return(id) => {
                let mut returns = self.returns.iter_mut();
                let back = returns.find(|back| back.id == id && back.status.is_open())?;
                Some(&mut back.comments)
            }
            CaseId::Dispute(id) => {
                let mut disputes = self.disputes.iter_mut();
                let dispute = disputes.find(|dispute| dispute.id == id && dispute.is_open())?;
                Some(&mut dispute.comments)
            }
        }
    }
}

impl Details {
    fn of_case(case: CaseId) -> Self {
        let (return_id, dispute_id) = match case {
            CaseId::Return(id) => (Some(id), None),
            CaseId::Dispute(id) => (None, Some(id)),
        };
        Self {
            return_id,
            dispute_id,
            ..Self::default()
        }
    }
}
