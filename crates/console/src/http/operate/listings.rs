//! /operate/listings: what is for sale, and what operators take down.

use minijinja::context;
use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let query = &visit.query;
    let state = [("q", query.get("q")), ("seller", query.get("seller"))];
    let with = |more: &[(&'static str, &str)], path| target(path, &[&state, more].concat());
    let place = [
        ("sort", "newest"),
        ("limit", "25"),
        ("cursor", query.get("cursor")),
    ];
    let call = Call::get(with(&place, "/api/products"));
    let (status, found, faults) = match visit.ask(call).await? {
        Ok(found) => (200, found, Faults::default()),
        Err(refusal) => (422, json!({"items": []}), refusal.faults(visit.lang())),
    };
    let next = found.get("nextCursor").and_then(Value::as_str);
    let page = context! {
        items => found.get("items"), faults,
        listed => context! { q => query.get("q"), seller => query.get("seller") },
        next => next.map(|cursor| with(&[("cursor", cursor)], "/operate/listings")),
        first => query.some("cursor").map(|_| with(&[], "/operate/listings")),
    };
    Ok(Reply::Page(status, "operate/listings.html", page))
}

/// What operators took down.
pub(crate) async fn taken_down(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let here = "/operate/listings/taken-down";
    let wanted = [("limit", "25"), ("cursor", visit.query.get("cursor"))];
    let found = visit
        .get(target("/api/products/taken-down", &wanted))
        .await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let page = context! {
        items => found.get("items"),
        next => next.map(|cursor| target(here, &[("cursor", cursor)])),
        first => visit.query.some("cursor").map(|_| here),
    };
    Ok(Reply::page("operate/taken-down.html", page))
}

async fn listing(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    visit.operator()?;
    let product = visit
        .get(format!("/api/products/{}", visit.part("id")))
        .await?;
    let reason = visit.form.get("reason");
    let page = context! { product, faults, reason };
    Ok(Reply::Page(status, "operate/listing.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    listing(visit, 200, Faults::default()).await
}

async fn act(visit: &Visit, act: &str, body: Value) -> Outcome {
    visit.operator()?;
    let id = visit.part("id");
    let call = Call::post(format!("/api/products/{id}/{act}"), body);
    match visit.ask(call).await? {
        Ok(_) => Ok(Reply::see(format!("/operate/listings/{id}?done={act}"))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => listing(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}

/// Takes it out of the shop, with a reason that its seller sees.
pub(crate) async fn take_down(visit: &mut Visit) -> Outcome {
    let body = json!({"reason": visit.form.get("reason")});
    act(visit, "takedown", body).await
}

/// Gives it back to its seller.
pub(crate) async fn put_back(visit: &mut Visit) -> Outcome {
    act(visit, "reinstate", json!({})).await
}
