//! /checkout: the address, the wallet, a summary for each seller, and the order. The form carries an idempotency key, so a double click
//! places one order, and the price of each line that the buyer saw, so the buyer never pays more.

use minijinja::context;
use serde_json::{Map, Value, json};

use super::addresses::{ADDRESS, kept_address, typed_address};
use super::summary::summary;
use crate::api::{Call, with};
use crate::cart::Line;
use crate::failure::{Failure, Faults, Refusal};
use crate::fields::Fields;
use crate::visit::{Outcome, Reply, Visit};

/// How long an order may take to settle before its page says that it is under way, in seconds.
const WAIT: &str = "wait=5";

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let lines = visit.cart.lines().to_vec();
    if lines.is_empty() {
        return Ok(Reply::see("/cart"));
    }
    form(visit, 200, &lines, Faults::default()).await
}

async fn form(visit: &Visit, status: u16, lines: &[Line], faults: Faults) -> Outcome {
    let summary = summary(visit, lines).await?;
    let addresses = visit.get("/api/users/me/addresses?limit=50").await?;
    let addresses = addresses.get("items").cloned();
    let balance = visit.get("/api/wallet/balance").await?;
    let held = balance.get("balances").and_then(Value::as_array);
    let held = held.into_iter().flatten();
    let mut held =
        held.filter(|held| held.get("currency").and_then(Value::as_str) == Some(&summary.currency));
    let available = held.next().and_then(|held| held.get("available")?.as_i64());
    let available = available.unwrap_or(0);
    let missing = summary.total.saturating_sub(available).max(0);
    let typed: Map<String, Value> = ADDRESS
        .map(|name| (name.to_owned(), visit.form.get(name).into()))
        .into_iter()
        .collect();
    let page = context! {
        summary, addresses, available, missing, faults, typed,
        chosen => visit.form.get("address"),
        note => visit.form.get("note"),
        key => visit.fresh_key(),
        topup_key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "shop/checkout.html", page))
}

/// The lines of the form: each as a cart has it.
fn lines_of(form: &Fields) -> Option<Vec<Line>> {
    let lines = form.0.iter().filter(|(name, _)| name == "line");
    lines.map(|(_, text)| Line::parse(text)).collect()
}

/// A line of an order, for at most the price that the buyer saw.
fn item(line: &Line, currency: &str) -> Value {
    let item = json!({"productId": line.product, "quantity": line.quantity,
        "unitPrice": {"amount": line.price, "currency": currency}});
    if line.is_default() {
        return item;
    }
    with(item, "variantId", line.variant.to_string())
}

pub(crate) async fn order(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let lines = lines_of(&visit.form).filter(|lines| !lines.is_empty());
    let Some(lines) = lines else {
        return Err(Failure::Refused(Refusal::own(422, "bad_quantity")));
    };
    let own = visit.currency();
    let currency = visit.form.some("currency").unwrap_or(own.as_str());
    let items = lines.iter().map(|line| item(line, currency));
    let mut body = json!({"items": items.collect::<Vec<_>>()});
    match address(visit).await? {
        Ok(Some(address)) => body = with(body, "shippingAddress", address),
        Ok(None) => {}
        Err(refusal) => return refused(visit, &lines, &refusal).await,
    }
    if let Some(note) = visit.form.some("note") {
        body = with(body, "note", note);
    }
    let call = Call::post("/api/orders/create", body).once(visit.form.get("key"));
    match visit.ask(call.header("prefer", WAIT)).await? {
        Ok(order) => {
            for line in &lines {
                visit.cart.set(line.variant, 0);
            }
            visit.keep_cart();
            let id = order.get("id").and_then(Value::as_str);
            let id = id.ok_or_else(|| Failure::Broken("an order without an id".to_owned()))?;
            Ok(Reply::see(format!("/orders/{id}?done=ordered")))
        }
        Err(refusal) => refused(visit, &lines, &refusal).await,
    }
}

async fn refused(visit: &Visit, lines: &[Line], refusal: &Refusal) -> Outcome {
    let mut faults = refusal.faults(visit.lang());
    let fields = std::mem::take(&mut faults.fields).into_iter();
    let own = |place: String| place.trim_start_matches("shippingAddress/").to_owned();
    faults.fields = fields.map(|(place, text)| (own(place), text)).collect();
    form(visit, refusal.status, lines, faults).await
}

/// Where it is shipped to: one of the addresses that the buyer keeps, or the one in the form, which is kept if the buyer says so.
async fn address(visit: &Visit) -> Result<Result<Option<Value>, Refusal>, Failure> {
    let chosen = visit.form.get("address");
    if chosen.is_empty() {
        return Ok(Ok(None));
    }
    if chosen != "new" {
        let path = format!("/api/users/me/addresses/{}", crate::fields::segment(chosen));
        let kept = visit.ask(Call::get(path)).await?;
        return Ok(kept.map(|kept| Some(kept_address(&kept))));
    }
    let typed = typed_address(&visit.form);
    if visit.form.some("save").is_some() {
        let key = format!("{}-address", visit.form.get("key"));
        let call = Call::post("/api/users/me/addresses", typed.clone()).once(&key);
        if let Err(refusal) = visit.ask(call).await? {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(Some(typed)))
}
