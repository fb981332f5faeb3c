//! /setup: the first administrator.

use minijinja::context;
use serde_json::json;

use super::shop::login;
use crate::api::Call;
use crate::failure::Faults;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn show(_: &mut Visit) -> Outcome {
    let page = context! { name => "", email => "", faults => Faults::default() };
    Ok(Reply::page("setup.html", page))
}

pub(crate) async fn set_up(visit: &mut Visit) -> Outcome {
    let (name, email) = (visit.form.get("name"), visit.form.get("email"));
    let (token, password) = (visit.form.get("token"), visit.form.raw("password"));
    let body = json!({"token": token, "name": name, "email": email, "password": password});
    if let Err(refusal) = visit.ask(Call::post("/api/setup", body)).await? {
        let faults = refusal.faults(visit.lang());
        let page = context! { name, email, faults };
        return Ok(Reply::form("setup.html", page));
    }
    login::log_in(visit).await
}
