//! Lists of returns and disputes, for those who asked for them, for those who sell and for operators; and what they say about one.

use minijinja::context;
use serde_json::{Value, json};

use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

/// Whose cases a list has, and what they are.
pub(super) struct Desk {
    /// `returns` or `disputes`.
    pub(super) kind: &'static str,
    /// `buyer` or `seller`; empty for those of all people, for operators.
    pub(super) role: &'static str,
    /// The path of the list.
    pub(super) path: &'static str,
    pub(super) template: &'static str,
}

pub(super) async fn list(visit: &Visit, desk: Desk) -> Outcome {
    visit.me()?;
    let Desk {
        kind,
        role,
        path,
        template,
    } = desk;
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
    json!({"text": visit.form.get("text").replace("\r\n", "\n")})
}

/// What a visitor was saying about which case when it was refused, for the page that shows it again.
pub(super) fn said(visit: &Visit) -> minijinja::Value {
    context! { case => visit.part("case"), text => visit.form.get("text") }
}
