//! Composition: settings and dependencies in, routes, consumers, sweepers and readiness out.

use std::sync::Arc;
use std::time::Duration;

use bus::{Batched, Subscription};
use bytes::Bytes;
use contracts::dealings::Dealings;
use contracts::reservations::{Agreed, Article, RequestedLine};
use host::letters::Letters;
use host::service::{Deps, Parts, Periodic, StoreConfig};
use kernel::{FulfilmentId, OrderId, PostalAddress, Quantity, UserId};
use platform_http::Routes;
use store::idempotency::Answered;
use store::{Store, StoreResult};
#[cfg(feature = "mongo")]
use store_mongo::Mongo;
use tokio::sync::mpsc;

use crate::app::{
    App, Asked, Asker, Basket, Created, Mails, Names, Wait, Waiting, What, create_order, dealings,
    hear, look_at_open, make_moves, name_of, sweep,
};
use crate::config::Config;
use crate::consumers::{self, SagaReplies, UserNames, user_named};
use crate::domain::{Move, Order, OrderState, Role, Wanted};
use crate::events;
use crate::http;
use crate::metrics::OrderMetrics;
use crate::reservations::Reservations;
use crate::store::OrderQueries;

/// The queue that replies to orders' commands arrive in.
pub const QUEUE: &str = "order.saga";

/// The queue that users' names arrive in.
pub const NAMES_QUEUE: &str = "order.names";

/// Messages applied in one transaction.
const BATCH: usize = 256;

/// Time between two looks at what is open, for the metrics. Short: it walks the index of the unsettled orders, which are few.
const LOOK: Duration = Duration::from_secs(5);

/// The order service, built.
pub struct OrderService {
    app: Arc<App>,
    verifier: auth::Verifier,
    sweep_period: Duration,
}

impl OrderService {
    /// Opens the store and puts the service together. What is sent to `announcer` goes to the service's other replicas, which
    /// [`hear`](Self::hear) it, or is lost. With a store on MongoDB it has to be called on a tokio runtime.
    ///
    /// # Errors
    /// If the store cannot be opened.
    pub fn build(
        config: &Config,
        store: StoreConfig,
        deps: &Deps,
        verifier: auth::Verifier,
        reservations: Arc<dyn Reservations>,
        announcer: Option<mpsc::Sender<Bytes>>,
        mails: Mails,
    ) -> StoreResult<Self> {
        let (store, queries) = open(store, deps)?;
        let app = App {
            store,
            queries,
            reservations,
            clock: deps.clock.clone(),
            ids: deps.ids.clone(),
            currency: deps.currency,
            timing: config.timing(),
            default_wait: Duration::from_secs(config.wait_seconds.min(30)),
            waiting: Waiting::default(),
            announcer,
            names: Names::default(),
            mails,
            metrics: OrderMetrics::register(&deps.metrics),
        };
        Ok(Self {
            app: Arc::new(app),
            verifier,
            sweep_period: Duration::from_millis(config.sweep_milliseconds),
        })
    }

    /// Takes what another replica has announced: wakes the requests that wait here for what has happened there.
    pub async fn hear(&self, announcement: &[u8]) {
        hear(&self.app, announcement).await;
    }

    /// Places an order as POST /api/orders/create does, to be shipped to `address`, waiting up to `wait`. Returns its id and the state it
    /// came to.
    ///
    /// # Errors
    /// A sentence that says why no order was placed.
    pub async fn create(
        &self,
        buyer: UserId,
        lines: Vec<(Article, Quantity)>,
        address: Option<PostalAddress>,
        wait: Duration,
    ) -> Result<(OrderId, OrderState), String> {
        let lines = lines.into_iter().map(|(article, quantity)| RequestedLine {
            product: article.product,
            variant: article.variant,
            quantity,
            agreed: Agreed::default(),
        });
        let wanted = Wanted::new(lines.collect(), None).map_err(|invalid| invalid.detail)?;
        let basket = Basket {
            wanted,
            address,
            note: None,
            metadata: None,
        };
        let created = create_order(&self.app, buyer, basket, None, Wait::AtMost(wait), |_| {
            Ok(None)
        })
        .await
        .map_err(|refusal| refusal.to_string())?;
        let Created::Placed(order) = created else {
            return Err("answered before".to_owned());
        };
        Ok((order.id, order.state))
    }

    /// Makes a move of a part as the API does, and waits up to `wait` for the order to be ready. The caller acts as its seller or as its
    /// buyer. Returns the order after the move.
    ///
    /// # Errors
    /// A sentence that says why it was not made.
    pub async fn make_move(
        &self,
        order: OrderId,
        part: FulfilmentId,
        wanted: Move,
        by: UserId,
        wait: Duration,
    ) -> Result<Order, String> {
        let asker = Asker {
            user: by,
            is_admin: false,
            roles: &[Role::Seller, Role::Buyer],
        };
        self.made(order, part, wanted, asker, wait).await
    }

