//! /operate/log: what operators did with users and sellers.

use minijinja::context;
use serde_json::Value;

use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let (user, cursor) = (visit.query.get("user"), visit.query.get("cursor"));
    let wanted = [("user", user), ("limit", "25"), ("cursor", cursor)];
    let found = visit.get(target("/api/audit-log", &wanted)).await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let here = |cursor| target("/operate/log", &[("user", user), ("cursor", cursor)]);
    let page = context! {
        items => found.get("items"), of => user, next => next.map(here),
        first => visit.query.some("cursor").map(|_| here("")),
    };
    Ok(Reply::page("operate/log.html", page))
}
