//! The contract on SQLite, and what is SQLite's own: query plans, what a change writes, and an audit that can fail.

mod audit;
mod plans;
mod sweep;
mod writes;

use store_sqlite::{Sqlite, SqliteOutbox};
use telemetry::metrics::Metrics;

use crate::store::contract::{Subject, contract_tests};

fn open() -> (Subject, Sqlite) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("product.sqlite");
    let (db, queries) = super::open(&path, &Metrics::default().store).unwrap();
    let outbox = SqliteOutbox::new(db.clone());
    (Subject::new(db.clone(), queries, outbox, dir), db)
}

fn subject() -> Subject {
    open().0
}

contract_tests!(subject);
