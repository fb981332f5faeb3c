//! Lists of returns and disputes for buyers, sellers and operators, and comments on them.

use minijinja::context;
use serde_json::{Value, json};

use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

/// Whose cases a list has: it is at `{path}/returns` or `{path}/disputes`.
pub(super) struct Desk {
    /// `buyer` or `seller`; empty for those of all people, for operators.
    pub(super) role: &'static str,
    pub(super) path: &'static str,
    pub(super) template: &'static str,
}

/// The list of the desk's `returns` or `disputes`, as `kind` says.
pub(super) async fn list(visit: &Visit, desk: &Desk, kind: &str) -> Outcome {
    visit.me()?;
    let &Desk {
        role,
        path,
        template,
    } = desk;
    let path = &format!("{path}/{kind}");
    let (status, cursor) = (visit.query.get("status"), visit.query.get("cursor"));
    let wanted = [
        ("role", role),
        ("status", status),
        ("limit", "25"),
        ("cursor", cursor),
    ];
    let found = visit.get(target(&format!("/api/orders/{kind}"), &wanted));
    let found = found.await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let here = |cursor| target(path, &[("status", status), ("cursor", cursor)]);
    let page = context! {
        kind, path, status,
        items => found.get("items"),
        next => next.map(here),
        first => visit.query.some("cursor").map(|_| here("")),
    };
    Ok(Reply::page(template, page))
}

/// What a visitor says about a case, for the API.
pub(super) fn comment(visit: &Visit) -> Value {
    json!({"text": visit.form.lines("text")})
}

/// What a visitor was saying about which case when it was refused, for the page that shows it again.
pub(super) fn said(visit: &Visit) -> minijinja::Value {
    context! { case => visit.part("case"), text => visit.form.get("text") }
}
