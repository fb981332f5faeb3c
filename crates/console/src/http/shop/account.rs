//! /account.

use minijinja::context;
use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::Faults;
use crate::visit::{Outcome, Reply, Visit};

/// The forms of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Profile,
    Password,
    Email,
}

/// The page, with what is wrong in one of its forms.
async fn account(visit: &Visit, wrong: Option<(Form, Faults)>) -> Outcome {
    visit.me()?;
    let status = if wrong.is_some() { 422 } else { 200 };
    let faults = |form: Form| {
        let of_it = wrong.as_ref().filter(|(which, _)| *which == form);
        of_it.map_or_else(Faults::default, |(_, faults)| faults.clone())
    };
    let me = visit.get("/api/users/me").await?;
    let addresses = visit.get("/api/users/me/addresses?limit=50").await?;
    let typed = visit.form.some("name");
    let name = typed.or_else(|| me.get("name").and_then(Value::as_str));
    let page = context! {
        me, name, addresses => addresses.get("items"), new_email => visit.form.get("email"), profile => faults(Form::Profile),
        password => faults(Form::Password), email => faults(Form::Email),
    };
    Ok(Reply::Page(status, "shop/account.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    account(visit, None).await
}

pub(crate) async fn rename(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let body = json!({"name": visit.form.get("name")});
    match visit.ask(Call::patch("/api/users/me", body)).await? {
        Ok(me) => {
            if let (Some(mut login), Some(name)) =
                (visit.who().cloned(), me.get("name").and_then(Value::as_str))
            {
                name.clone_into(&mut login.name);
                visit.set_login(Some(login));
            }
            Ok(Reply::see("/account?done=saved"))
        }
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            account(visit, Some((Form::Profile, faults))).await
        }
    }
}

pub(crate) async fn change_password(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let body = json!({
        "currentPassword": visit.form.raw("currentPassword"),
        "newPassword": visit.form.raw("newPassword"),
    });
    let call = Call::post("/api/users/me/password", body);
    match visit.ask(call).await? {
        Ok(_) => Ok(Reply::see("/account?done=password")),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            account(visit, Some((Form::Password, faults))).await
        }
    }
}

pub(crate) async fn change_email(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let email = visit.form.get("email").to_owned();
    let body = json!({"email": email, "password": visit.form.raw("password")});
    let call = Call::post("/api/users/me/email", body);
    match visit.ask(visit.in_language(call)).await? {
        Ok(_) => {
            // Where mails are sent, it changes once the link in one is followed.
            let me = visit.get("/api/users/me").await?;
            let now = me.get("email").and_then(Value::as_str);
            let done = match now {
                Some(now) if now.eq_ignore_ascii_case(&email) => "saved",
                _ => "mailed",
            };
            Ok(Reply::see(format!("/account?done={done}")))
        }
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            account(visit, Some((Form::Email, faults))).await
        }
    }
}
