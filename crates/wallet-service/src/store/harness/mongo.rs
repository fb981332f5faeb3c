//! A ledger in a database of its own on the test server.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use kernel::{ManualClock, OrderId, SystemIds, Timestamp, UserId};
use store::Store;
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::Database;
use store_mongo::testing::TestDatabase;
use store_mongo::{Mongo, MongoRecord as _, bson_of};

use super::{NOW, PastTheStore, Place, World, app_on, at};
use crate::app::App;
use crate::audit::PaymentRecord;
use crate::audit::mongo::payments;
use crate::domain::{Account, AccountKey};
use crate::store::mongo::{MongoWalletStore, collections, records};

pub(super) struct Server {
    test: TestDatabase,
    database: Database,
}

impl World {
    /// A fresh ledger on MongoDB.
    pub(crate) async fn mongo() -> Self {
        let test = TestDatabase::new();
        let (app, db) = open(&test, NOW);
        let database = db.database().await.unwrap();
        Self {
            app,
            outbox: Arc::new(db.outbox()),
            ids: SystemIds::default(),
            place: Place::Mongo(Box::new(Server { test, database })),
        }
    }

    /// Another replica on the same ledger, whose clock says `now`.
    pub(crate) fn replica(&self, now: Timestamp) -> App {
        open(&self.server().test, now).0
    }

    /// The database, for reads and damage behind the store's back.
    pub(crate) fn database(&self) -> &Database {
        &self.server().database
    }

    fn server(&self) -> &Server {
        match &self.place {
            Place::Mongo(server) => server,
            #[cfg(feature = "sqlite")]
            Place::Sqlite(_) => panic!("it has no server"),
        }
    }
}

fn open(test: &TestDatabase, now: Timestamp) -> (App, Mongo) {
    let clock = Arc::new(ManualClock::at(now));
    let db = test.open(collections().unwrap(), records(), clock);
    let ledger = Arc::new(MongoWalletStore::new(db.clone()));
    let app = app_on(Store::new(Arc::new(db.clone())), ledger);
    (at(&app, now), db)
}

impl Server {
    async fn damage(&self, collection: &str, filter: Document, update: Document) {
        let changed = self
            .database
            .collection::<Document>(collection)
            .update_many(filter, update.clone())
            .bypass_document_validation(true)
            .await
            .unwrap();
        assert!(changed.modified_count > 0, "{update} changed nothing");
    }

    async fn sum(&self, collection: &str, pipeline: Vec<Document>) -> i64 {
        let collection = self.database.collection::<Document>(collection);
        let mut found = collection.aggregate(pipeline).await.unwrap();
        let first = found.try_next().await.unwrap();
        first.map_or(0, |sum| sum.get_i64("sum").unwrap())
    }
}

#[async_trait]
impl PastTheStore for Server {
    async fn set_balance(&self, owner: UserId, balance: i64) {
        let account = doc! { "_id": Account::id(&AccountKey::available(owner)) };
        let update = doc! { "$set": { "balances.$[].balance": balance } };
        self.damage("accounts", account, update).await;
    }

    async fn set_all_balances(&self, balance: i64) {
        let update = doc! { "$set": { "balances.$[].balance": balance } };
        self.damage("accounts", doc! {}, update).await;
    }

    async fn spoil_earnings(&self, seller: UserId) {
        let of_seller = doc! { "seller": bson_of(&seller) };
        let update = doc! { "$set": { "currency": "???" } };
        self.damage("earnings", of_seller, update).await;
    }

    async fn spoil_payment(&self, order: OrderId) {
        let update = doc! { "$set": { "currency": "???" } };
        self.damage("payments", doc! { "_id": bson_of(&order) }, update)
            .await;
    }

    async fn held(&self, currency: &str) -> i64 {
        let users = vec![
            doc! { "$unwind": "$balances" },
            doc! { "$match": { "balances.currency": currency } },
            doc! { "$group": { "_id": null, "sum": { "$sum": "$balances.balance" } } },
        ];
        let system = vec![
            doc! { "$unwind": "$system" },
            doc! { "$match": { "system.currency": currency, "system.account": { "$lt": 2 } } },
            doc! { "$group": { "_id": null, "sum": { "$sum": "$system.amount" } } },
        ];
        self.sum("accounts", users).await + self.sum("journal", system).await
    }

    async fn remembered(&self) -> usize {
        let mut count = 0;
        for name in ["inbox", "idempotency"] {
            let collection = self.database.collection::<Document>(name);
            count += collection.count_documents(doc! {}).await.unwrap();
        }
        usize::try_from(count).unwrap()
    }

    async fn audited_payments(
        &self,
        order: OrderId,
    ) -> (Vec<PaymentRecord>, Option<PaymentRecord>) {
        let all = payments(&self.database, None).await.unwrap();
        let mut one = Box::pin(payments(&self.database, Some(order)).await.unwrap());
        (
            all.try_collect().await.unwrap(),
            one.try_next().await.unwrap(),
        )
    }
}
