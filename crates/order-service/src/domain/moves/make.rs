//! Makes moves: whether they may be made, by the table.

use kernel::{FulfilmentId, LineId, Quantity, Timestamp};

use super::{Guard, Items, Move, MoveName, MoveRefusal, Row, TABLE};
use crate::domain::case_words::ReturnStatus;
use crate::domain::change::Moved;
use crate::domain::draft::Draft;
use crate::domain::fact::{Actor, Role};
use crate::domain::fulfilment::Fulfilment;
use crate::domain::order::Order;
use crate::domain::state::OrderState;
use crate::domain::timing::Timing;

/// Makes a move.
///
/// # Errors
/// Why it is not made.
pub fn make_move(
    order: &Order,
    at: FulfilmentId,
    wanted: &Move,
    actor: &Actor,
    now: Timestamp,
    timing: &Timing,
) -> Result<Moved, MoveRefusal> {
    let part = order.fulfilment(at).ok_or(MoveRefusal::UnknownFulfilment)?;
    may_make(order, part, wanted.name(), actor, now, timing)?;
    let mut draft = Draft::of(order, now, timing);
    match draft.make(at, wanted, *actor) {
        Ok(()) => Ok(draft.finish()),
        Err(refusal) => Err(refusal.with_allowed(|| allowed(order, part, actor.role, now, timing))),
    }
}

/// The moves that `role` may make on a part of an order now.
#[must_use]
pub fn allowed(
    order: &Order,
    part: &Fulfilment,
    role: Role,
    now: Timestamp,
    timing: &Timing,
) -> Vec<MoveName> {
    if readiness(order).is_err() {
        return Vec::new();
    }
    TABLE
        .iter()
        .filter(|row| row.who.contains(&role) && row.applies(order, part, now, timing))
        .map(|row| row.name)
        .collect()
}

/// Which parts a cancellation of a whole order touches, and with which items: of each part those that are named, or if none are named, all
/// that are not shipped. `make_move` is then asked for each part in turn, of the order as the one before left it. If nothing can be
/// cancelled, these are all parts, for the refusal.
///
/// # Errors
/// [`MoveRefusal::UnknownLine`].
pub fn parts_to_cancel(
    order: &Order,
    items: Option<&[(LineId, Quantity)]>,
) -> Result<Vec<(FulfilmentId, Option<Items>)>, MoveRefusal> {
    let Some(items) = items else {
        let ids = |wanted: fn(&Order, &Fulfilment) -> bool| {
            let parts = order.fulfilments.iter();
            let parts = parts.filter(|part| wanted(order, part));
            parts.map(|part| (part.id, None)).collect::<Vec<_>>()
        };
        let open = ids(|order, part| part.unshipped(&order.lines) > 0);
        return Ok(if open.is_empty() {
            ids(|_, _| true)
        } else {
            open
        });
    };
    let mut parts: Vec<(FulfilmentId, Items)> = Vec::new();
    for (line, quantity) in items {
        let part = order
            .fulfilments
            .iter()
            .find(|part| part.lines.iter().any(|touched| touched.id == *line))
            .ok_or(MoveRefusal::UnknownLine(*line))?;
        match parts.iter_mut().find(|(id, _)| *id == part.id) {
            Some((_, of_part)) => of_part.push((*line, *quantity)),
            None => parts.push((part.id, vec![(*line, *quantity)])),
        }
    }
    Ok(parts
        .into_iter()
        .map(|(id, items)| (id, Some(items)))
        .collect())
}

