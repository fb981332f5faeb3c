//! The desk of a seller for what buyers send back, and for disputes, which an operator decides.

use minijinja::context;
use serde_json::{Value, json};

use super::super::cases::{self, Desk, list, said};
use super::super::orders::{ITEMS, Seen, beside_items};
use super::order::sale;
use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::visit::{Outcome, Reply, Visit};

const DESK: Desk = Desk {
    role: "seller",
    path: "/sell",
    template: "sell/cases.html",
};

/// GET /sell/returns.
pub(crate) async fn returns(visit: &mut Visit) -> Outcome {
    list(visit, &DESK, "returns").await
}

/// GET /sell/disputes.
pub(crate) async fn disputes(visit: &mut Visit) -> Outcome {
    list(visit, &DESK, "disputes").await
}

async fn page(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    let (Seen { order, .. }, part) = sale(visit).await?;
    let id = visit.part("case");
    let all = part.get("returns").and_then(Value::as_array);
    let mut all = all.into_iter().flatten();
    let case = all.find(|one| one.get("id").and_then(Value::as_str) == Some(&*id));
    let case = case.cloned().ok_or(Failure::NotFound)?;
    let lines = case.get("items").and_then(Value::as_array);
    let lines = lines.into_iter().flatten().map(|item| {
        let number = |name: &str| item.get(name).and_then(Value::as_i64).unwrap_or(0);
        let line = item
            .get("lineId")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let awaited = number("quantity") - number("received");
        let typed = |kind: &str, or: &str| {
            let typed = visit.form.some(&format!("{kind}.{line}"));
            typed.unwrap_or(or).to_owned()
        };
        let awaited_text = if visit.form.0.is_empty() {
            awaited.to_string()
        } else {
            String::new()
        };
        context! {
            line, awaited, name => item.get("name"),
            restock => typed("restock", &awaited_text), write_off => typed("writeOff", ""),
        }
    });
    let page = context! {
        lines => lines.collect::<Vec<_>>(), order, part, case, faults,
        comment => visit.form.get("comment"),
        said => said(visit),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "sell/return.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    page(visit, 200, Faults::default()).await
}

async fn act(visit: &Visit, act: &str, body: Value, done: &str) -> Outcome {
    visit.me()?;
    let (id, case) = (visit.part("id"), visit.part("case"));
    let sent = body.get("items").and_then(Value::as_array).cloned();
    let call = Call::post(format!("/api/orders/{id}/returns/{case}/{act}"), body);
    match visit.ask(call.once(visit.form.get("key"))).await? {
        Ok(_) => Ok(Reply::see(format!(
            "/sell/orders/{id}/returns/{case}?done={done}"
        ))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            let faults = beside_items(faults, &sent.unwrap_or_default(), ITEMS);
            page(visit, refusal.status, faults).await
        }
    }
}

/// Says something about the return.
pub(crate) async fn say(visit: &mut Visit) -> Outcome {
    act(visit, "comments", cases::comment(visit), "commented").await
}

pub(crate) async fn approve(visit: &mut Visit) -> Outcome {
    let mut body = json!({});
    if visit.form.some("comment").is_some() {
        body = with(body, "comment", visit.form.lines("comment"));
    }
    act(visit, "approve", body, "approved").await
}

pub(crate) async fn deny(visit: &mut Visit) -> Outcome {
    let body = json!({"comment": visit.form.lines("comment")});
    act(visit, "deny", body, "denied").await
}

/// Receives items: `restock.{line}` go back into stock, `writeOff.{line}` do not.
pub(crate) async fn receive(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let fault = |place: &str, code| Faults::of_field(visit.lang(), place, code);
    let mut items = Vec::new();
    for (prefix, restock) in [("restock.", true), ("writeOff.", false)] {
        for (line, quantity) in visit.form.with_prefix(prefix) {
            if quantity.is_empty() {
                continue;
            }
            let Ok(quantity) = quantity.parse::<u32>() else {
                let faults = fault(&format!("items.{line}"), "not_a_number");
                return page(visit, 422, faults).await;
            };
            if quantity > 0 {
                items.push(json!({"lineId": line, "quantity": quantity, "restock": restock}));
            }
        }
    }
    if items.is_empty() {
        return page(visit, 422, fault("items", "choose_items")).await;
    }
    act(visit, "receive", json!({"items": items}), "received").await
}
