//! /account/mails: which mails the user gets, and in which language.

use minijinja::context;
use serde_json::{Map, Value, json};

use crate::api::Call;
use crate::failure::Failure;
use crate::visit::{Outcome, Reply, Visit};

const PATH: &str = "/api/users/me/notifications";

/// The switches of the API.
const TOPICS: [&str; 5] = ["orders", "shipments", "refunds", "returns", "payouts"];

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let wanted = visit.get(PATH).await?;
    let topics = TOPICS.map(|name| context! { name, on => wanted.get(name) });
    let language = wanted.get("language").and_then(Value::as_str);
    let page = context! { topics, language => language.unwrap_or_default() };
    Ok(Reply::page("shop/mails.html", page))
}

pub(crate) async fn change(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let on = |name: &str| Value::Bool(visit.form.some(name).is_some());
    let mut wanted: Map<String, Value> = TOPICS
        .iter()
        .map(|name| ((*name).to_owned(), on(name)))
        .collect();
    if let Some(language) = visit.form.some("language") {
        wanted.insert("language".to_owned(), json!(language));
    }
    match visit.ask(Call::put(PATH, wanted.into())).await? {
        Ok(_) => Ok(Reply::see("/account/mails?done=saved")),
        Err(refusal) => Err(Failure::Refused(refusal)),
    }
}
