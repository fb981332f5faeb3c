//! /sell/products/{id}/variants: the same thing in other sizes, colours, bindings. Each row is a form of its own.

use minijinja::context;
use serde_json::{Map, Value, json};

use super::product::{own, typed_price, version};
use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::format::parse;
use crate::visit::{Outcome, Reply, Visit};

/// Most names of options of a product.
const MOST_OPTIONS: usize = 5;

/// A variant as a row of the page.
fn row(visit: &Visit, names: &[String], variant: &Value) -> minijinja::Value {
    let said = |name: &str| variant.get(name).cloned().unwrap_or_else(|| "".into());
    let option = |name: &String| {
        let value = variant.pointer("/options").and_then(|all| all.get(name));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    context! {
        id => said("id"), price => typed_price(visit, variant), stock => said("stock"), sku => said("sku"),
        barcode => said("barcode"), options => names.iter().map(option).collect::<Vec<_>>(),
        name => "", value => "",
    }
}

/// What was typed into a row.
fn typed(visit: &Visit, names: &[String], id: &str) -> minijinja::Value {
    let form = &visit.form;
    let option = |place: usize| form.get(&format!("value.{place}")).to_owned();
    context! {
        id, price => form.get("price"), stock => form.get("stock"), sku => form.get("sku"), barcode => form.get("barcode"),
        options => (0..names.len()).map(option).collect::<Vec<_>>(),
        name => form.get("name.new"), value => form.get("value.new"),
    }
}

/// The page. `sent` is the row that was sent: a variant's id, or `new`.
async fn page(visit: &Visit, status: u16, sent: &str, faults: Faults) -> Outcome {
    let product = match own(visit).await? {
        Ok(product) => product,
        Err(reply) => return Ok(reply),
    };
    let variants = product.get("variants").and_then(Value::as_array);
    let variants = variants.map_or_else(|| vec![product.clone()], Clone::clone);
    let names = names(&variants);
    let rows = variants.iter().map(|variant| {
        let id = variant
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if id == sent {
            typed(visit, &names, id)
        } else {
            row(visit, &names, variant)
        }
    });
    let new = typed(visit, &names, "new");
    let page = context! {
        id => visit.part("id"), version => version(&product), rows => rows.collect::<Vec<_>>(), new,
        more_options => names.len() < MOST_OPTIONS,
        names, sent, faults, product, no_faults => Faults::default(),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "sell/variants.html", page))
}

/// The names of the options that variants have, each once.
fn names(variants: &[Value]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for variant in variants {
        let options = variant.get("options").and_then(Value::as_object);
        for name in options.into_iter().flat_map(Map::keys) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    page(visit, 200, "", Faults::default()).await
}

/// The options of the form: `name.{n}` with `value.{n}`.
fn options(visit: &Visit) -> Map<String, Value> {
    let mut options = Map::new();
    for (place, name) in visit.form.with_prefix("name.") {
        let value = visit.form.get(&format!("value.{place}"));
        if !name.is_empty() && !value.is_empty() {
            options.insert(name.to_owned(), value.into());
        }
    }
    options
}

/// What is sent of a row, or what is wrong in it.
fn body(visit: &Visit) -> Result<Value, Faults> {
    let fault = |place, code| Faults::of_field(visit.lang(), place, code);
    let mut body = json!({"options": options(visit)});
    if let Some(typed) = visit.form.some("price") {
        let price = parse(typed, visit.currency());
        let price = price.ok_or_else(|| fault("price", "not_an_amount"))?;
        let price = json!({"amount": price, "currency": visit.currency()});
        body = with(body, "price", price);
    }
    if let Some(typed) = visit.form.some("stock") {
        let stock: i64 = typed.parse().map_err(|_| fault("stock", "not_a_number"))?;
        body = with(body, "stock", stock);
    }
    for name in ["sku", "barcode"] {
        if let Some(typed) = visit.form.some(name) {
            body = with(body, name, typed);
        }
    }
    Ok(body)
}

async fn send(visit: &Visit, row: &str, call: Call) -> Outcome {
    match visit.ask(call).await? {
        Ok(_) => {
            let id = visit.part("id");
            let path = format!("/sell/products/{id}/variants?done=saved");
            Ok(Reply::see(path))
        }
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            page(visit, refusal.status, row, faults).await
        }
    }
}

pub(crate) async fn add(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let id = visit.part("id");
    match body(visit) {
        Ok(body) => {
            let call = Call::post(format!("/api/products/{id}/variants"), body);
            send(visit, "new", call.once(visit.form.get("key"))).await
        }
        Err(faults) => page(visit, 422, "new", faults).await,
    }
}

pub(crate) async fn change(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let (id, variant) = (visit.part("id"), visit.part("variant"));
    match body(visit) {
        Ok(body) => {
            let call = Call::patch(format!("/api/products/{id}/variants/{variant}"), body);
            let call = call.if_version(visit.form.get("version"));
            send(visit, &variant, call).await
        }
        Err(faults) => page(visit, 422, &variant, faults).await,
    }
}

pub(crate) async fn remove(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let (id, variant) = (visit.part("id"), visit.part("variant"));
    let call = Call::delete(format!("/api/products/{id}/variants/{variant}"));
    send(visit, "", call).await
}
