//! GET /sell/money: what the seller has, will get, and has sold.

use minijinja::context;
use serde_json::Value;

use super::super::charts::{Bar, bars};
use crate::visit::{Outcome, Reply, Visit};

/// Days of the chart.
const DAYS: u32 = 30;

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let balance = visit.get("/api/wallet/balance").await?;
    let summary = visit.get("/api/orders/sales/summary").await?;
    let days = summary.get("days").and_then(Value::as_array);
    let days: Vec<&Value> = days.into_iter().flatten().collect();
    let own = visit.currency();
    let sold = days.iter().filter_map(|day| {
        let currency = day.pointer("/sold/currency")?.as_str()?;
        let amount = day.pointer("/sold/amount")?.as_i64()?;
        let date = day.get("date")?.as_str()?;
        (currency == own.as_str()).then(|| (date.to_owned(), amount))
    });
    let to = summary.get("to").and_then(Value::as_str);
    let chart: Vec<Bar> = bars(to.unwrap_or_default(), DAYS, &sold.collect());
    let total: i64 = chart.iter().map(|bar| bar.amount).sum();
    let page = context! { balances => balance.get("balances"), days, chart, total };
    Ok(Reply::page("sell/money.html", page))
}
