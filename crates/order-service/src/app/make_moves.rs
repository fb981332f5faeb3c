//! Makes moves: ships, delivers, cancels, refunds, returns, disputes; and accepts comments on returns and disputes. The domain
//! decides; this module determines the caller's role, checks the version that the client has seen, waits until the order is ready, and
//! saves the outcome with the request's answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::{DisputeId, FulfilmentId, IdSource, OrderId, RefundId, ReturnId, Timestamp, UserId};
use store::idempotency::{Answered, Repeatable};
use store::{IdempotencyKey, Idempotent, StoreResult, Tx};
use uuid::Uuid;

use super::App;
use super::create::Wait;
use super::save::{Mails, save};
use super::view::Audience;
use crate::domain::{
    Actor, CaseId, Command, Fact, Fulfilment, Items, Move, MoveName, MoveRefusal, Moved, Order,
    Role, Said, Timing, allowed, comment, make_move, parts_to_cancel,
};

/// How long a request that waits for an order to be ready waits before it looks again. It is woken earlier if that comes about here.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A requested move.
pub(crate) struct Asked {
    /// Of which order.
    pub(crate) order: OrderId,
    /// Who asks.
    pub(crate) by: Asker,
    /// Whether the version that the client has seen is still the one: of the part, or of the order if the move is of all of it.
    pub(crate) guard: Box<dyn Fn(i64) -> bool + Send + Sync>,
    /// What to do.
    pub(crate) what: What,
}

/// Who asks for a move.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    /// The user.
    pub(crate) user: UserId,
    /// Whether they are an operator.
    pub(crate) is_admin: bool,
    /// In which of the roles of buyer and seller the route lets them act. Operators may always.
    pub(crate) roles: &'static [Role],
}

/// What to do.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// A move of one part.
    OfPart(At, Move),
    /// To say something about a return or a dispute.
    Comment(CaseId, Said),
    /// To cancel items of any parts, each refunded by itself. None for all that are not shipped.
    CancelItems {
        /// Which.
        items: Option<Items>,
        /// Why.
        reason: String,
    },
}

/// Which part.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// This one.
    Part(FulfilmentId),
    /// The one that has this return.
    Return(ReturnId),
    /// The one that has this dispute.
    Dispute(DisputeId),
}

impl From<FulfilmentId> for At {
    fn from(id: FulfilmentId) -> Self {
        Self::Part(id)
    }
}

impl From<CaseId> for At {
    fn from(case: CaseId) -> Self {
        match case {
            CaseId::Return(id) => Self::Return(id),
            CaseId::Dispute(id) => Self::Dispute(id),
        }
    }
}

impl At {
    /// The part, if it is for the eyes of `audience`: other sellers do not see that it exists.
    fn within(self, order: &Order, audience: Audience) -> Result<&Fulfilment, MoveRefusal> {
        let (found, unknown) = match self {
            Self::Part(id) => (order.fulfilment(id), MoveRefusal::UnknownFulfilment),
            Self::Return(id) => (order.part_of_return(id), MoveRefusal::UnknownReturn),
            Self::Dispute(id) => (order.part_of_dispute(id), MoveRefusal::UnknownDispute),
        };
        let seen = found.filter(|part| match audience {
            Audience::Seller(seller) => part.seller == seller,
            Audience::Buyer | Audience::Operator => true,
        });
        seen.ok_or(unknown)
    }
}

/// A move that was made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// The order as it is now.
    pub(crate) order: Order,
    /// As whom the caller sees it.
    pub(crate) audience: Audience,
}

/// Why a move is not made. Nothing has changed, and nothing is remembered: a repeat is decided anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no such order for their eyes.
    NotFound,
    /// The order is not the one that they have seen.
    Stale,
    /// The domain refuses.
    Move(MoveRefusal),
}

impl From<MoveRefusal> for Refused {
    fn from(refusal: MoveRefusal) -> Self {
        Self::Move(refusal)
    }
}

