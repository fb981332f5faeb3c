//! /sell/products/{id}/stock: what comes in and what is lost, and why. It is added or taken away, so that no order at the same time is lost.

use minijinja::context;
use serde_json::{Value, json};

use super::product::own;
use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

/// A variant with its name and its stock.
fn variants(product: &Value) -> Vec<minijinja::Value> {
    let all = product.get("variants").and_then(Value::as_array);
    let all = all.map_or_else(|| std::slice::from_ref(product), Vec::as_slice);
    let one = |variant: &Value| {
        let options = variant.get("options").and_then(Value::as_object);
        let options = options.into_iter().flat_map(serde_json::Map::values);
        let options: Vec<_> = options.filter_map(Value::as_str).collect();
        context! { id => variant.get("id"), stock => variant.get("stock"), label => options.join(", ") }
    };
    all.iter().map(one).collect()
}

async fn page(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    let product = match own(visit).await? {
        Ok(product) => product,
        Err(reply) => return Ok(reply),
    };
    let id = visit.part("id");
    let cursor = visit.query.get("cursor");
    let wanted = [("limit", "25"), ("cursor", cursor)];
    let history = visit
        .get(target(&format!("/api/products/{id}/stock"), &wanted))
        .await?;
    let next = history.get("nextCursor").and_then(Value::as_str);
    let here = |cursor| target(&format!("/sell/products/{id}/stock"), &[("cursor", cursor)]);
    let form = &visit.form;
    let page = context! {
        id, variants => variants(&product), product, faults,
        changes => history.get("items"),
        next => next.map(here),
        first => visit.query.some("cursor").map(|_| here("")),
        typed => context! { variant => form.get("variantId"), delta => form.get("delta"), reason => form.get("reason") },
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "sell/stock.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    page(visit, 200, Faults::default()).await
}

pub(crate) async fn adjust(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let id = visit.part("id");
    let delta = visit.form.get("delta").replace('\u{2212}', "-");
    let Ok(delta) = delta.parse::<i64>() else {
        let faults = Faults::of_field(visit.lang(), "delta", "not_a_number");
        return page(visit, 422, faults).await;
    };
    let mut body = json!({"delta": delta, "reason": visit.form.get("reason")});
    if let Some(variant) = visit.form.some("variantId") {
        body = with(body, "variantId", variant);
    }
    let call = Call::post(format!("/api/products/{id}/stock"), body);
    match visit.ask(call.once(visit.form.get("key"))).await? {
        Ok(_) => Ok(Reply::see(format!("/sell/products/{id}/stock?done=saved"))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => page(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}
