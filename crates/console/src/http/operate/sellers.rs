//! /operate/sellers: who sells, and who may.

use minijinja::context;
use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

async fn sellers(visit: &Visit, code: u16, faults: Faults) -> Outcome {
    visit.operator()?;
    let (status, cursor) = (visit.query.get("status"), visit.query.get("cursor"));
    let wanted = [("status", status), ("limit", "25"), ("cursor", cursor)];
    let found = visit.get(target("/api/sellers", &wanted)).await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let here = |cursor| {
        target(
            "/operate/sellers",
            &[("status", status), ("cursor", cursor)],
        )
    };
    let page = context! {
        items => found.get("items"), status, faults, next => next.map(here),
        first => visit.query.some("cursor").map(|_| here("")),
    };
    Ok(Reply::Page(code, "operate/sellers.html", page))
}

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    sellers(visit, 200, Faults::default()).await
}

async fn decide(visit: &Visit, decision: &str) -> Outcome {
    visit.operator()?;
    let path = format!("/api/sellers/{}/{decision}", visit.part("id"));
    let body = json!({"reason": visit.form.get("reason")});
    match visit.ask(Call::post(path, body)).await? {
        Ok(_) => Ok(Reply::see("/operate/sellers?done=decided")),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => sellers(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}

pub(crate) async fn approve(visit: &mut Visit) -> Outcome {
    decide(visit, "approve").await
}

pub(crate) async fn suspend(visit: &mut Visit) -> Outcome {
    decide(visit, "suspend").await
}

pub(crate) async fn reinstate(visit: &mut Visit) -> Outcome {
    decide(visit, "reinstate").await
}
