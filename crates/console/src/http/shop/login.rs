//! /login, /login/code, /register and /logout.

use minijinja::context;
use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::{Faults, Refusal};
use crate::fields::target;
use crate::login::Login;
use crate::visit::{Outcome, Reply, Visit};

/// Where to go on: a path here, or else home.
pub(super) fn onward(next: &str) -> String {
    let is_here = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if is_here { next } else { "/" }.to_owned()
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    let next = onward(visit.query.get("next"));
    if visit.who().is_some() {
        return Ok(Reply::see(next));
    }
    let typed: Option<&str> = None;
    let page = context! { next, typed, email => "", faults => Faults::default() };
    Ok(Reply::page("shop/login.html", page))
}

pub(crate) async fn log_in(visit: &mut Visit) -> Outcome {
    let (email, password) = (visit.form.get("email"), visit.form.raw("password"));
    let (email, password) = (email.to_owned(), password.to_owned());
    let body = json!({"email": email, "password": password});
    let next = onward(visit.form.get("next"));
    let typed = visit.form.some("typed").map(str::to_owned);
    match visit.ask(Call::post("/api/users/login", body)).await? {
        Ok(answer) => Ok(logged_in(visit, &answer, next, typed)),
        Err(refusal) if refusal.code == "second_factor_required" => {
            visit.keep_first_step(email.clone(), password)?;
            let page = context! { next, typed, email, faults => Faults::default() };
            Ok(Reply::page("shop/code.html", page))
        }
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            Ok(Reply::form(
                "shop/login.html",
                context! { next, typed, email, faults },
            ))
        }
    }
}

/// Goes on where the login was asked for.
fn logged_in(visit: &mut Visit, answer: &Value, next: String, typed: Option<String>) -> Reply {
    let login = Login::of(answer, visit.now());
    let lacks_second_factor = login
        .as_ref()
        .is_some_and(|login| login.lacks_second_factor);
    visit.set_login(login);
    match typed.and_then(|sealed| visit.open_typed(&sealed)) {
        Some(typed) => {
            let fields = typed.fields.0;
            Reply::page("resume.html", context! { path => typed.path, fields })
        }
        None if lacks_second_factor => Reply::see("/account/second-factor"),
        None => Reply::see(next),
    }
}

/// The second step, for a user who comes back to it.
pub(crate) async fn show_code(visit: &mut Visit) -> Outcome {
    let next = onward(visit.query.get("next"));
    let Some(step) = visit.first_step() else {
        return Ok(Reply::see(target("/login", &[("next", &next)])));
    };
    let (typed, email): (Option<&str>, _) = (None, step.email);
    let page = context! { next, typed, email, faults => Faults::default() };
    Ok(Reply::page("shop/code.html", page))
}

pub(crate) async fn give_code(visit: &mut Visit) -> Outcome {
    let next = onward(visit.form.get("next"));
    let typed = visit.form.some("typed").map(str::to_owned);
    let Some(step) = visit.first_step() else {
        let faults = Refusal::own(401, "login_step_over").faults(visit.lang());
        let page = context! { next, typed, email => "", faults };
        return Ok(Reply::form("shop/login.html", page));
    };
    let code = visit.form.get("code");
    let body = json!({"email": step.email, "password": step.password, "code": code});
    match visit.ask(Call::post("/api/users/login", body)).await? {
        Ok(answer) => {
            visit.forget_first_step();
            Ok(logged_in(visit, &answer, next, typed))
        }
        Err(refusal) => {
            let is_about_the_code = [
                "invalid_code",
                "second_factor_required",
                "too_many_requests",
                "validation_failed",
            ]
            .contains(&refusal.code.as_str());
            let faults = refusal.faults(visit.lang());
            let page = context! { next, typed, email => step.email, faults };
            if is_about_the_code {
                return Ok(Reply::form("shop/code.html", page));
            }
            visit.forget_first_step();
            Ok(Reply::form("shop/login.html", page))
        }
    }
}

pub(crate) async fn show_register(visit: &mut Visit) -> Outcome {
    let next = onward(visit.query.get("next"));
    let page = context! { next, name => "", email => "", faults => Faults::default() };
    Ok(Reply::page("shop/register.html", page))
}

pub(crate) async fn register(visit: &mut Visit) -> Outcome {
    let (name, email) = (visit.form.get("name"), visit.form.get("email"));
    let password = visit.form.raw("password");
    let next = onward(visit.form.get("next"));
    let body = json!({"name": name, "email": email, "password": password});
    let call = Call::post("/api/users/register", body);
    match visit.ask(visit.in_language(call)).await? {
        // Where mails are sent, the page does not reveal who has an account: a mail says how to go on.
        Ok(user) if user.is_null() => Ok(Reply::page("shop/registered.html", context! { email })),
        Ok(_) => log_in(visit).await,
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            let page = context! { next, name, email, faults };
            Ok(Reply::form("shop/register.html", page))
        }
    }
}

pub(crate) async fn log_out(visit: &mut Visit) -> Outcome {
    if let Some(login) = visit.who() {
        let body = json!({"refreshToken": login.refresh});
        // An answer or none: this browser forgets the login.
        if let Err(failure) = visit.ask(Call::post("/api/users/logout", body)).await {
            tracing::warn!(?failure, "a login could not be ended");
        }
    }
    visit.set_login(None);
    Ok(Reply::see("/?done=logged_out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_a_path_here_only() {
        for (next, expected) in [
            ("/orders?x=1", "/orders?x=1"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
        ] {
            assert_eq!(onward(next), expected, "{next}");
        }
    }
}