    /// Makes a move of a part as [`make_move`](Self::make_move) does, as an operator.
    ///
    /// # Errors
    /// A sentence that says why it was not made.
    pub async fn operate(
        &self,
        order: OrderId,
        part: FulfilmentId,
        wanted: Move,
        operator: UserId,
        wait: Duration,
    ) -> Result<Order, String> {
        let asker = Asker {
            user: operator,
            is_admin: true,
            roles: &[],
        };
        self.made(order, part, wanted, asker, wait).await
    }

    async fn made(
        &self,
        order: OrderId,
        part: FulfilmentId,
        wanted: Move,
        by: Asker,
        wait: Duration,
    ) -> Result<Order, String> {
        let asked = Asked {
            order,
            by,
            guard: Box::new(|_| true),
            what: What::OfPart(part.into(), wanted),
        };
        let made = make_moves(&self.app, asked, None, Wait::AtMost(wait)).await;
        match made.map_err(|error| error.to_string())? {
            Answered::First(Ok(made)) => Ok(made.order),
            Answered::First(Err(refused)) => Err(format!("refused: {refused:?}")),
            Answered::Before(_) => Err("answered before".to_owned()),
        }
    }

    /// Whether the user service has said what a user is called.
    ///
    /// # Errors
    /// A store error.
    pub async fn knows_name_of(&self, user: UserId) -> StoreResult<bool> {
        Ok(name_of(&self.app, user).await?.is_some())
    }

    /// An order, if it exists.
    ///
    /// # Errors
    /// A store error.
    pub async fn order(&self, order: OrderId) -> StoreResult<Option<Order>> {
        self.app.order(order).await
    }

    /// The state of an order, if it exists.
    ///
    /// # Errors
    /// A store error.
    pub async fn state(&self, order: OrderId) -> StoreResult<Option<OrderState>> {
        Ok(self.app.order(order).await?.map(|order| order.state))
    }

    /// Lets orders whose time has come act, as the sweeper does. Returns how many were due.
    ///
    /// # Errors
    /// A store error.
    pub async fn sweep(&self) -> StoreResult<usize> {
        sweep(&self.app).await
    }

    /// What a user has still to settle: their part that is orders.
    ///
    /// # Errors
    /// A store error.
    pub async fn dealings(&self, user: UserId) -> StoreResult<Dealings> {
        dealings(&self.app, user).await
    }

    /// The routes for the other services, on a port that only they reach.
    #[must_use]
    pub fn internal_routes(&self) -> Routes {
        http::internal_routes(self.app.clone())
    }

    /// The service's store alone, for commands that work on it while the service does not run.
    ///
    /// # Errors
    /// A store error.
    pub fn store(store: StoreConfig, deps: &Deps) -> StoreResult<Store> {
        Ok(open(store, deps)?.0)
    }

    /// What the service hands to its host.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let replies = Subscription {
            queue: QUEUE,
            messages: events::listened_to(),
            handler: Arc::new(Batched(SagaReplies(self.app.clone()))),
            max_batch: BATCH,
        };
        let names = Subscription {
            queue: NAMES_QUEUE,
            messages: vec![user_named()],
            handler: Arc::new(Batched(UserNames(self.app.clone()))),
            max_batch: BATCH,
        };
        let letters = Letters::of(self.app.store.clone());
        let routes = http::routes(self.app.clone(), self.verifier.clone());
        Parts {
            name: "order-service",
            routes: letters.routes("/api/orders", routes),
            subscriptions: vec![replies, names, consumers::erasures(self.app.clone())],
            outbox: Some(self.app.store.outbox()),
            periodic: self.periodic(),
            store: Some(self.app.store.clone()),
            letters: Some(letters),
        }
    }

    fn periodic(&self) -> Vec<Periodic> {
        let app = &self.app;
        vec![
            Periodic::new("orders due", self.sweep_period, app, |app| async move {
                sweep(&app).await.map(drop)
            }),
            Periodic::new("open orders", LOOK, app, |app| async move {
                look_at_open(&app).await
            }),
        ]
    }
}

fn open(store: StoreConfig, deps: &Deps) -> StoreResult<(Store, Arc<dyn OrderQueries>)> {
    match store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite { path } => {
            let db = crate::store::open_sqlite(&path, &deps.metrics.store)?;
            Ok((Store::new(Arc::new(db.clone())), Arc::new(db)))
        }
        #[cfg(feature = "mongo")]
        StoreConfig::Mongo { uri, database } => {
            use crate::store::{MongoOrders, open_mongo};
            let (clock, metrics) = (deps.clock.clone(), &deps.metrics.store);
            let db = open_mongo(|collections, records| {
                Mongo::open(uri, &database, collections, records, clock, metrics)
            })?;
            Ok((
                Store::new(Arc::new(db.clone())),
                Arc::new(MongoOrders::new(db)),
            ))
        }
        #[cfg(not(all(feature = "sqlite", feature = "mongo")))]
        other => Err(other.not_compiled()),
    }
}
