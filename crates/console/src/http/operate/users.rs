//! /operate/users: who there is, and which roles they have.

use minijinja::context;
use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let query = &visit.query;
    let state = [
        ("email", query.get("email")),
        ("role", query.get("role")),
        ("suspended", query.get("suspended")),
    ];
    let with = |more: &[(&'static str, &str)], path| target(path, &[&state, more].concat());
    let place = [("limit", "25"), ("cursor", query.get("cursor"))];
    let call = Call::get(with(&place, "/api/users"));
    let (status, found, faults) = match visit.ask(call).await? {
        Ok(found) => (200, found, Faults::default()),
        Err(refusal) => (422, json!({"items": []}), refusal.faults(visit.lang())),
    };
    let next = found.get("nextCursor").and_then(Value::as_str);
    let sought: std::collections::BTreeMap<_, _> = state.into_iter().collect();
    let page = context! {
        items => found.get("items"), sought, faults,
        next => next.map(|cursor| with(&[("cursor", cursor)], "/operate/users")),
        first => query.some("cursor").map(|_| with(&[], "/operate/users")),
    };
    Ok(Reply::Page(status, "operate/users.html", page))
}

async fn person(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    visit.operator()?;
    let person = visit
        .get(format!("/api/users/{}", visit.part("id")))
        .await?;
    let page = context! { person, faults, reason => visit.form.get("reason") };
    Ok(Reply::Page(status, "operate/user.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    person(visit, 200, Faults::default()).await
}

/// Makes a call about the user of the page.
async fn decide(visit: &Visit, call: Call) -> Outcome {
    visit.operator()?;
    match visit.ask(call).await? {
        Ok(_) => {
            let path = format!("/operate/users/{}?done=decided", visit.part("id"));
            Ok(Reply::see(path))
        }
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => person(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}

async fn change_standing(visit: &Visit, decision: &str) -> Outcome {
    let path = format!("/api/users/{}/{decision}", visit.part("id"));
    let body = json!({"reason": visit.form.get("reason")});
    decide(visit, Call::post(path, body)).await
}

pub(crate) async fn suspend(visit: &mut Visit) -> Outcome {
    change_standing(visit, "suspend").await
}

pub(crate) async fn reinstate(visit: &mut Visit) -> Outcome {
    change_standing(visit, "reinstate").await
}

fn role(visit: &Visit) -> String {
    format!(
        "/api/users/{}/roles/{}",
        visit.part("id"),
        visit.part("role")
    )
}

pub(crate) async fn grant(visit: &mut Visit) -> Outcome {
    decide(visit, Call::put(role(visit), json!({}))).await
}

pub(crate) async fn revoke(visit: &mut Visit) -> Outcome {
    decide(visit, Call::delete(role(visit))).await
}
