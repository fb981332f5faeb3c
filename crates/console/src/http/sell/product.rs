//! /sell/products: what a seller sells, and the form of a product.

use minijinja::context;
use serde_json::{Map, Value, json};

use super::attributes::{branches, defined, fields, read, shown};
use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::format::{parse, plain};
use crate::visit::{Outcome, Reply, Visit};

/// What a form has of a product.
const FIELDS: [&str; 9] = [
    "name",
    "description",
    "price",
    "stock",
    "categoryId",
    "category",
    "delivery",
    "sku",
    "status",
];

/// A product with this stock or less is listed as running out.
pub(super) const LOW: &str = "5";

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let (status, cursor) = (visit.query.get("status"), visit.query.get("cursor"));
    let low = visit.query.get("low");
    let wanted = [
        ("status", status),
        ("lowStock", low),
        ("limit", "50"),
        ("cursor", cursor),
    ];
    let found = visit.ask(Call::get(target("/api/products/mine", &wanted)));
    let (found, faults) = match found.await? {
        Ok(found) => (found, Faults::default()),
        Err(refusal) => (json!({"items": []}), refusal.faults(visit.lang())),
    };
    let next = found.get("nextCursor").and_then(Value::as_str);
    let here = |cursor| {
        target(
            "/sell/products",
            &[("status", status), ("low", low), ("cursor", cursor)],
        )
    };
    let code = if faults.sentence.is_some() { 422 } else { 200 };
    let page = context! {
        items => found.get("items"), status, low, faults, default_low => LOW,
        next => next.map(here),
        first => visit.query.some("cursor").map(|_| here("")),
    };
    Ok(Reply::Page(code, "sell/products.html", page))
}

/// The product that a form is about.
#[derive(Default)]
struct Subject {
    id: Option<String>,
    version: String,
    status: String,
}

/// A product of the seller who is logged in. The inner `Err` is what others, or the seller of a removed one, see instead.
pub(super) async fn own(visit: &Visit) -> Result<Result<Value, Reply>, Failure> {
    let me = visit.me()?.id.as_str();
    let id = visit.part("id");
    let product = visit.get(format!("/api/products/{id}")).await?;
    let said = |name: &str| product.get(name).and_then(Value::as_str);
    if said("sellerId") != Some(me) {
        return Ok(Err(Reply::see(format!("/products/{id}"))));
    }
    if said("status") == Some("removed") {
        let page = context! { product };
        return Ok(Err(Reply::page("sell/removed.html", page)));
    }
    Ok(Ok(product))
}

/// The version of a product, for the forms that change it.
pub(super) fn version(product: &Value) -> String {
    let version = product.get("version").and_then(Value::as_i64);
    version
        .map(|version| version.to_string())
        .unwrap_or_default()
}

/// The price of a product or a variant as it is put into a field.
pub(super) fn typed_price(visit: &Visit, of: &Value) -> String {
    let amount = of.pointer("/price/amount").and_then(Value::as_i64);
    let currency = of.pointer("/price/currency").and_then(Value::as_str);
    plain(
        amount.unwrap_or(0),
        currency.unwrap_or_default(),
        &visit.lang().code,
    )
}

/// The form. `value` is the value of an attribute by its key.
async fn form(
    visit: &Visit,
    status: u16,
    subject: &Subject,
    typed: &Map<String, Value>,
    value: impl Fn(&str) -> String,
    faults: &Faults,
) -> Outcome {
    let category = typed.get("categoryId").and_then(Value::as_str);
    let defined = defined(visit, category.unwrap_or_default()).await?;
    let page = context! {
        id => subject.id, version => subject.version, state => subject.status,
        branches => branches(visit).await?,
        attributes => fields(&defined, value),
        typed, faults, key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "sell/product.html", page))
}

/// The form with what was typed into it.
async fn again(visit: &Visit, status: u16, subject: &Subject, faults: &Faults) -> Outcome {
    let typed = FIELDS.map(|name| (name.to_owned(), visit.form.get(name).into()));
    let typed = typed.into_iter().collect();
    let value = |key: &str| visit.form.get(&format!("attr.{key}")).to_owned();
    form(visit, status, subject, &typed, value, faults).await
}

pub(crate) async fn show_new(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let mut empty: Map<String, Value> = FIELDS
        .map(|name| (name.to_owned(), "".into()))
        .into_iter()
        .collect();
    empty.insert("delivery".to_owned(), "shipped".into());
    empty.insert("status".to_owned(), "active".into());
    let (new, faults) = (Subject::default(), Faults::default());
    form(visit, 200, &new, &empty, |_| String::new(), &faults).await
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    let product = match own(visit).await? {
        Ok(product) => product,
        Err(reply) => return Ok(reply),
    };
    let said = |name: &str| product.get(name).cloned().unwrap_or_else(|| "".into());
    let typed = FIELDS.map(|name| (name.to_owned(), said(name)));
    let mut typed: Map<String, Value> = typed.into_iter().collect();
    typed.insert("price".to_owned(), typed_price(visit, &product).into());
    // The text field is for a category that is not there yet.
    typed.insert("category".to_owned(), "".into());
    let subject = Subject {
        id: Some(visit.part("id")),
        version: version(&product),
        status: said("status").as_str().unwrap_or_default().to_owned(),
    };
    let attributes = product.get("attributes");
    let value = |key: &str| {
        let value = attributes.and_then(|attributes| attributes.get(key));
        value
            .map(|value| shown(value, &visit.lang().code))
            .unwrap_or_default()
    };
    form(visit, 200, &subject, &typed, value, &Faults::default()).await
}

