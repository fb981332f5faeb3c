//! The contract on SQLite, and what is SQLite's own: query plans, what a change writes, and an audit that can fail.

mod audit;
mod plans;
mod sweep;
mod writes;

use async_trait::async_trait;
use store::StoreResult;
use store_sqlite::{Sqlite, SqliteOutbox};
use telemetry::metrics::{Metrics, Read};

use crate::audit::{StockAudit, sqlite};
use crate::store::contract::{Audited, Subject, contract_tests};

#[async_trait]
impl Audited for Sqlite {
    async fn audit(&self) -> StoreResult<StockAudit> {
        self.read(Read::List, |tx| sqlite::audit(tx)).await
    }
}

fn open() -> (Subject, Sqlite) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("product.sqlite");
    let db = super::open(&path, &Metrics::default().store).unwrap();
    let outbox = SqliteOutbox::new(db.clone());
    (Subject::new(db.clone(), outbox, dir), db)
}

fn subject() -> Subject {
    open().0
}

contract_tests!(subject);
