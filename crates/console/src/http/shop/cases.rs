//! What a buyer asks for when something is wrong with what came: a return, or a dispute that an operator decides.

use std::collections::BTreeMap;

use minijinja::context;
use serde_json::{Value, json};

use super::super::cases::{Desk, list};
use super::super::orders::{ITEMS, beside_items, items, part_of, returnable, seen};
use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::visit::{Outcome, Reply, Visit};

const DESK: Desk = Desk {
    role: "buyer",
    path: "",
    template: "shop/cases.html",
};

/// GET /returns.
pub(crate) async fn returns(visit: &mut Visit) -> Outcome {
    list(visit, &DESK, "returns").await
}

/// GET /disputes.
pub(crate) async fn disputes(visit: &mut Visit) -> Outcome {
    list(visit, &DESK, "disputes").await
}

async fn form(visit: &Visit, template: &'static str, status: u16, faults: Faults) -> Outcome {
    let seen = seen(visit).await?;
    let part = part_of(&seen.order, &visit.part("part"))?;
    let lines = part.get("items").and_then(Value::as_array);
    let lines = lines.into_iter().flatten();
    let lines = lines.map(|item| with(item.clone(), "returnable", returnable(item)));
    let typed: BTreeMap<_, _> = visit.form.with_prefix("items.").collect();
    let page = context! {
        lines => lines.collect::<Vec<_>>(), part, faults, typed,
        order => seen.order,
        reason => visit.form.get("reason"),
        comment => visit.form.get("comment"),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, template, page))
}

/// Sends what the buyer asks for.
async fn ask(visit: &Visit, template: &'static str, kind: &str, body: Value) -> Outcome {
    let id = visit.part("id");
    let mut body = with(body, "fulfilmentId", visit.part("part"));
    if let Some(reason) = visit.form.some("reason") {
        body = with(body, "reason", reason);
    }
    let sent = body.get("items").and_then(Value::as_array).cloned();
    let call = Call::post(format!("/api/orders/{id}/{kind}"), body);
    match visit.ask(call.once(visit.form.get("key"))).await? {
        Ok(_) => Ok(Reply::see(format!("/orders/{id}?done={kind}"))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            let faults = beside_items(faults, &sent.unwrap_or_default(), ITEMS);
            form(visit, template, refusal.status, faults).await
        }
    }
}

pub(crate) async fn show_return(visit: &mut Visit) -> Outcome {
    form(visit, "shop/return.html", 200, Faults::default()).await
}

pub(crate) async fn request_return(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let template = "shop/return.html";
    let fault = |place: &str, code| Faults::of_field(visit.lang(), place, code);
    let items = match items(&visit.form, ITEMS) {
        Ok(items) if items.is_empty() => {
            return form(visit, template, 422, fault("items", "choose_items")).await;
        }
        Ok(items) => items,
        Err(place) => return form(visit, template, 422, fault(&place, "not_a_number")).await,
    };
    let mut body = json!({"items": items});
    if visit.form.some("comment").is_some() {
        body = with(body, "comment", visit.form.lines("comment"));
    }
    ask(visit, template, "returns", body).await
}

pub(crate) async fn show_dispute(visit: &mut Visit) -> Outcome {
    form(visit, "shop/dispute.html", 200, Faults::default()).await
}

pub(crate) async fn open_dispute(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let body = json!({"comment": visit.form.lines("comment")});
    ask(visit, "shop/dispute.html", "disputes", body).await
}
