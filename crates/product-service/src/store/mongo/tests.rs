//! The contract on MongoDB, and what is MongoDB's own: query plans, and an audit that can fail.

mod audit;
mod commands;
mod facets;
mod plans;
mod sweep;

use std::sync::Arc;

use async_trait::async_trait;
use kernel::SystemClock;
use store::StoreResult;
use store_mongo::Mongo;
use store_mongo::testing::TestDatabase;

use super::{collections, records};
use crate::audit::{StockAudit, mongo};
use crate::store::contract::{Audited, Subject, contract_tests};

#[async_trait]
impl Audited for Mongo {
    async fn audit(&self) -> StoreResult<StockAudit> {
        mongo::audit(&self.database().await?).await
    }
}

fn open() -> (Subject, Mongo) {
    let database = TestDatabase::new();
    let db = database.open(collections().unwrap(), records(), Arc::new(SystemClock));
    let outbox = db.outbox();
    (Subject::new(db.clone(), outbox, database), db)
}

fn subject() -> Subject {
    open().0
}

contract_tests!(subject);
