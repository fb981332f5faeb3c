//! GET /sellers/{id}: who sells, and what.

use minijinja::context;
use serde_json::Value;

use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    let id = visit.part("id");
    let seller = visit.get(format!("/api/sellers/{id}")).await?;
    let cursor = visit.query.get("cursor");
    let wanted = [("seller", id.as_str()), ("limit", "24"), ("cursor", cursor)];
    let found = visit.get(target("/api/products", &wanted)).await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let here = format!("/sellers/{id}");
    let page = context! {
        seller, items => found.get("items"),
        next => next.map(|cursor| target(&here, &[("cursor", cursor)])),
        first => visit.query.some("cursor").map(|_| here.clone()),
    };
    Ok(Reply::page("shop/seller.html", page))
}
