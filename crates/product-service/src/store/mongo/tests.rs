//! The contract on MongoDB, and what is MongoDB's own: query plans, and an audit that can fail.

mod audit;
mod plans;
mod sweep;

use std::sync::Arc;

use kernel::SystemClock;
use store_mongo::testing::TestDatabase;

use super::MongoProducts;
use crate::store::contract::{Subject, contract_tests};

fn open() -> (MongoProducts, TestDatabase) {
    let database = TestDatabase::new();
    let store = database.open(super::collections(), Arc::new(SystemClock));
    (MongoProducts(store), database)
}

fn subject_and_store() -> (Subject, MongoProducts) {
    let (store, database) = open();
    let subject = Subject {
        outbox: Arc::new(store.0.outbox()),
        store: Arc::new(store.clone()),
        keep: Box::new(database),
    };
    (subject, store)
}

fn subject() -> Subject {
    subject_and_store().0
}

contract_tests!(subject);