/// Makes the move that is asked for; with `repeatable`, at most once for its key. Waits at most `wait` for an order that is not ready.
pub(crate) async fn make_moves(
    app: &App,
    asked: Asked,
    repeatable: Option<Repeatable<Made>>,
    wait: Wait,
) -> StoreResult<Answered<Result<Made, Refused>>> {
    let until = wait.most().map(|most| Instant::now() + most);
    let (asked, repeatable) = (Arc::new(asked), Arc::new(repeatable));
    loop {
        let (outcome, facts) = attempt(app, asked.clone(), repeatable.clone()).await?;
        app.metrics.happened(&facts);
        let is_early = matches!(
            outcome,
            Answered::First(Err(Refused::Move(MoveRefusal::NotReady)))
        );
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        match left.filter(|left| is_early && !left.is_zero()) {
            Some(left) => {
                let waiting = app.waiting.confirmed.wait_for(asked.order);
                waiting.told_within(left.min(LOOK_AGAIN)).await;
            }
            None => return Ok(outcome),
        }
    }
}

type Attempted = (Answered<Result<Made, Refused>>, Vec<Fact>);

async fn attempt(
    app: &App,
    asked: Arc<Asked>,
    repeatable: Arc<Option<Repeatable<Made>>>,
) -> StoreResult<Attempted> {
    let (timing, now, ids) = (app.timing, app.clock.now(), app.ids.clone());
    let mails = app.mails;
    app.store
        .write(move |tx| {
            if let Some(Repeatable { key, .. }) = &*repeatable {
                tx.want::<Idempotent>([IdempotencyKey::from(key)])?;
                tx.want::<Order>([asked.order])?;
                if let Some(earlier) = tx.earlier(key, now)? {
                    return Ok((Answered::Before(earlier), Vec::new()));
                }
            }
            let Some(found) = tx.get::<Order>(&asked.order)? else {
                return Ok((Answered::First(Err(Refused::NotFound)), Vec::new()));
            };
            let (made, facts) = match decide(&found, &asked, now, &timing, &*ids) {
                Ok(decided) => decided.save(tx, &found, now, mails)?,
                Err(refused) => return Ok((Answered::First(Err(refused)), Vec::new())),
            };
            if let Some(Repeatable { key, render }) = &*repeatable {
                let (about, answer) = (asked.order.as_uuid(), render(&made)?);
                tx.answer_about(about, key, subject(&asked), answer, now)?;
            }
            Ok((Answered::First(Ok(made)), facts))
        })
        .await
}

/// What the answer to a request is about.
fn subject(asked: &Asked) -> Uuid {
    match &asked.what {
        What::OfPart(At::Return(id), _) | What::Comment(CaseId::Return(id), _) => id.as_uuid(),
        What::OfPart(At::Dispute(id), _) | What::Comment(CaseId::Dispute(id), _) => id.as_uuid(),
        What::OfPart(At::Part(_), wanted) => match wanted {
            Move::Ship { id, .. } => id.as_uuid(),
            Move::Refund { id, .. } => id.as_uuid(),
            Move::RequestReturn { id, .. } => id.as_uuid(),
            Move::OpenDispute { id, .. } => id.as_uuid(),
            Move::Deliver { .. }
            | Move::Cancel { .. }
            | Move::ApproveReturn { .. }
            | Move::DenyReturn { .. }
            | Move::ReceiveReturn { .. }
            | Move::WithdrawReturn { .. }
            | Move::ExpireReturn { .. }
            | Move::ResolveDispute { .. }
            | Move::WithdrawDispute { .. }
            | Move::Complete => asked.order.as_uuid(),
        },
        What::CancelItems { .. } => asked.order.as_uuid(),
    }
}

/// What is to be saved.
struct Decided {
    order: Order,
    audience: Audience,
    commands: Vec<Command>,
    facts: Vec<Fact>,
}

impl Decided {
    fn save(
        self,
        tx: &mut Tx<'_>,
        before: &Order,
        now: Timestamp,
        mails: Mails,
    ) -> StoreResult<(Made, Vec<Fact>)> {
        let Self {
            commands, facts, ..
        } = &self;
        save(tx, before, &self.order, commands, facts, now, mails)?;
        let made = Made {
            order: self.order,
            audience: self.audience,
        };
        Ok((made, self.facts))
    }
}

