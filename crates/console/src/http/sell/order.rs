//! /sell/orders: the seller's parts of orders.

use minijinja::context;
use serde_json::{Value, json};

use super::super::cases::{comment, said};
use super::super::orders::{
    ITEMS, Seen, beside_items, is_paid, items, left_to_ship, object, parts, seen,
};
use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::format::parse;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let query = &visit.query;
    let (status, q) = (query.get("status"), query.get("q"));
    let wanted = [
        ("status", status),
        ("q", q),
        ("limit", "25"),
        ("cursor", query.get("cursor")),
    ];
    let found = visit.get(target("/api/orders/sales", &wanted)).await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let here = |cursor| {
        target(
            "/sell/orders",
            &[("status", status), ("q", q), ("cursor", cursor)],
        )
    };
    let page = context! {
        items => found.get("items"), status, q,
        next => next.map(here),
        first => query.some("cursor").map(|_| here("")),
    };
    Ok(Reply::page("sell/orders.html", page))
}

/// The order as its seller sees it, with their part.
pub(super) async fn sale(visit: &Visit) -> Result<(Seen, Value), Failure> {
    let seen = seen(visit).await?;
    let me = visit.me()?.id.as_str();
    let mine = |part: &&Value| part.pointer("/seller/id").and_then(Value::as_str) == Some(me);
    let part = parts(&seen.order).find(mine).cloned();
    let part = part.ok_or(Failure::NotFound)?;
    Ok((seen, part))
}

async fn order(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    let (seen, part) = sale(visit).await?;
    let typed = [
        "carrier",
        "trackingNumber",
        "trackingUrl",
        "amount",
        "reason",
        "restock",
    ]
    .map(|name| (name, visit.form.get(name)));
    let typed: std::collections::BTreeMap<_, _> = typed.into_iter().collect();
    let refunding: std::collections::BTreeMap<_, _> = visit.form.with_prefix(REFUND).collect();
    let page = context! {
        refunding,
        left => if is_paid(&seen.order) { left_to_ship(&part) } else { 0 },
        paid => is_paid(&seen.order),
        order => seen.order, timeline => seen.timeline, part, faults, typed,
        said => said(visit),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "sell/order.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    order(visit, 200, Faults::default()).await
}

/// GET /sell/orders/{id}/slip.
pub(crate) async fn slip(visit: &mut Visit) -> Outcome {
    let (seen, part) = sale(visit).await?;
    let page = context! { order => seen.order, part };
    Ok(Reply::page("sell/slip.html", page))
}

/// The beginning of the fields of items to refund. Those to ship are beside them.
const REFUND: &str = "refund.";

/// Makes a move of the seller.
async fn act(visit: &Visit, path: &str, body: Value, done: &str) -> Outcome {
    let id = visit.part("id");
    let prefix = if path == "/refunds" { REFUND } else { ITEMS };
    let path = format!("/api/orders/{id}{path}");
    let sent = body.get("items").and_then(Value::as_array).cloned();
    let call = Call::post(path, body).once(visit.form.get("key"));
    match visit.ask(call.header("prefer", "wait=5")).await? {
        Ok(_) => Ok(Reply::see(format!("/sell/orders/{id}?done={done}"))),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            let faults = beside_items(faults, &sent.unwrap_or_default(), prefix);
            order(visit, refusal.status, faults).await
        }
    }
}

async fn part_id(visit: &Visit) -> Result<String, Failure> {
    let (_, part) = sale(visit).await?;
    let id = part.get("id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or(Failure::NotFound)
}

/// Ships the items of the form in one package.
pub(crate) async fn ship(visit: &mut Visit) -> Outcome {
    let part = part_id(visit).await?;
    let items = match items(&visit.form, ITEMS) {
        Ok(items) => items,
        Err(place) => {
            let faults = Faults::of_field(visit.lang(), &place, "not_a_number");
            return order(visit, 422, faults).await;
        }
    };
    let mut body = object(&visit.form, &["carrier", "trackingNumber", "trackingUrl"]);
    body.insert("items".to_owned(), items.into());
    act(
        visit,
        &format!("/fulfilments/{part}/shipments"),
        body.into(),
        "shipped",
    )
    .await
}

/// Cancels what is not shipped of the part.
pub(crate) async fn cancel(visit: &mut Visit) -> Outcome {
    let part = part_id(visit).await?;
    let body = json!({"reason": visit.form.get("reason")});
    act(
        visit,
        &format!("/fulfilments/{part}/cancel"),
        body,
        "cancelled",
    )
    .await
}

/// Refunds items, or an amount.
pub(crate) async fn refund(visit: &mut Visit) -> Outcome {
    let (seen, part) = sale(visit).await?;
    let fault = |place: &str, code| Faults::of_field(visit.lang(), place, code);
    let items = match items(&visit.form, REFUND) {
        Ok(items) => items,
        Err(place) => return order(visit, 422, fault(&place, "not_a_number")).await,
    };
    let body = json!({"fulfilmentId": part.get("id"), "reason": visit.form.get("reason")});
    let body = match (items.is_empty(), visit.form.some("amount")) {
        (true, None) => return order(visit, 422, fault("amount", "items_or_amount")).await,
        (false, Some(_)) => return order(visit, 422, fault("amount", "not_with_items")).await,
        (false, None) => {
            let body = with(body, "items", items);
            match visit.form.some("restock") {
                Some(restock) => with(body, "restock", restock == "true"),
                None => body,
            }
        }
        (true, Some(typed)) => {
            let currency = seen
                .order
                .pointer("/total/currency")
                .and_then(Value::as_str);
            let currency = currency.and_then(|currency| currency.parse().ok());
            let currency = currency.unwrap_or(visit.currency());
            let Some(amount) = parse(typed, currency).filter(|amount| *amount > 0) else {
                return order(visit, 422, fault("amount", "not_an_amount")).await;
            };
            with(
                body,
                "amount",
                json!({"amount": amount, "currency": currency}),
            )
        }
    };
    act(visit, "/refunds", body, "refunded").await
}

/// Says something about a dispute.
pub(crate) async fn comment_dispute(visit: &mut Visit) -> Outcome {
    let path = format!("/disputes/{}/comments", visit.part("case"));
    act(visit, &path, comment(visit), "commented").await
}

/// Says that a package has arrived.
pub(crate) async fn arrived(visit: &mut Visit) -> Outcome {
    let part = part_id(visit).await?;
    let package = visit.part("package");
    let path = format!("/fulfilments/{part}/shipments/{package}/deliver");
    act(visit, &path, json!({}), "arrived").await
}
