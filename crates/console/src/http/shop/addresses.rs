//! /account/addresses.

use minijinja::context;
use serde_json::{Map, Value, json};

use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::fields::Fields;
use crate::visit::{Outcome, Reply, Visit};

/// The fields of an address, in the API and in forms.
pub(super) const ADDRESS: [&str; 8] = [
    "name",
    "line1",
    "line2",
    "city",
    "region",
    "postalCode",
    "country",
    "phone",
];

/// The address in the form.
pub(super) fn typed_address(form: &Fields) -> Value {
    let fields = ADDRESS.into_iter();
    let fields = fields.filter_map(|name| Some((name.to_owned(), json!(form.some(name)?))));
    let mut address: Map<String, Value> = fields.collect();
    if let Some(Value::String(country)) = address.get_mut("country") {
        country.make_ascii_uppercase();
    }
    address.into()
}

/// The address of one that is kept.
pub(super) fn kept_address(kept: &Value) -> Value {
    let fields = ADDRESS.into_iter();
    let fields = fields.filter_map(|name| Some((name.to_owned(), kept.get(name)?.clone())));
    Value::Object(fields.collect())
}

fn form(
    status: u16,
    id: Option<&str>,
    address: &Value,
    is_default: bool,
    faults: &Faults,
) -> Reply {
    let typed = ADDRESS.map(|name| {
        (
            name.to_owned(),
            address.get(name).cloned().unwrap_or("".into()),
        )
    });
    let typed: Map<String, Value> = typed.into_iter().collect();
    let page = context! { id, typed, is_default, faults };
    Reply::Page(status, "shop/address.html", page)
}

pub(crate) async fn show_new(visit: &mut Visit) -> Outcome {
    let name = json!({"name": visit.me()?.name});
    Ok(form(200, None, &name, false, &Faults::default()))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let id = visit.part("id");
    let kept = visit.get(format!("/api/users/me/addresses/{id}")).await?;
    let is_default = kept.get("isDefault") == Some(&Value::Bool(true));
    Ok(form(200, Some(&id), &kept, is_default, &Faults::default()))
}

/// What is sent: the address, and whether it becomes the default.
fn body(visit: &Visit) -> Value {
    let body = typed_address(&visit.form);
    if visit.form.some("default").is_some() {
        return with(body, "isDefault", true);
    }
    body
}

async fn save(visit: &Visit, id: Option<&str>, call: Call) -> Outcome {
    visit.me()?;
    match visit.ask(call).await? {
        Ok(_) => Ok(Reply::see("/account?done=saved")),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            let typed = typed_address(&visit.form);
            let is_default = visit.form.some("default").is_some();
            Ok(form(422, id, &typed, is_default, &faults))
        }
    }
}

pub(crate) async fn add(visit: &mut Visit) -> Outcome {
    save(
        visit,
        None,
        Call::post("/api/users/me/addresses", body(visit)),
    )
    .await
}

pub(crate) async fn change(visit: &mut Visit) -> Outcome {
    let id = visit.part("id");
    let path = format!("/api/users/me/addresses/{id}");
    save(visit, Some(&id), Call::put(path, body(visit))).await
}

pub(crate) async fn remove(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let path = format!("/api/users/me/addresses/{}", visit.part("id"));
    match visit.ask(Call::delete(path)).await? {
        // Removed before: it is gone, as asked.
        Ok(_) => Ok(Reply::see("/account?done=removed")),
        Err(refusal) if refusal.status == 404 => Ok(Reply::see("/account?done=removed")),
        Err(refusal) => Err(Failure::Refused(refusal)),
    }
}