fn decide(
    order: &Order,
    asked: &Asked,
    now: Timestamp,
    timing: &Timing,
    ids: &dyn IdSource,
) -> Result<Decided, Refused> {
    let Asker { user, is_admin, .. } = asked.by;
    let audience = Audience::of(order, user, is_admin).ok_or(Refused::NotFound)?;
    let (part, version) = match &asked.what {
        What::OfPart(at, _) => {
            let part = at.within(order, audience)?;
            (Some(part), part.version)
        }
        What::Comment(case, _) => {
            let part = At::from(*case).within(order, audience)?;
            (Some(part), part.version)
        }
        What::CancelItems { .. } => (None, order.version),
    };
    let actor = asked.by.acting(order, part).ok_or(MoveRefusal::Forbidden)?;
    if !(asked.guard)(version) {
        return Err(Refused::Stale);
    }
    let moved = match &asked.what {
        What::OfPart(at, wanted) => {
            let part = at.within(order, audience)?.id;
            make_move(order, part, wanted, &actor, now, timing)?
        }
        What::Comment(case, said) => comment(order, *case, said, actor, now, timing)?,
        What::CancelItems { items, reason } => {
            let cancelling = Cancelling {
                reason,
                actor,
                now,
                timing,
                ids,
            };
            cancelling.run(order, items.as_ref())?
        }
    };
    Ok(Decided {
        order: *moved.order,
        audience,
        commands: moved.commands,
        facts: moved.facts,
    })
}

impl Asker {
    /// The role in which the caller acts on a part of `order`, or on all of it. None if the route is not for them. An operator who is also a
    /// party acts as that party.
    fn acting(&self, order: &Order, part: Option<&Fulfilment>) -> Option<Actor> {
        let is = |role: &Role| match role {
            Role::Buyer => order.buyer == self.user,
            Role::Seller => part.is_some_and(|part| part.seller == self.user),
            Role::Admin | Role::Timer | Role::System => false,
        };
        let role = self.roles.iter().copied().find(is);
        role.or(self.is_admin.then_some(Role::Admin))
            .map(|role| Actor::user(role, self.user))
    }
}

/// Cancels items of several parts: one move for each of them.
struct Cancelling<'a> {
    reason: &'a str,
    actor: Actor,
    now: Timestamp,
    timing: &'a Timing,
    ids: &'a dyn IdSource,
}

impl Cancelling<'_> {
    /// With named items, cancels in all of the parts or in none. Without, cancels each part as far as it can be.
    fn run(&self, order: &Order, items: Option<&Items>) -> Result<Moved, MoveRefusal> {
        let mut all = Moved {
            order: Box::new(order.clone()),
            commands: Vec::new(),
            facts: Vec::new(),
        };
        let mut is_moved = false;
        for (part, of_part) in parts_to_cancel(order, items.map(Vec::as_slice))? {
            let cancel = Move::Cancel {
                items: of_part,
                reason: Some(self.reason.to_owned()),
                refund: RefundId::new(self.ids),
            };
            match make_move(
                &all.order,
                part,
                &cancel,
                &self.actor,
                self.now,
                self.timing,
            ) {
                Ok(moved) => {
                    is_moved = true;
                    all.order = moved.order;
                    all.commands.extend(moved.commands);
                    all.facts.extend(moved.facts);
                }
                Err(MoveRefusal::NotAllowed { .. }) if items.is_none() => {}
                Err(refusal) => return Err(refusal),
            }
        }
        if is_moved {
            return Ok(all);
        }
        let allowed = self.allowed(order);
        Err(MoveRefusal::NotAllowed {
            because: None,
            allowed,
        })
    }

    /// What they may do with any of the parts now.
    fn allowed(&self, order: &Order) -> Vec<MoveName> {
        let of_parts: Vec<MoveName> = order
            .fulfilments
            .iter()
            .flat_map(|part| allowed(order, part, self.actor.role, self.now, self.timing))
            .collect();
        MoveName::ALL
            .into_iter()
            .filter(|name| of_parts.contains(name))
            .collect()
    }
}
