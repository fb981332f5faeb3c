//! What the routes that make moves have in common: who asks, the version and the key that come with the request, the answer.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, web};
use auth::{Caller, Role as Permission};
use kernel::{Currency, Invalid, LineId, OrderId};
use platform_http::{
    FieldError, IfMatch, Prefer, Problem, answer_repeat, common, etag, etag_of_view, json_answer,
    key_of_change, prefer, send_stored,
};
use serde::Serialize;
use store::StoreResult;
use store::idempotency::{Answered, Repeatable, StoredAnswer};

use super::error::{
    DISPUTE_NOT_FOUND, FULFILMENT_NOT_FOUND, LIMIT_REACHED, MOVE_NOT_ALLOWED, NotAllowedNow,
    ORDER_NOT_READY, REFUND_EXCEEDS, RETURN_NOT_FOUND, RefundLeft, SHIPMENT_NOT_FOUND,
    order_not_found,
};
use super::fields::Comment;
use super::order_json::OrderJson;
use crate::app::{
    App, Asked, Asker, Audience, Made, Refused, Viewed, Wait, What, make_moves, seen_by,
};
use crate::domain::{MoveName, MoveRefusal, Role, Timing};

/// A request for a move: who sends it, and its headers. As a handler's first argument: without a valid token the answer is 401.
pub(crate) struct MoveRequest {
    pub(super) app: web::Data<App>,
    pub(super) caller: Caller,
    pub(super) http: HttpRequest,
}

impl FromRequest for MoveRequest {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = web::Data::from_request(http, payload).into_inner();
        let caller = Caller::from_request(http, payload).into_inner();
        ready(app.and_then(|app| {
            Ok(Self {
                app,
                caller: caller?,
                http: http.clone(),
            })
        }))
    }
}

impl MoveRequest {
    /// The move that its route makes: `route` is the scope of idempotency keys, and `roles` says in which of the roles of buyer and seller
    /// the caller may act.
    pub(super) const fn on(&self, route: &'static str, roles: &'static [Role]) -> Moving<'_> {
        Moving {
            request: self,
            route,
            roles,
            lines: Vec::new(),
        }
    }

    /// The note in its body, which only operators may write.
    ///
    /// # Errors
    /// 422 if another caller writes one.
    pub(super) fn note(&self, note: Option<Comment>) -> Result<Option<String>, Problem> {
        if note.is_some() && !self.caller.has(Permission::Admin) {
            let invalid = Invalid::new("operators_only", "is for operators");
            return Err(Problem::validation(vec![FieldError::new("/note", invalid)]));
        }
        Ok(note.map(Comment::into_string))
    }
}

/// A move that a request asks for.
pub(super) struct Moving<'a> {
    request: &'a MoveRequest,
    route: &'static str,
    roles: &'static [Role],
    lines: Vec<LineId>,
}

impl Moving<'_> {
    /// The same, of a body that names `lines`, in this order: a refusal points at the one at fault.
    pub(super) fn naming(self, lines: impl IntoIterator<Item = LineId>) -> Self {
        Self {
            lines: lines.into_iter().collect(),
            ..self
        }
    }

    /// How long it may wait.
    pub(super) fn wait(&self) -> Wait {
        wait_of(&self.request.app, prefer(&self.request.http))
    }

    /// What it asks for.
    ///
    /// # Errors
    /// 400 for an unreadable `If-Match`.
    pub(super) fn asked(&self, order: OrderId, what: What) -> Result<Asked, Problem> {
        let if_match = IfMatch::of(&self.request.http)?;
        let caller = &self.request.caller;
        Ok(Asked {
            order,
            by: Asker {
                user: caller.user,
                is_admin: caller.has(Permission::Admin),
                roles: self.roles,
            },
            guard: Box::new(move |version| if_match.allows(version)),
            what,
        })
    }

    /// Its key, if it has one, with how its answer is rendered. `meaning` is what was asked for.
    ///
    /// # Errors
    /// 400 for an invalid key.
    pub(super) fn repeatable<T>(
        &self,
        meaning: &impl Serialize,
        render: impl Fn(&T) -> StoreResult<StoredAnswer> + Send + Sync + 'static,
    ) -> Result<Option<Repeatable<T>>, Problem> {
        let key = key_of_change(
            &self.request.http,
            self.request.caller.user,
            self.route,
            meaning,
        )?;
        Ok(key.map(|key| Repeatable {
            key,
            render: Arc::new(render),
        }))
    }

    /// Makes the move, or answers as the first request with its key was answered.
    ///
    /// # Errors
    /// Why it is not made.
    pub(super) async fn make(
        &self,
        order: OrderId,
        what: What,
        meaning: &impl Serialize,
        render: impl Fn(&Made, &Timing) -> StoreResult<StoredAnswer> + Clone + Send + Sync + 'static,
    ) -> Result<HttpResponse, Problem> {
        let app = &self.request.app;
        let timing = app.timing;
        let asked = self.asked(order, what)?;
        let stored = render.clone();
        let repeatable = self.repeatable(meaning, move |made: &Made| stored(made, &timing))?;
        match make_moves(app, asked, repeatable, self.wait()).await? {
            Answered::First(Ok(made)) => Ok(send_stored(render(&made, &timing)?)),
            Answered::First(Err(refused)) => Err(self.problem(refused)),
            Answered::Before(earlier) => answer_repeat(earlier),
        }
    }

    /// Says why a move is not made.
    pub(super) fn problem(&self, refused: Refused) -> Problem {
        match refused {
            Refused::NotFound => order_not_found(),
            Refused::Stale => Problem::new(
                &common::PRECONDITION_FAILED,
                "It has another version. Read the order again: a move of a part takes that part's version, one of the whole order the order's.",
            ),
            Refused::Move(refusal) => move_problem(refusal, &self.lines),
        }
    }
}

