//! /account/second-factor: an authenticator app for logins.

use minijinja::{Value as Context, context};
use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::Faults;
use crate::qr::Qr;
use crate::visit::{Outcome, Reply, Visit};

/// How addresses begin from which an app learns its secret.
const ADDRESS: &str = "otpauth://totp/";

/// The page as far as things are: on or off.
async fn state(visit: &Visit, faults: Option<Faults>) -> Outcome {
    visit.me()?;
    let status = if faults.is_some() { 422 } else { 200 };
    let state = visit.get("/api/users/me/totp").await?;
    let page = context! { state, faults => faults.unwrap_or_default() };
    Ok(Reply::Page(status, "shop/second_factor.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    state(visit, None).await
}

/// What shows an app its secret. None if `uri` is no address for one.
fn enrolment(uri: &str) -> Option<Context> {
    let (_, rest) = uri.strip_prefix(ADDRESS)?.split_once("secret=")?;
    let secret: Vec<char> = rest.chars().take_while(|one| *one != '&').collect();
    let fours = secret.chunks(4).map(|four| four.iter().collect::<String>());
    let secret = fours.collect::<Vec<_>>().join(" ");
    Some(context! { uri, secret, qr => Qr::of(uri) })
}

pub(crate) async fn set_up(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let body = json!({"currentPassword": visit.form.raw("currentPassword")});
    match visit.ask(Call::post("/api/users/me/totp", body)).await? {
        Ok(made) => {
            let uri = made.get("uri").and_then(Value::as_str);
            match uri.and_then(enrolment) {
                Some(enrolment) => {
                    let page = context! { enrolment, faults => Faults::default() };
                    Ok(Reply::Secret(200, "shop/second_factor_confirm.html", page))
                }
                None => state(visit, None).await,
            }
        }
        Err(refusal) => state(visit, Some(refusal.faults(visit.lang()))).await,
    }
}

pub(crate) async fn confirm(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let Some(enrolment) = enrolment(visit.form.get("uri")) else {
        return state(visit, None).await;
    };
    let body = json!({"code": visit.form.get("code")});
    let call = Call::post("/api/users/me/totp/confirm", body);
    match visit.ask(call).await? {
        Ok(on) => {
            renew_roles(visit);
            let codes = on.get("recoveryCodes");
            let page = context! { codes };
            Ok(Reply::Secret(200, "shop/recovery_codes.html", page))
        }
        // It is on already, or another browser made it void.
        Err(refusal) if refusal.status == 409 => {
            state(visit, Some(refusal.faults(visit.lang()))).await
        }
        Err(refusal) => {
            let page = context! { enrolment, faults => refusal.faults(visit.lang()) };
            Ok(Reply::Secret(422, "shop/second_factor_confirm.html", page))
        }
    }
}

pub(crate) async fn turn_off(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let body = json!({"password": visit.form.raw("password"), "code": visit.form.get("code")});
    let call = Call::delete("/api/users/me/totp").json(body);
    match visit.ask(call).await? {
        Ok(_) => {
            renew_roles(visit);
            Ok(Reply::see("/account/second-factor?done=second_factor_off"))
        }
        Err(refusal) => state(visit, Some(refusal.faults(visit.lang()))).await,
    }
}

/// The next page renews the access token: its roles may be others now.
fn renew_roles(visit: &mut Visit) {
    if let Some(login) = visit.who().cloned() {
        visit.set_login(Some(login.refused()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_its_secret_in_fours_and_others_show_nothing() {
        let shown = enrolment("otpauth://totp/a:b?secret=ABCDEFGH&issuer=a").unwrap();
        let secret = shown.get_attr("secret").unwrap();
        assert_eq!(secret.as_str(), Some("ABCD EFGH"));
        for other in ["", "javascript:alert(1)?secret=A", "otpauth://totp/a"] {
            assert!(enrolment(other).is_none(), "{other}");
        }
    }
}
