//! /operate/messages: messages between services that were given up.

use futures_util::future::join_all;
use minijinja::context;
use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::{Failure, Faults, Refusal};
use crate::fields::{segment, target};
use crate::visit::{Outcome, Reply, Visit};

/// The services, as their paths name them.
pub(super) const SERVICES: [&str; 4] = ["orders", "products", "users", "wallet"];

/// A page of a service's dead letters.
pub(super) async fn letters_of(
    visit: &Visit,
    service: &str,
    cursor: &str,
    limit: u8,
) -> Result<Value, Failure> {
    let limit = limit.to_string();
    let place = [("limit", limit.as_str()), ("cursor", cursor)];
    let path = format!("/api/{service}/dead-letters");
    visit.get(target(&path, &place)).await
}

async fn letters(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    visit.operator()?;
    let (only, cursor) = (visit.query.get("service"), visit.query.get("cursor"));
    let shown = SERVICES.into_iter();
    let shown = shown.filter(|service| only.is_empty() || *service == only);
    let pages = shown.map(async |service| {
        let page = match letters_of(visit, service, cursor, 25).await {
            Ok(page) => page,
            Err(Failure::Refused(refusal)) if refusal.status == 503 => return Ok(away(service)),
            Err(failure) => return Err(failure),
        };
        let next = page.get("nextCursor").and_then(Value::as_str);
        let here = |cursor| {
            let place = [("service", service), ("cursor", cursor)];
            target("/operate/messages", &place)
        };
        Ok(json!({"name": service, "items": page.get("items"), "next": next.map(here), "away": false}))
    });
    let services: Vec<Value> = join_all(pages)
        .await
        .into_iter()
        .collect::<Result<_, Failure>>()?;
    let first = (!cursor.is_empty()).then(|| target("/operate/messages", &[("service", only)]));
    let page = context! { services, faults, first };
    Ok(Reply::Page(status, "operate/messages.html", page))
}

/// A service that cannot tell now, such as while its broker is away.
fn away(service: &str) -> Value {
    json!({"name": service, "items": [], "next": null, "away": true})
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    letters(visit, 200, Faults::default()).await
}

/// Sends one again, or all of a service.
pub(crate) async fn replay(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let service = visit.part("service");
    if !SERVICES.contains(&service.as_str()) {
        return Err(Failure::NotFound);
    }
    let path = match visit.form.some("id") {
        Some(id) => format!("/api/{service}/dead-letters/{}/replay", segment(id)),
        None => format!("/api/{service}/dead-letters/replay"),
    };
    match visit.ask(Call::post(path, json!({}))).await? {
        Ok(_) => Ok(Reply::see("/operate/messages?done=replayed")),
        Err(refusal) if refusal.status == 404 => {
            let gone = Refusal::own(404, "letter_gone");
            letters(visit, 404, gone.faults(visit.lang())).await
        }
        Err(refusal) => letters(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}