/// Whether `actor` may make the move `name` now.
fn may_make(
    order: &Order,
    part: &Fulfilment,
    name: MoveName,
    actor: &Actor,
    now: Timestamp,
    timing: &Timing,
) -> Result<(), MoveRefusal> {
    let is_theirs = match actor.role {
        Role::Buyer => actor.id == Some(order.buyer),
        Role::Seller => actor.id == Some(part.seller),
        Role::Admin | Role::Timer | Role::System => true,
    };
    let row = TABLE
        .iter()
        .find(|row| row.name == name && row.who.contains(&actor.role))
        .filter(|_| is_theirs)
        .ok_or(MoveRefusal::Forbidden)?;
    readiness(order)?;
    let not_allowed = |because| MoveRefusal::NotAllowed {
        because,
        allowed: allowed(order, part, actor.role, now, timing),
    };
    if !row.leaves(part) {
        return Err(not_allowed(None));
    }
    let mut guards = row.guards.iter();
    if let Some(guard) = guards.find(|guard| !guard.holds(order, part, now, timing)) {
        return Err(if *guard == Guard::MoneyLeft {
            let left = order.left_of(part);
            MoveRefusal::RefundExceeds { left }
        } else {
            not_allowed(Some(*guard))
        });
    }
    let is_time = actor.role != Role::Timer
        || row
            .timer
            .and_then(|timer| timer.due(order, part, timing))
            .is_some_and(|due| due <= now);
    if is_time {
        Ok(())
    } else {
        Err(not_allowed(None))
    }
}

/// Whether the order's saga is so far that its parts may move: until the stock is confirmed sold, nothing may ship that may still expire.
fn readiness(order: &Order) -> Result<(), MoveRefusal> {
    match order.state {
        OrderState::Pending => Err(MoveRefusal::NotReady),
        OrderState::Paid if !order.confirmed => Err(MoveRefusal::NotReady),
        OrderState::Paid | OrderState::Refunding | OrderState::Refunded => Ok(()),
        OrderState::Declined | OrderState::Cancelling | OrderState::Cancelled => {
            Err(MoveRefusal::NotAllowed {
                because: None,
                allowed: Vec::new(),
            })
        }
    }
}

impl Row {
    /// Whether it leaves from where the part is.
    fn leaves(&self, part: &Fulfilment) -> bool {
        self.paths.iter().any(|path| path.from == part.status)
    }

    /// Whether its move can be made in a part, apart from who makes it and when.
    pub(in crate::domain) fn applies(
        &self,
        order: &Order,
        part: &Fulfilment,
        now: Timestamp,
        timing: &Timing,
    ) -> bool {
        let mut guards = self.guards.iter();
        self.leaves(part) && guards.all(|guard| guard.holds(order, part, now, timing))
    }
}

impl Guard {
    /// Whether it holds.
    #[must_use]
    pub fn holds(self, order: &Order, part: &Fulfilment, now: Timestamp, timing: &Timing) -> bool {
        match self {
            Self::Unshipped => part.unshipped(&order.lines) > 0,
            Self::Underway => {
                let mut packages = part.shipments.iter();
                packages.any(|package| package.delivered_at.is_none())
            }
            Self::MoneyLeft => order.left_of(part).amount > 0,
            Self::NoRefundUnderway => part.refunds.is_empty(),
            Self::BuyerMayCancel => timing.buyer_may_cancel,
            Self::ReturnsAccepted => part.return_policy.accepted,
            Self::InReturnWindow => part
                .window_over(timing)
                .is_some_and(|window_over| now < window_over),
            Self::Returnable => order
                .lines_of(part)
                .any(|(line, touched)| touched.returnable(line) > 0),
            Self::NoOpenCase => !part.has_open_case(),
            Self::ReturnRequested => part.has_return(ReturnStatus::Requested),
            Self::ReturnApproved => part.has_return(ReturnStatus::Approved),
            Self::ReturnOpen => part.open_return().is_some(),
            Self::NoOpenDispute => part.open_dispute().is_none(),
            Self::Undecided => part.decided().is_none(),
            Self::DisputeOpen => part.open_dispute().is_some(),
        }
    }
}

impl MoveRefusal {
    /// The refusal with what is allowed instead.
    fn with_allowed(self, allowed: impl FnOnce() -> Vec<MoveName>) -> Self {
        match self {
            Self::NotAllowed { because, .. } => Self::NotAllowed {
                because,
                allowed: allowed(),
            },
            Self::TooMuch { line, left, .. } => Self::TooMuch {
                line,
                left,
                allowed: allowed(),
            },
            Self::UnknownFulfilment
            | Self::UnknownLine(_)
            | Self::UnknownShipment
            | Self::UnknownReturn
            | Self::UnknownDispute
            | Self::Forbidden
            | Self::NotReady
            | Self::RefundExceeds { .. }
            | Self::WrongCurrency { .. }
            | Self::TooMany { .. } => self,
        }
    }
}
