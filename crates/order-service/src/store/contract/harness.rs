//! Use cases on a store to hold to its promises, wherever it keeps its rows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::reservations::{Refusal, ReserveRequest, ReservedLine};
use kernel::{
    Clock, Currency, ManualClock, MessageId, Money, OrderId, ProductId, Quantity, SystemClock,
    SystemIds, Timestamp, UserId,
};
use store::outbox::Outbox;
use store::{Database, Store, StoreResult};
use telemetry::metrics::Metrics;

use crate::app::{App, Applied, Inbound, Waiters, apply_messages, place};
use crate::audit::AuditedOrder;
use crate::domain::{Message, Order, OrderLine, Timing};
use crate::metrics::OrderMetrics;
use crate::reservations::{ReservationRefusal, Reservations};
use crate::store::OrderQueries;

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

/// The use cases, and what a test needs beside them.
pub(super) struct Subject {
    pub(super) app: App,
    outbox: Arc<dyn Outbox>,
    pub(super) ids: Arc<SystemIds>,
    clock: Arc<ManualClock>,
    /// The time at the beginning. It is the present: the server of one of the stores forgets what is old by its own clock.
    pub(super) now: Timestamp,
    place: Place,
}

/// Holds no stock: the promises are about orders that are placed.
struct NoStock;

#[async_trait]
impl Reservations for NoStock {
    async fn reserve(&self, _: ReserveRequest) -> Result<Vec<ReservedLine>, ReservationRefusal> {
        Err(Refusal::Over.into())
    }
}

impl Subject {
    #[cfg(feature = "sqlite")]
    pub(super) fn on_sqlite() -> Self {
        use store_sqlite::SqliteOutbox;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.db");
        let db = crate::store::open_sqlite(&path, &Metrics::default().store).unwrap();
        let outbox = Arc::new(SqliteOutbox::new(db.clone()));
        let place = Place::Sqlite(dir);
        Self::new(Arc::new(db.clone()), Arc::new(db), outbox, place)
    }

    #[cfg(feature = "mongo")]
    pub(super) fn on_mongo() -> Self {
        use crate::store::{MongoOrders, open_mongo};
        use store_mongo::testing::TestDatabase;
        let database = TestDatabase::new();
        let clock = Arc::new(SystemClock);
        let db = open_mongo(|collections, records| Ok(database.open(collections, records, clock)));
        let db = db.unwrap();
        let outbox = Arc::new(db.outbox());
        let queries = Arc::new(MongoOrders::new(db.clone()));
        let place = Place::Mongo(db.clone(), database);
        Self::new(Arc::new(db), queries, outbox, place)
    }

    fn new(
        database: Arc<dyn Database>,
        queries: Arc<dyn OrderQueries>,
        outbox: Arc<dyn Outbox>,
        place: Place,
    ) -> Self {
        let now = SystemClock.now();
        let (clock, ids) = (
            Arc::new(ManualClock::at(now)),
            Arc::new(SystemIds::default()),
        );
        let app = App {
            store: Store::new(database),
            queries,
            reservations: Arc::new(NoStock),
            clock: clock.clone(),
            currency: Currency::USD,
            ids: ids.clone(),
            timing: TIMING,
            default_wait: Duration::ZERO,
            waiters: Waiters::default(),
            announcer: None,
            metrics: OrderMetrics::register(&Metrics::default()),
        };
        Self {
            app,
            outbox,
            ids,
            clock,
            now,
            place,
        }
    }

    /// Moves the clock to so long after the beginning.
    pub(super) fn wait(&self, since_the_beginning: Duration) {
        let target = self.now.plus(since_the_beginning);
        self.clock.advance(target.since(self.clock.now()));
    }

    pub(super) fn order(&self, buyer: UserId, keyed: bool) -> Order {
        let price = Money::new(700, Currency::USD);
        let line = OrderLine {
            product: ProductId::new(&*self.ids),
            seller: UserId::new(&*self.ids),
            name: "Lamp".to_owned(),
            unit_price: price,
            quantity: Quantity::new(2).unwrap(),
        };
        let total = Money::new(1400, Currency::USD);
        Order::place(
            OrderId::new(&*self.ids),
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
        self.place(&order).await.unwrap();
        order
    }

    pub(super) async fn place(&self, order: &Order) -> StoreResult<()> {
        place(&self.app, order.clone()).await
    }

    pub(super) async fn stored(&self, order: OrderId) -> Order {
        self.app.order(order).await.unwrap().unwrap()
    }

    /// Applies messages and panics if one fails.
    pub(super) async fn apply(&self, inbound: Vec<Inbound>) -> Vec<Applied> {
        let results = apply_messages(&self.app, inbound).await.unwrap();
        results.into_iter().map(Result::unwrap).collect()
    }

    pub(super) async fn tell(&self, order: OrderId, message: Message) {
        self.apply(vec![self.inbound(order, message)]).await;
    }

    pub(super) fn inbound(&self, order: OrderId, message: Message) -> Inbound {
        Inbound {
            order,
            id: Some(MessageId::new(&*self.ids)),
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

    #[cfg_attr(
        not(feature = "mongo"),
        expect(clippy::unused_async, reason = "only MongoDB is asked asynchronously")
    )]
    pub(super) async fn audited(&self, only: Option<OrderId>) -> Vec<AuditedOrder> {
        match &self.place {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(dir) => {
                let file = dir.path().join("orders.db");
                let connection = store_sqlite::open_read_only(&file).unwrap();
                let all = crate::store::audited_orders(&connection, only);
                all.collect::<Result<_, _>>().unwrap()
            }
            #[cfg(feature = "mongo")]
            Place::Mongo(db, _) => {
                let database = db.database().await.unwrap();
                let all = crate::store::audited_orders_in_mongo(&database, only).await;
                futures_util::TryStreamExt::try_collect(all.unwrap())
                    .await
                    .unwrap()
            }
        }
    }

    /// Writes an unknown state into the order's row, behind the store's back.
    #[cfg_attr(
        not(feature = "mongo"),
        expect(clippy::unused_async, reason = "only MongoDB is asked asynchronously")
    )]
    pub(super) async fn damage(&self, order: OrderId) {
        match &self.place {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(dir) => {
                #[expect(clippy::disallowed_methods, reason = "not through the store")]
                let connection = rusqlite::Connection::open(dir.path().join("orders.db")).unwrap();
                connection
                    .pragma_update(None, "ignore_check_constraints", true)
                    .unwrap();
                let sql = "UPDATE orders SET state = 'lost' WHERE id = ?1";
                connection.execute(sql, [order.as_bytes()]).unwrap();
            }
            #[cfg(feature = "mongo")]
            Place::Mongo(db, _) => {
                use store_mongo::bson::{Document, doc};
                let database = db.database().await.unwrap();
                let orders = database.collection::<Document>("orders");
                let filter = doc! { "_id": store_mongo::bson_of(&order) };
                let change = doc! { "$set": { "state": "lost" } };
                let update = orders
                    .update_one(filter, change)
                    .bypass_document_validation(true);
                assert_eq!(update.await.unwrap().modified_count, 1);
            }
        }
    }
}
