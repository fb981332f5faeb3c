//! GET /operate: how the marketplace does, and what waits for operators.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use minijinja::context;
use serde::Serialize;
use serde_json::Value;

use super::super::charts::{Bar, bars};
use super::letters::{SERVICES, letters_of};
use crate::visit::{Outcome, Reply, Visit};

/// Days of the charts.
const DAYS: u32 = 30;

/// The sums that a chart shows each day of, and whether these are money.
const CHARTS: [(&str, bool); 4] = [
    ("orders", false),
    ("sold", true),
    ("held", true),
    ("fees", true),
];

/// A chart with the sum of its bars.
#[derive(Serialize)]
struct Chart {
    of: &'static str,
    is_money: bool,
    bars: Vec<Bar>,
    total: i64,
}

/// The days of `summary` as a chart of one of their sums: of money, the amounts in `currency`.
fn chart(summary: &Value, (of, is_money): (&'static str, bool), currency: &str) -> Chart {
    let days = summary.get("days").and_then(Value::as_array);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for day in days.into_iter().flatten() {
        let sum = day.get(of);
        let amount = match sum.and_then(|sum| sum.get("currency")) {
            None => sum.and_then(Value::as_i64),
            Some(one) if one.as_str() == Some(currency) => {
                sum.and_then(|sum| sum.get("amount")?.as_i64())
            }
            Some(_) => None,
        };
        if let (Some(date), Some(amount)) = (day.get("date").and_then(Value::as_str), amount) {
            let sum = sums.entry(date.to_owned()).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    let to = summary.get("to").and_then(Value::as_str);
    let bars = bars(to.unwrap_or_default(), DAYS, &sums);
    let total = bars.iter().map(|bar| bar.amount).sum();
    Chart {
        of,
        is_money,
        bars,
        total,
    }
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let summary = visit.get("/api/orders/summary").await?;
    let seen: &Visit = visit;
    let letters = SERVICES.map(|service| letters_of(seen, service, "", 1));
    let letters = join_all(letters).await;
    // A broker that is away says so on the page of the messages.
    let is_unknown = letters.iter().any(Result::is_err);
    let buried = letters.iter().flatten().any(|page| {
        let items = page.get("items").and_then(Value::as_array);
        items.is_some_and(|items| !items.is_empty())
    });
    let unsettled = summary.get("unsettled").and_then(Value::as_array);
    let unsettled = unsettled.into_iter().flatten();
    let unsettled: i64 = unsettled
        .filter_map(|state| state.get("orders")?.as_i64())
        .sum();
    let charts = CHARTS.map(|of| chart(&summary, of, visit.currency().as_str()));
    let page = context! { summary, unsettled, buried, is_unknown, charts };
    Ok(Reply::page("operate/dashboard.html", page))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_chart_sums_the_days_in_the_own_currency_and_counts_orders_of_all() {
        let day = |currency: &str| json!({"date": "2026-01-31", "orders": 2, "sold": {"amount": 50, "currency": currency}});
        let days = [day("USD"), day("EUR")];
        let summary = json!({"to": "2026-02-01T00:00:00.000Z", "days": days});
        assert_eq!(chart(&summary, ("orders", false), "USD").total, 4);
        assert_eq!(chart(&summary, ("sold", true), "USD").total, 50);
        assert_eq!(chart(&summary, ("fees", true), "USD").total, 0);
    }
}
