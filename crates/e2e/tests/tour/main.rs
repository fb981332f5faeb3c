//! Journeys through the whole marketplace, as a client sees them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod accounts;
mod addresses;
mod cancelling;
mod catalogue;
mod disputes;
mod document;
mod edge;
mod journey;
mod names;
mod orders;
mod pages;
mod refunds;
mod returns;
mod sales;
mod sellers;
mod shipping;
mod tokens;
mod variants;
mod wallet;

use e2e::Answer;
use serde_json::Value;

/// The items of a page.
fn items(page: &Answer) -> &Vec<Value> {
    assert_eq!(page.status, 200, "{page:?}");
    page.body["items"].as_array().unwrap()
}

/// One member of each item, as text.
fn column(items: &[Value], member: &str) -> Vec<String> {
    items
        .iter()
        .map(|item| item[member].as_str().unwrap_or_default().to_owned())
        .collect()
}
