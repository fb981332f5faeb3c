//! GET /sell: what waits for the seller.

use futures_util::future::join_all;
use minijinja::context;
use serde_json::Value;

use super::super::orders::left_to_ship;
use super::product::LOW;
use crate::failure::Failure;
use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

/// What waits, with the API's lists of it.
const LISTS: [&str; 5] = [
    "/api/orders/sales?status=open&limit=50",
    "/api/orders/returns?role=seller&status=requested&limit=20",
    "/api/orders/returns?role=seller&status=approved&limit=20",
    "/api/orders/disputes?role=seller&status=open&limit=20",
    "/api/products/mine?status=active&limit=20",
];

fn items(page: Option<&Value>) -> Vec<Value> {
    let items = page.and_then(|page| page.get("items")?.as_array());
    items.cloned().unwrap_or_default()
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let pages = LISTS.iter().map(|path| {
        let low = path.starts_with("/api/products");
        let more = if low {
            format!("&lowStock={LOW}")
        } else {
            String::new()
        };
        visit.get(format!("{path}{more}"))
    });
    let pages = join_all(pages).await.into_iter();
    let pages: Vec<Value> = pages.collect::<Result<_, Failure>>()?;
    let [sales, requested, approved, disputes, low] =
        [0, 1, 2, 3, 4].map(|place: usize| pages.get(place));
    let more = sales.is_some_and(|page| page.get("nextCursor").is_some_and(Value::is_string));
    let to_ship = |sale: &Value| {
        let part = sale.get("fulfilment");
        part.is_some_and(|part| left_to_ship(part) > 0)
    };
    let mut sales = items(sales);
    sales.retain(to_ship);
    let page = context! {
        sales, more,
        requested => items(requested), approved => items(approved), disputes => items(disputes), low => items(low),
        all_low => target("/sell/products", &[("status", "active"), ("low", LOW)]),
    };
    Ok(Reply::page("sell/todo.html", page))
}