/// What is sent of the form, or what is wrong in it.
async fn body(visit: &Visit) -> Result<Result<Value, Faults>, Failure> {
    let form = &visit.form;
    let fault = |place, code| Faults::of_field(visit.lang(), place, code);
    let Some(price) = parse(form.get("price"), visit.currency()) else {
        return Ok(Err(fault("price", "not_an_amount")));
    };
    let mut body = json!({
        "name": form.get("name"),
        "description": form.lines("description"),
        "price": {"amount": price, "currency": visit.currency()},
        "delivery": form.get("delivery"),
    });
    if let Some(stock) = form.some("stock") {
        let Ok(stock) = stock.parse::<i64>() else {
            return Ok(Err(fault("stock", "not_a_number")));
        };
        body = with(body, "stock", stock);
    }
    if let Some(sku) = form.some("sku") {
        body = with(body, "sku", sku);
    }
    match (form.some("category"), form.some("categoryId")) {
        (Some(name), _) => body = with(with(body, "category", name), "attributes", json!({})),
        (None, Some(id)) => {
            let defined = defined(visit, id).await?;
            let attributes = match read(visit, form, &defined) {
                Ok(attributes) => attributes,
                Err(faults) => return Ok(Err(faults)),
            };
            body = with(body, "category", json!({"id": id}));
            body = with(body, "attributes", attributes);
        }
        (None, None) => {}
    }
    Ok(Ok(body))
}

/// Whether the form only asks for the fields of another category.
fn asks_for_fields(visit: &Visit) -> bool {
    visit.form.get("step") == "attributes"
}

pub(crate) async fn add(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let new = Subject::default();
    if asks_for_fields(visit) {
        return again(visit, 200, &new, &Faults::default()).await;
    }
    let mut body = match body(visit).await? {
        Ok(body) => body,
        Err(faults) => return again(visit, 422, &new, &faults).await,
    };
    let status = visit.form.some("status").unwrap_or("active");
    body = with(body, "status", status);
    let done = if status == "draft" {
        "drafted"
    } else {
        "listed"
    };
    let call = Call::post("/api/products/create", body).once(visit.form.get("key"));
    match visit.ask(call).await? {
        Ok(product) => {
            let id = product.get("id").and_then(Value::as_str);
            let id = id.ok_or_else(|| Failure::Broken("a product without an id".to_owned()))?;
            Ok(Reply::see(format!("/sell/products/{id}?done={done}")))
        }
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            again(visit, 422, &new, &faults).await
        }
    }
}

/// Changes a product, unless it has changed since the form was read, also by an order.
pub(crate) async fn change(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let id = visit.part("id");
    let subject = Subject {
        id: Some(id.clone()),
        version: visit.form.get("version").to_owned(),
        // The buttons of its state come back with the next look at the page.
        status: String::new(),
    };
    if asks_for_fields(visit) {
        return again(visit, 200, &subject, &Faults::default()).await;
    }
    let body = match body(visit).await? {
        Ok(body) => with(body, "id", id.as_str()),
        Err(faults) => return again(visit, 422, &subject, &faults).await,
    };
    let call = Call::put("/api/products/update", body).if_version(&subject.version);
    match visit.ask(call).await? {
        Ok(_) => Ok(Reply::see(format!("/sell/products/{id}?done=saved"))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => again(visit, 422, &subject, &refusal.faults(visit.lang())).await,
    }
}

pub(crate) async fn remove(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let body = json!({"id": visit.part("id")});
    match visit.ask(Call::patch("/api/products/remove", body)).await? {
        Ok(_) => Ok(Reply::see("/sell/products?done=removed")),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => Err(Failure::Refused(refusal)),
    }
}

/// Puts a product into the catalogue, or takes it back out.
async fn move_to(visit: &Visit, act: &str) -> Outcome {
    visit.me()?;
    let id = visit.part("id");
    let call = Call::post(format!("/api/products/{id}/{act}"), json!({}));
    match visit.ask(call).await? {
        Ok(_) => Ok(Reply::see(format!("/sell/products/{id}?done={act}"))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => Err(Failure::Refused(refusal)),
    }
}

pub(crate) async fn publish(visit: &mut Visit) -> Outcome {
    move_to(visit, "publish").await
}

pub(crate) async fn unpublish(visit: &mut Visit) -> Outcome {
    move_to(visit, "unpublish").await
}
