//! The contract on SQLite, and what is SQLite's own: query plans, and an audit that can fail.

mod audit;
mod plans;
mod sweep;

use telemetry::metrics::Metrics;

use super::SqliteProducts;
use crate::store::contract::{Subject, contract_tests};

fn open() -> (SqliteProducts, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("product.sqlite");
    let store = SqliteProducts::open(&path, &Metrics::default().store).unwrap();
    (store, dir)
}

fn subject() -> Subject {
    let (store, dir) = open();
    Subject {
        outbox: std::sync::Arc::new(store.outbox()),
        store: std::sync::Arc::new(store),
        keep: Box::new(dir),
    }
}

contract_tests!(subject);
