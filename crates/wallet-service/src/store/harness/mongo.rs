//! A ledger in a database of its own on the test server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use kernel::{ManualClock, OrderId, SystemIds, Timestamp, UserId};
use store::Store;
use store_mongo::bson::{DateTime, Document, doc};
use store_mongo::mongodb::{Collection, Database};
use store_mongo::testing::TestDatabase;
use store_mongo::{Mongo, id_bson};

use super::{NOW, PastTheStore, Place, World, app_on, at};
use crate::app::App;
use crate::audit::PaymentRecord;
use crate::audit::mongo::{payment, payments};
use crate::domain::AccountKey;
use crate::store::mongo::accounts::account_id;
use crate::store::mongo::{MongoWalletStore, collections, records};

pub(super) struct Server {
    test: TestDatabase,
    database: Database,
    expiring: Vec<Expiring>,
}

/// Documents of this collection expire so long after the date in this field.
struct Expiring {
    collection: String,
    field: String,
    after: Duration,
}

impl World {
    /// A fresh ledger on MongoDB.
    pub(crate) async fn mongo() -> Self {
        let test = TestDatabase::new();
        let (app, db) = open(&test, NOW);
        let database = db.database().await.unwrap();
        let expiring = stop_expiry(&database).await;
        Self {
            app,
            outbox: Arc::new(db.outbox()),
            ids: SystemIds::default(),
            place: Place::Mongo(Box::new(Server {
                test,
                database,
                expiring,
            })),
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
    let db = test.open(collections(), records(), clock);
    let ledger = Arc::new(MongoWalletStore::new(db.clone()));
    let app = app_on(Store::new(Arc::new(db.clone())), ledger);
    (at(&app, now), db)
}

/// Drops the TTL indexes: by the server's own clock, what tests write is years old.
async fn stop_expiry(database: &Database) -> Vec<Expiring> {
    let mut expiring = Vec::new();
    for name in database.list_collection_names().await.unwrap() {
        let collection: Collection<Document> = database.collection(&name);
        let indexes: Vec<_> = collection
            .list_indexes()
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        for index in indexes {
            let options = index.options.unwrap();
            let Some(after) = options.expire_after else {
                continue;
            };
            expiring.push(Expiring {
                collection: name.clone(),
                field: index.keys.keys().next().unwrap().clone(),
                after,
            });
            collection.drop_index(options.name.unwrap()).await.unwrap();
        }
    }
    assert!(!expiring.is_empty());
    expiring
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
        let account = doc! { "_id": account_id(AccountKey::available(owner)) };
        let update = doc! { "$set": { "balances.$[].balance": balance } };
        self.damage("accounts", account, update).await;
    }

    async fn set_all_balances(&self, balance: i64) {
        let update = doc! { "$set": { "balances.$[].balance": balance } };
        self.damage("accounts", doc! {}, update).await;
    }

    async fn spoil_payouts(&self, seller: UserId) {
        let of_seller = doc! { "_id.seller": id_bson(seller) };
        let update = doc! { "$set": { "currency": "???" } };
        self.damage("payouts", of_seller, update).await;
    }

    async fn spoil_payment(&self, order: OrderId) {
        let update = doc! { "$set": { "currency": "???" } };
        self.damage("payments", doc! { "_id": id_bson(order) }, update)
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

    /// Does what the TTL indexes would do.
    async fn forget(&self, now: Timestamp) {
        for Expiring {
            collection,
            field,
            after,
        } in &self.expiring
        {
            let until = DateTime::from_millis(now.minus(*after).as_millis());
            let old = doc! { field: { "$lte": until } };
            let collection = self.database.collection::<Document>(collection);
            collection.delete_many(old).await.unwrap();
        }
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
        let mut all = Vec::new();
        payments(&self.database, |payment| all.push(payment))
            .await
            .unwrap();
        (all, payment(&self.database, order).await.unwrap())
    }
}
