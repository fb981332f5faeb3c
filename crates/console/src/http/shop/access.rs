//! /forgot, /reset and /verify: what the links in mails lead to. A link shows a form, whose button does the work: programs that look at
//! mails follow links, and a secret works once.

use minijinja::context;
use serde_json::json;

use crate::api::Call;
use crate::failure::Faults;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn show_forgot(visit: &mut Visit) -> Outcome {
    let email = visit.query.get("email");
    let page = context! { email, sent => false, faults => Faults::default() };
    Ok(Reply::page("shop/forgot.html", page))
}

pub(crate) async fn forgot(visit: &mut Visit) -> Outcome {
    let email = visit.form.get("email");
    let call = Call::post("/api/users/password/forgot", json!({"email": email}));
    match visit.ask(visit.in_language(call)).await? {
        Ok(_) => {
            let page = context! { email, sent => true, faults => Faults::default() };
            Ok(Reply::page("shop/forgot.html", page))
        }
        Err(refusal) => {
            let page = context! { email, sent => false, faults => refusal.faults(visit.lang()) };
            Ok(Reply::form("shop/forgot.html", page))
        }
    }
}

pub(crate) async fn show_reset(visit: &mut Visit) -> Outcome {
    let page = context! { token => visit.query.get("token"), faults => Faults::default() };
    Ok(Reply::page("shop/reset.html", page))
}

pub(crate) async fn reset(visit: &mut Visit) -> Outcome {
    let token = visit.form.get("token").to_owned();
    let body = json!({"token": token, "password": visit.form.raw("password")});
    match visit
        .ask(Call::post("/api/users/password/reset", body))
        .await?
    {
        Ok(_) => {
            // All logins have ended, the one of this browser with them.
            visit.set_login(None);
            Ok(Reply::see("/login?done=reset"))
        }
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            Ok(Reply::form("shop/reset.html", context! { token, faults }))
        }
    }
}

pub(crate) async fn show_verify(visit: &mut Visit) -> Outcome {
    let page = context! { token => visit.query.get("token"), faults => Faults::default() };
    Ok(Reply::page("shop/verify.html", page))
}

pub(crate) async fn verify(visit: &mut Visit) -> Outcome {
    let token = visit.form.get("token").to_owned();
    let call = Call::post("/api/users/verify-email", json!({"token": token}));
    match visit.ask(call).await? {
        Ok(_) if visit.who().is_some() => Ok(Reply::see("/account?done=verified")),
        Ok(_) => Ok(Reply::see("/login?done=verified")),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            Ok(Reply::form("shop/verify.html", context! { token, faults }))
        }
    }
}
