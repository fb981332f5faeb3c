//! An order store to hold to its promises, wherever it keeps its rows.

use std::sync::Arc;
use std::time::Duration;

use kernel::{
    Clock, Currency, MessageId, Money, OrderId, ProductId, Quantity, SystemClock, SystemIds,
    Timestamp, UserId,
};
use store::outbox::Outbox;

use crate::audit::AuditedOrder;
use crate::domain::{Command, Message, Order, OrderLine, Timing};
use crate::http::render;
use crate::store::{Answer, Inbound, OrderStore};

pub(super) const TIMING: Timing = Timing {
    payment_deadline: Duration::from_secs(120),
    resend_after: Duration::from_secs(10),
    review_after: Duration::from_secs(900),
    release_after: Duration::from_secs(86_400),
};

/// What is behind the store.
enum Place {
    #[cfg(feature = "sqlite")]
    Sqlite(tempfile::TempDir),
    #[cfg(feature = "mongo")]
    Mongo(
        store_mongo::Mongo,
        #[expect(dead_code, reason = "drops the database when the test is over")]
        store_mongo::testing::TestDatabase,
    ),
}

/// The store, and what a test needs beside it.
pub(super) struct Subject {
    pub(super) store: Arc<dyn OrderStore>,
    outbox: Arc<dyn Outbox>,
    pub(super) ids: SystemIds,
    /// The present: the server of one of the stores forgets what is old by its own clock.
    pub(super) now: Timestamp,
    place: Place,
}

impl Subject {
    #[cfg(feature = "sqlite")]
    pub(super) fn on_sqlite() -> Self {
        use crate::store::{MIGRATIONS, SqliteOrders};
        use store_sqlite::{Sqlite, SqliteOutbox};
        use telemetry::metrics::StoreMetrics;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.db");
        let db = Sqlite::open(&path, MIGRATIONS, &StoreMetrics::default()).unwrap();
        let outbox = SqliteOutbox::new(db.clone());
        let store = SqliteOrders::new(db, outbox.clone(), TIMING, render);
        Self::new(Arc::new(store), Arc::new(outbox), Place::Sqlite(dir))
    }

    #[cfg(feature = "mongo")]
    pub(super) fn on_mongo() -> Self {
        use crate::store::{MongoOrders, orders_collection};
        use store_mongo::testing::TestDatabase;
        let database = TestDatabase::new();
        let db = database.open(vec![orders_collection()], Arc::new(SystemClock));
        let store = MongoOrders::new(db.clone(), TIMING, render);
        let outbox = Arc::new(db.outbox());
        Self::new(Arc::new(store), outbox, Place::Mongo(db, database))
    }

    fn new(store: Arc<dyn OrderStore>, outbox: Arc<dyn Outbox>, place: Place) -> Self {
        Self {
            store,
            outbox,
            ids: SystemIds::default(),
            now: SystemClock.now(),
            place,
        }
    }

    pub(super) fn order(&self, buyer: UserId, keyed: bool) -> Order {
        let price = Money::new(700, Currency::USD);
        let line = OrderLine {
            product: ProductId::new(&self.ids),
            seller: UserId::new(&self.ids),
            name: "Lamp".to_owned(),
            unit_price: price,
            quantity: Quantity::new(2).unwrap(),
        };
        let total = Money::new(1400, Currency::USD);
        Order::place(
            OrderId::new(&self.ids),
            buyer,
            vec![line],
            total,
            keyed.then(|| "request-1".to_owned()),
            self.now,
            &TIMING,
        )
    }

    pub(super) async fn placed(&self, buyer: UserId) -> Order {
        let order = self.order(buyer, false);
        self.store
            .place(order.clone(), vec![Command::DebitForOrder], Answer::Later)
            .await
            .unwrap();
        order
    }

    pub(super) fn inbound(&self, order: OrderId, message: Message) -> Inbound {
        Inbound {
            order,
            id: Some(MessageId::new(&self.ids)),
            message,
        }
    }

    pub(super) async fn outgoing(&self) -> Vec<String> {
        let pending = self.outbox.fresh(0, 1000).await.unwrap();
        pending
            .into_iter()
            .map(|pending| pending.envelope.name.rsplit('.').next().unwrap().to_owned())
            .collect()
    }

    pub(super) async fn audited(&self, only: Option<OrderId>) -> Vec<AuditedOrder> {
        let mut found = Vec::new();
        let each = |order| found.push(order);
        match &self.place {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(dir) => {
                let file = dir.path().join("orders.db");
                let connection = store_sqlite::open_read_only(&file).unwrap();
                crate::audit::orders(&connection, only, each).unwrap();
            }
            #[cfg(feature = "mongo")]
            Place::Mongo(db, _) => {
                let database = db.database().await.unwrap();
                crate::audit::orders_in_mongo(&database, only, each)
                    .await
                    .unwrap();
            }
        }
        found.sort_by_key(|order| order.id);
        found
    }

    /// Puts the order into a state that there is none of, behind the store's back.
    pub(super) async fn damage(&self, order: OrderId) {
        match &self.place {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(dir) => {
                #[expect(clippy::disallowed_methods, reason = "not through the store")]
                let connection = rusqlite::Connection::open(dir.path().join("orders.db")).unwrap();
                let sql = "UPDATE orders SET state = 99 WHERE id = ?1";
                connection.execute(sql, [order.as_bytes()]).unwrap();
            }
            #[cfg(feature = "mongo")]
            Place::Mongo(db, _) => {
                use store_mongo::bson::{Document, doc};
                let database = db.database().await.unwrap();
                let orders = database.collection::<Document>("orders");
                let filter = doc! { "_id": store_mongo::id_bson(order) };
                let change = doc! { "$set": { "state": 99 } };
                let update = orders
                    .update_one(filter, change)
                    .bypass_document_validation(true);
                assert_eq!(update.await.unwrap().modified_count, 1);
            }
        }
    }
}
