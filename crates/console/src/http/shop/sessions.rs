//! /account/logins: the user's logins.

use minijinja::context;
use serde_json::Value;

use crate::api::Call;
use crate::failure::Failure;
use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let cursor = visit.query.get("cursor");
    let wanted = [("limit", "25"), ("cursor", cursor)];
    let found = visit.get(target("/api/users/me/sessions", &wanted)).await?;
    let next = found.get("nextCursor").and_then(Value::as_str);
    let page = context! {
        items => found.get("items"),
        next => next.map(|cursor| target("/account/logins", &[("cursor", cursor)])),
        first => visit.query.some("cursor").map(|_| "/account/logins"),
    };
    Ok(Reply::page("shop/logins.html", page))
}

pub(crate) async fn end(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let path = format!("/api/users/me/sessions/{}", visit.part("id"));
    match visit.ask(Call::delete(path)).await? {
        Ok(_) => Ok(Reply::see("/account/logins?done=ended")),
        // It has ended meanwhile, which is what was wanted.
        Err(refusal) if refusal.status == 404 => Ok(Reply::see("/account/logins?done=ended")),
        Err(refusal) => Err(Failure::Refused(refusal)),
    }
}

pub(crate) async fn end_others(visit: &mut Visit) -> Outcome {
    visit.me()?;
    match visit.ask(Call::delete("/api/users/me/sessions")).await? {
        Ok(_) => Ok(Reply::see("/account/logins?done=ended")),
        Err(refusal) => Err(Failure::Refused(refusal)),
    }
}