/// How long a request with this preference may wait.
pub(super) fn wait_of(app: &App, preference: Prefer) -> Wait {
    match preference {
        Prefer::Default => Wait::AtMost(app.default_wait),
        Prefer::RespondAsync => Wait::No,
        Prefer::Wait(limit) => Wait::AtMost(limit),
    }
}

/// The currency of an order, or the marketplace's for an order that does not exist, which is refused later.
pub(super) async fn currency_of(app: &App, order: OrderId) -> StoreResult<Currency> {
    let found = app.order(order).await?;
    Ok(found.map_or(app.currency, |order| order.total.currency))
}

/// 404 for a part that does not exist or that the caller may not see.
pub(super) fn fulfilment_not_found() -> Problem {
    Problem::new(
        &FULFILMENT_NOT_FOUND,
        "The order has no part with this id that you may see.",
    )
}

/// 404 for a package that does not exist.
pub(super) fn shipment_not_found() -> Problem {
    let detail = "The part has no package with this id.";
    Problem::new(&SHIPMENT_NOT_FOUND, detail)
}

/// 404 for a return that does not exist or that the caller may not see.
pub(super) fn return_not_found() -> Problem {
    let detail = "The order has no return with this id that you may see.";
    Problem::new(&RETURN_NOT_FOUND, detail)
}

/// 404 for a dispute that does not exist or that the caller may not see.
pub(super) fn dispute_not_found() -> Problem {
    let detail = "The order has no dispute with this id that you may see.";
    Problem::new(&DISPUTE_NOT_FOUND, detail)
}

fn not_allowed(detail: String, allowed: Vec<MoveName>) -> Problem {
    Problem::new(&MOVE_NOT_ALLOWED, detail).with(&NotAllowedNow { allowed })
}

/// Why the domain refuses. `lines` are those that the body names.
fn move_problem(refusal: MoveRefusal, lines: &[LineId]) -> Problem {
    let fault = |pointer: String, code, detail: String| {
        Problem::validation(vec![FieldError::new(pointer, Invalid::new(code, detail))])
    };
    match refusal {
        MoveRefusal::UnknownFulfilment => fulfilment_not_found(),
        MoveRefusal::UnknownShipment => shipment_not_found(),
        MoveRefusal::UnknownReturn => return_not_found(),
        MoveRefusal::UnknownDispute => dispute_not_found(),
        MoveRefusal::UnknownLine(line) => {
            let place = lines.iter().position(|named| *named == line);
            let pointer = place.map_or_else(
                || "/items".to_owned(),
                |place| format!("/items/{place}/lineId"),
            );
            fault(
                pointer,
                "unknown_line",
                "is no line of this part".to_owned(),
            )
        }
        MoveRefusal::Forbidden => Problem::new(
            &common::FORBIDDEN,
            "This is for another party of the order to do.",
        ),
        MoveRefusal::NotReady => Problem::new(
            &ORDER_NOT_READY,
            "The order is not paid, or its stock is not sold yet. Please try again in a moment.",
        )
        .retry_after(1),
        MoveRefusal::NotAllowed { because, allowed } => {
            let because = because.map_or_else(String::new, |guard| {
                format!("It can be done only if {}. ", guard.words())
            });
            let detail = format!("{because}See allowed for what you may do now.");
            not_allowed(detail, allowed)
        }
        MoveRefusal::TooMuch {
            line,
            left,
            allowed,
        } => not_allowed(
            format!("Of line {line}, {left} are left for this."),
            allowed,
        ),
        MoveRefusal::RefundExceeds { left } => {
            Problem::new(&REFUND_EXCEEDS, format!(
                    "Refund less: {} minor units of {} are left. Items that were refunded cannot be refunded again.",
                    left.amount, left.currency
                ))
                .with(&RefundLeft { left })
        }
        MoveRefusal::WrongCurrency { expected } => fault(
            "/amount/currency".to_owned(),
            "wrong_currency",
            format!("must be {expected}, the currency of the order"),
        ),
        MoveRefusal::TooMany { what, most } => Problem::new(
            &LIMIT_REACHED,
            format!("A part of an order has at most {most} {what}. Put more into each, or ask an operator."),
        ),
    }
}

/// The order after a move, as its author sees it.
pub(super) fn order_answer(made: &Made, timing: &Timing) -> StoreResult<StoredAnswer> {
    let Viewed { order, audience } = seen_by(made.order.clone(), made.audience)?;
    let tag = match audience {
        Audience::Seller(seller) => etag_of_view(order.version, seller),
        Audience::Buyer | Audience::Operator => etag(order.version),
    };
    Ok(StoredAnswer {
        etag: Some(tag.to_string()),
        ..json_answer(200, &OrderJson::of(&order, audience, timing)?)?
    })
}
