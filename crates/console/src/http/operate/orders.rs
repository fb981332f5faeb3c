//! /operate/review and /operate/orders.

use minijinja::context;
use serde_json::{Value, json};

use super::super::cases::{self, Desk, said};
use super::super::orders::seen;
use crate::api::Call;
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

/// The orders that an operator has to look at.
pub(crate) async fn review(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let wanted = [("limit", "25"), ("cursor", visit.query.get("cursor"))];
    let found = visit.get(target("/api/orders/review", &wanted)).await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let page = context! {
        items => found.get("items"),
        next => next.map(|cursor| target("/operate/review", &[("cursor", cursor)])),
        first => visit.query.some("cursor").map(|_| "/operate/review"),
    };
    Ok(Reply::page("operate/review.html", page))
}

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let query = &visit.query;
    let state = [
        ("status", query.get("status")),
        ("buyer", query.get("buyer")),
        ("seller", query.get("seller")),
    ];
    let with = |more: &[(&'static str, &str)], path| target(path, &[&state, more].concat());
    let wanted = with(
        &[("limit", "25"), ("cursor", query.get("cursor"))],
        "/api/orders",
    );
    let (found, faults) = match visit.ask(Call::get(wanted)).await? {
        Ok(found) => (found, Faults::default()),
        Err(refusal) => (json!({"items": []}), refusal.faults(visit.lang())),
    };
    let next = found.get("nextCursor").and_then(Value::as_str);
    let sought: std::collections::BTreeMap<_, _> = state.into_iter().collect();
    let page = context! {
        items => found.get("items"), sought, faults,
        next => next.map(|cursor| with(&[("cursor", cursor)], "/operate/orders")),
        first => query.some("cursor").map(|_| with(&[], "/operate/orders")),
    };
    Ok(Reply::page("operate/orders.html", page))
}

async fn order(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    visit.operator()?;
    let seen = seen(visit).await?;
    let page = context! {
        order => seen.order, timeline => seen.timeline, faults,
        said => said(visit),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "operate/order.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    order(visit, 200, Faults::default()).await
}

async fn act(visit: &Visit, act: &str, body: Value, done: &str) -> Outcome {
    visit.operator()?;
    let id = visit.part("id");
    let call = Call::post(format!("/api/orders/{id}/{act}"), body);
    match visit.ask(call.once(visit.form.get("key"))).await? {
        Ok(_) => Ok(Reply::see(format!("/operate/orders/{id}?done={done}"))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => order(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}

/// Sends the outstanding commands again.
pub(crate) async fn retry(visit: &mut Visit) -> Outcome {
    act(visit, "retry", json!({}), "retry").await
}

/// Undoes the order.
pub(crate) async fn compensate(visit: &mut Visit) -> Outcome {
    act(visit, "compensate", json!({}), "compensate").await
}

/// Says something about a return.
pub(crate) async fn comment_return(visit: &mut Visit) -> Outcome {
    let path = format!("returns/{}/comments", visit.part("case"));
    act(visit, &path, cases::comment(visit), "commented").await
}

/// The returns of all sellers.
pub(crate) async fn returns(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let desk = Desk {
        role: "",
        path: "/operate",
        template: "operate/returns.html",
    };
    cases::list(visit, &desk, "returns").await
}
