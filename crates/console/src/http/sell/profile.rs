//! /sell/profile: how a seller presents themselves, and what they take back.

use minijinja::context;
use serde_json::{Value, json};

use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::visit::{Outcome, Reply, Visit};

fn form(status: u16, typed: &Value, faults: &Faults) -> Reply {
    Reply::Page(status, "sell/profile.html", context! { typed, faults })
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    let name = visit.me()?.name.clone();
    let typed = match visit.ask(Call::get("/api/sellers/me")).await? {
        Ok(me) => json!({
            "displayName": me.get("name").and_then(Value::as_str).unwrap_or(&name),
            "description": me.get("description"),
            "accepted": me.pointer("/returns/accepted"),
            "windowDays": me.pointer("/returns/windowDays").and_then(Value::as_i64)
                .map_or_else(String::new, |days| days.to_string()),
            "status": me.get("status"),
        }),
        // Not a seller yet: saving makes them one.
        Err(refusal) if refusal.status == 404 => json!({
            "displayName": name, "description": "", "accepted": true, "windowDays": "", "status": "",
        }),
        Err(refusal) => return Err(Failure::Refused(refusal)),
    };
    Ok(form(200, &typed, &Faults::default()))
}

pub(crate) async fn change(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let accepted = visit.form.some("accepted").is_some();
    let (name, days) = (visit.form.get("displayName"), visit.form.get("windowDays"));
    let description = visit.form.lines("description");
    let typed = json!({
        "displayName": name, "description": description, "accepted": accepted, "windowDays": days, "status": "",
    });
    let mut returns = json!({"accepted": accepted});
    if accepted && !days.is_empty() {
        let Ok(days) = days.parse::<i64>() else {
            let faults = Faults::of_field(visit.lang(), "windowDays", "not_a_number");
            return Ok(form(422, &typed, &faults));
        };
        returns = with(returns, "windowDays", days);
    }
    let mut body = json!({"description": description, "returns": returns});
    if !name.is_empty() {
        body = with(body, "displayName", name);
    }
    match visit.ask(Call::put("/api/sellers/me", body)).await? {
        Ok(_) => Ok(Reply::see("/sell/profile?done=saved")),
        Err(refusal) => Ok(form(422, &typed, &refusal.faults(visit.lang()))),
    }
}
