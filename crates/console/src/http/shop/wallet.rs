//! /wallet.

use minijinja::context;
use serde_json::{Value, json};

use super::login::onward;
use crate::api::Call;
use crate::failure::Faults;
use crate::fields::target;
use crate::format::parse;
use crate::visit::{Outcome, Reply, Visit};

async fn wallet(visit: &Visit, status: u16, faults: Faults) -> Outcome {
    visit.me()?;
    let balance = visit.get("/api/wallet/balance").await?;
    let kind = visit.query.get("type");
    let history = target(
        "/api/wallet/transaction",
        &[
            ("limit", "25"),
            ("type", kind),
            ("cursor", visit.query.get("cursor")),
        ],
    );
    let history = visit.get(history).await?;
    let next = history.get("nextCursor").and_then(Value::as_str);
    let next = next.map(|cursor| target("/wallet", &[("type", kind), ("cursor", cursor)]));
    let page = context! {
        balances => balance.get("balances"),
        items => history.get("items"),
        next, faults,
        first => visit.query.some("cursor").map(|_| "/wallet"),
        typed => visit.form.get("amount"),
        key => visit.fresh_key(),
    };
    Ok(Reply::Page(status, "shop/wallet.html", page))
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    wallet(visit, 200, Faults::default()).await
}

pub(crate) async fn top_up(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let currency = visit.currency();
    let amount = parse(visit.form.get("amount"), currency).filter(|amount| *amount > 0);
    let Some(amount) = amount else {
        let faults = Faults::of_field(visit.lang(), "amount", "not_an_amount");
        return wallet(visit, 422, faults).await;
    };
    let body = json!({"amount": amount, "currency": currency});
    let call = Call::post("/api/wallet/credit", body).once(visit.form.get("key"));
    match visit.ask(call).await? {
        Ok(_) => {
            let next = visit.form.some("next").map(onward);
            Ok(Reply::see(
                next.unwrap_or_else(|| "/wallet?done=topped_up".to_owned()),
            ))
        }
        Err(refusal) => wallet(visit, refusal.status, refusal.faults(visit.lang())).await,
    }
}
