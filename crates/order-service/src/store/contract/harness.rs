//! Use cases on a store to hold to its promises, wherever it keeps its rows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::reservations::Delivery;
use contracts::reservations::{Refusal, ReserveRequest, ReservedLine};
use kernel::{
    Clock, Currency, ManualClock, MessageId, OrderId, SystemClock, SystemIds, Timestamp, UserId,
};
use store::outbox::Outbox;
use store::{Database, Store, StoreResult};
use telemetry::metrics::Metrics;

use crate::app::{
    App, Applied, Asked, Asker, Inbound, Mails, Names, Waiting, What, apply_messages, place,
};
use crate::audit::AuditedOrder;
use crate::domain::{Fulfilment, Message, NewOrder, Order, Role};
use crate::metrics::OrderMetrics;
use crate::reservations::{ReservationRefusal, Reservations};
use crate::store::OrderQueries;
use crate::testing::{TIMING, lines_of, new_order};

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
    pub(super) outbox: Arc<dyn Outbox>,
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
            waiting: Waiting::default(),
            announcer: None,
            names: Names::default(),
            mails: Mails::Off,
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

    /// A pending order of one line that is not shipped.
    pub(super) fn order(&self, buyer: UserId, keyed: bool) -> Order {
        let mut lines = lines_of(&self.ids, &[UserId::new(&*self.ids)]);
        lines[0].delivery = Delivery::None;
        let mut new = new_order(&self.ids, buyer, lines);
        new.address = None;
        new.request = keyed.then(|| "request-1".to_owned());
        Order::place(new, self.now, &TIMING)
    }

    /// An order of a line from each of `sellers`, to be shipped, that is paid now and whose stock is sold. Each part costs 14.00, of which
    /// 1.40 are commission.
    pub(super) async fn sold(&self, buyer: UserId, sellers: &[UserId]) -> Order {
        let order = self.paid(buyer, sellers).await;
        self.tell(order.id, Message::ReservationConfirmed).await;
        self.stored(order.id).await
    }

    /// The same, whose stock is not known to be sold yet.
    pub(super) async fn paid(&self, buyer: UserId, sellers: &[UserId]) -> Order {
        let new = new_order(&self.ids, buyer, lines_of(&self.ids, sellers));
        self.paid_as(new).await
    }

    /// An order as it is to be placed, of lines at 14.00 each, that is paid now.
    pub(super) async fn paid_as(&self, new: NewOrder) -> Order {
        let order = Order::place(new, self.clock.now(), &TIMING);
        self.place(&order).await.unwrap();
        let commissions = order.lines.iter().map(|line| (line.id, 140)).collect();
        self.tell(order.id, Message::Debited { commissions }).await;
        self.stored(order.id).await
    }

    /// What the seller of a part asks for.
    pub(super) fn asked(order: &Order, part: &Fulfilment, what: What) -> Asked {
        Asked {
            order: order.id,
            by: Asker {
                user: part.seller,
                is_admin: false,
                roles: &[Role::Seller],
            },
            guard: Box::new(|_| true),
            what,
        }
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
