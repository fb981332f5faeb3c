//! /orders: those of a buyer.

use std::collections::BTreeMap;

use minijinja::context;
use serde_json::{Value, json};

use super::super::cases::{comment, said};
use super::super::orders::{
    ITEMS, beside_items, is_paid, items, left_to_ship, parts, seen, with_choices,
};
use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    let path = format!("/api/orders/{}/byUser", visit.me()?.id);
    let (status, cursor) = (visit.query.get("status"), visit.query.get("cursor"));
    let found = visit
        .get(target(
            &path,
            &[("limit", "20"), ("status", status), ("cursor", cursor)],
        ))
        .await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let next = next.map(|cursor| target("/orders", &[("status", status), ("cursor", cursor)]));
    let page = context! {
        items => found.get("items"), status, next,
        first => visit.query.some("cursor").map(|_| target("/orders", &[("status", status)])),
    };
    Ok(Reply::page("shop/orders.html", page))
}

async fn order(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    let seen = seen(visit).await?;
    let me = visit.me()?;
    if seen.order.get("buyerId").and_then(Value::as_str) != Some(&me.id) {
        let role = if me.is_operator() { "operate" } else { "sell" };
        return Ok(Reply::see(format!("/{role}/orders/{}", visit.part("id"))));
    }
    let left: i64 = parts(&seen.order).map(left_to_ship).sum();
    let paid = is_paid(&seen.order);
    let parts: Vec<_> = parts(&seen.order)
        .map(|part| with_choices(part, paid))
        .collect();
    let typed: BTreeMap<_, _> = visit.form.with_prefix("items.").collect();
    let state = seen.order.get("status").and_then(Value::as_str);
    let page = context! {
        parts, typed,
        cancellable => paid && left > 0,
        settling => matches!(state, Some("pending" | "cancelling")),
        order => seen.order, timeline => seen.timeline, faults,
        reason => visit.form.get("reason"),
        said => said(visit),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "shop/order.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    order(visit, 200, Faults::default()).await
}

/// Makes a move of the buyer.
async fn act(visit: &Visit, path: String, body: Value, done: &str) -> Outcome {
    visit.me()?;
    let sent = body.get("items").and_then(Value::as_array).cloned();
    let call = Call::post(path, body).once(visit.form.get("key"));
    match visit.ask(call).await? {
        Ok(_) => Ok(Reply::see(format!(
            "/orders/{}?done={done}",
            visit.part("id")
        ))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            let faults = beside_items(faults, &sent.unwrap_or_default(), ITEMS);
            order(visit, refusal.status, faults).await
        }
    }
}

/// Cancels some items; all that is not shipped, if the form names none.
pub(crate) async fn cancel(visit: &mut Visit) -> Outcome {
    let path = format!("/api/orders/{}/cancel", visit.part("id"));
    let mut body = json!({"reason": visit.form.get("reason")});
    match items(&visit.form, ITEMS) {
        Ok(items) if items.is_empty() => {}
        Ok(items) => body = with(body, "items", items),
        Err(place) => {
            let faults = Faults::of_field(visit.lang(), &place, "not_a_number");
            return order(visit, 422, faults).await;
        }
    }
    act(visit, path, body, "cancelled").await
}

/// Takes a return back.
pub(crate) async fn withdraw_return(visit: &mut Visit) -> Outcome {
    withdraw(visit, "returns").await
}

/// Takes a dispute back.
pub(crate) async fn withdraw_dispute(visit: &mut Visit) -> Outcome {
    withdraw(visit, "disputes").await
}

async fn withdraw(visit: &Visit, kind: &str) -> Outcome {
    let (order, case) = (visit.part("id"), visit.part("case"));
    let path = format!("/api/orders/{order}/{kind}/{case}/withdraw");
    act(visit, path, json!({}), "withdrawn").await
}

/// Says something about a return.
pub(crate) async fn comment_return(visit: &mut Visit) -> Outcome {
    say(visit, "returns").await
}

/// Says something about a dispute.
pub(crate) async fn comment_dispute(visit: &mut Visit) -> Outcome {
    say(visit, "disputes").await
}

async fn say(visit: &Visit, kind: &str) -> Outcome {
    let (order, case) = (visit.part("id"), visit.part("case"));
    let path = format!("/api/orders/{order}/{kind}/{case}/comments");
    act(visit, path, comment(visit), "commented").await
}

/// Says that a package has arrived.
pub(crate) async fn arrived(visit: &mut Visit) -> Outcome {
    let path = format!(
        "/api/orders/{}/fulfilments/{}/shipments/{}/deliver",
        visit.part("id"),
        visit.part("part"),
        visit.part("package"),
    );
    act(visit, path, json!({}), "arrived").await
}
