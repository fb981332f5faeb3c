//! /operate/disputes, and the page on which one is decided.

use kernel::Currency;
use minijinja::context;
use serde_json::{Map, Value, json};

use super::super::cases::{comment, said};
use super::super::orders::{parts, seen};
use crate::api::Call;
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::format::parse;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let status = visit.query.get("status");
    let cursor = visit.query.get("cursor");
    let wanted = [("status", status), ("limit", "25"), ("cursor", cursor)];
    let found = visit.get(target("/api/orders/disputes", &wanted)).await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let here = |cursor| {
        let place = [("status", status), ("cursor", cursor)];
        target("/operate/disputes", &place)
    };
    let page = context! {
        items => found.get("items"), status, next => next.map(here),
        first => visit.query.some("cursor").map(|_| here("")),
    };
    Ok(Reply::page("operate/disputes.html", page))
}

/// The dispute of this page, and the part of the order that it is about.
fn within(order: &Value, id: &str) -> Option<(Value, Value)> {
    parts(order).find_map(|part| {
        let mut disputes = part.get("disputes")?.as_array()?.iter();
        let dispute = disputes.find(|one| one.get("id").and_then(Value::as_str) == Some(id))?;
        Some((part.clone(), dispute.clone()))
    })
}

async fn dispute(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    visit.operator()?;
    let seen = seen(visit).await?;
    let (part, dispute) = within(&seen.order, &visit.part("case")).ok_or(Failure::NotFound)?;
    let typed = ["outcome", "amount", "comment"];
    let typed: Map<String, Value> = typed
        .map(|name| (name.to_owned(), visit.form.get(name).into()))
        .into_iter()
        .collect();
    let page = context! {
        order => seen.order, timeline => seen.timeline, part, dispute, typed, faults,
        said => said(visit),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "operate/dispute.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    dispute(visit, 200, Faults::default()).await
}

/// What is sent of the form, or what is wrong in it. The API takes the amount in the order's currency.
fn decision(visit: &Visit) -> Result<Value, Faults> {
    let form = &visit.form;
    let mut body = json!({"outcome": form.get("outcome"), "comment": form.lines("comment")});
    if form.get("outcome") == "partial"
        && let Some(members) = body.as_object_mut()
    {
        let wrong = || Faults::of_field(visit.lang(), "amount", "not_an_amount");
        let currency = form.get("currency").parse::<Currency>();
        let currency = currency.map_err(|_| wrong())?;
        let amount = parse(form.get("amount"), currency).ok_or_else(wrong)?;
        let amount = json!({"amount": amount, "currency": currency});
        members.insert("amount".to_owned(), amount);
    }
    Ok(body)
}

/// Decides it.
pub(crate) async fn resolve(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    match decision(visit) {
        Ok(body) => act(visit, "resolve", body, "decided").await,
        Err(faults) => dispute(visit, 422, faults).await,
    }
}

/// Says something about it.
pub(crate) async fn say(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    act(visit, "comments", comment(visit), "commented").await
}

async fn act(visit: &Visit, act: &str, body: Value, done: &str) -> Outcome {
    let (order, id) = (visit.part("id"), visit.part("case"));
    let path = format!("/api/orders/{order}/disputes/{id}/{act}");
    let call = Call::post(path, body).once(visit.form.get("key"));
    match visit.ask(call).await? {
        Ok(_) => Ok(Reply::see(format!(
            "/operate/orders/{order}/disputes/{id}?done={done}"
        ))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => dispute(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_is_found_in_the_part_that_it_is_about() {
        let part = |id: &str| json!({"id": id, "disputes": [{"id": format!("{id}-1")}, {"id": format!("{id}-2")}]});
        let order = json!({"fulfilments": [{"id": "none"}, part("a"), part("b")]});
        let (found, dispute) = within(&order, "b-2").unwrap();
        assert_eq!((found, dispute), (part("b"), json!({"id": "b-2"})));
        assert_eq!(within(&order, "c"), None);
    }
}
