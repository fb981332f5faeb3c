//! Lists of returns and disputes, for those who asked for them and for those who sell.

use minijinja::context;
use serde_json::Value;

use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

/// Whose cases a list has, and what they are.
pub(super) struct Desk {
    /// `returns` or `disputes`.
    pub(super) kind: &'static str,
    /// `buyer` or `seller`.
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
