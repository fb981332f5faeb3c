//! The four services of this release on either store, behind [`Gates`], with a clock that stands still until it is moved. Nothing
//! sweeps on its own: what is due happens when [`World::sweep`] is called, so a state can be looked at for as long as it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chassis::bus::{Outcome, Subscription};
use chassis::metrics::Metrics;
use chassis::service::{Deps, Leases, Parts, StoreConfig};
use chassis::testing::{Answer, TestHost, eventually};
use contracts::Envelope;
use kernel::{Clock, Currency, ManualClock, SystemIds, Timestamp};
use marketplace::{DataDir, InProcessReservations};
use order_service::{
    OrderService, ReservationRefusal, ReservationRequest, Reservations, ReservedLine,
};
use product_service::ProductService;
use reqwest::Method;
use serde_json::Value;
use tokio::sync::Notify;
use user_service::UserService;
use wallet_service::WalletService;

use crate::documents::Databases;
use crate::gate::Gates;
use crate::traffic::Traffic;

/// The services, by the words that name their files and databases.
pub const SERVICES: [&str; 4] = ["users", "products", "orders", "wallet"];

/// Where a world keeps its data.
#[derive(Clone, Copy)]
pub enum Place<'p> {
    /// SQLite files.
    Files(&'p DataDir),
    /// MongoDB databases.
    Databases(&'p Databases),
}

impl Place<'_> {
    fn store(self, service: &str) -> StoreConfig {
        match self {
            Self::Files(dir) => StoreConfig::Sqlite {
                path: crate::files::path(dir, service),
            },
            Self::Databases(databases) => databases.store(service),
        }
    }

    /// Sends all dead letters of each service that sends messages again. Returns how many there were.
    pub async fn replay_dead_letters(self, clock: &Arc<ManualClock>) -> Vec<(&'static str, usize)> {
        let mut replayed = Vec::new();
        for service in SERVICES.into_iter().filter(|service| *service != "users") {
            let letters = match self {
                Self::Files(dir) => crate::files::replay_dead_letters(dir, service).await,
                Self::Databases(databases) => {
                    databases.replay_dead_letters(service, clock.clone()).await
                }
            };
            replayed.push((service, letters));
        }
        replayed
    }

    /// What breaks the marketplace's invariants.
    pub async fn violations(self) -> Vec<String> {
        let found = match self {
            Self::Files(dir) => marketplace::violations_in_files(dir).await,
            Self::Databases(databases) => {
                marketplace::violations_in_databases(&databases.config()).await
            }
        };
        found.expect("the books can be read")
    }
}

/// Holds stock for orders as the product service does; or holds it and never says so.
struct Desk {
    products: InProcessReservations,
    silent: AtomicBool,
    released: Notify,
}

#[async_trait]
impl Reservations for Desk {
    async fn reserve(
        &self,
        request: ReservationRequest,
    ) -> Result<Vec<ReservedLine>, ReservationRefusal> {
        let lines = self.products.reserve(request).await?;
        if self.silent.load(Ordering::SeqCst) {
            self.released.notified().await;
            return Err(ReservationRefusal::Unavailable(
                "the answer was lost".to_owned(),
            ));
        }
        Ok(lines)
    }
}

/// The marketplace.
pub struct World {
    /// Requests go here.
    pub host: TestHost,
    /// What stops messages.
    pub gates: Gates,
    /// What time it is.
    pub clock: Arc<ManualClock>,
    users: UserService,
    products: Arc<ProductService>,
    orders: OrderService,
    wallet: WalletService,
    desk: Arc<Desk>,
    queues: Vec<Subscription>,
    leases: Vec<Arc<dyn Leases>>,
    traffic: Traffic,
}

impl World {
    /// Starts at `now` on what is at `place`.
    #[must_use]
    pub fn start(place: Place<'_>, now: Timestamp) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let deps = Deps {
            ids: Arc::new(SystemIds::new(clock.clone())),
            clock: clock.clone(),
            metrics: Metrics::default(),
            currency: Currency::USD,
        };
        let (issuer, verifier) = auth::testing::fixture_at(clock.clone());
        let users = user_service::Config {
            bcrypt_cost: 4,
            ..user_service::Config::default()
        };
        let users = UserService::build(
            &users,
            place.store("users"),
            &deps,
            issuer,
            verifier.clone(),
        )
        .expect("the user service");
        let products = ProductService::build(
            &product_service::Config::default(),
            place.store("products"),
            &deps,
            verifier.clone(),
        )
        .expect("the product service");
        let products = Arc::new(products);
        let wallet = wallet_service::Config {
            commission_basis_points: 250,
            ..wallet_service::Config::default()
        };
        let wallet = WalletService::build(&wallet, place.store("wallet"), &deps, verifier.clone())
            .expect("the wallet service");
        let desk = Arc::new(Desk {
            products: InProcessReservations(products.clone()),
            silent: AtomicBool::new(false),
            released: Notify::new(),
        });
        let orders = OrderService::build(
            &order_service::Config::default(),
            place.store("orders"),
            &deps,
            verifier,
            desk.clone(),
            None,
        )
        .expect("the order service");
        let (gates, traffic) = (Gates::default(), Traffic::default());
        let mut parts = vec![
            users.parts(),
            products.parts(),
            orders.parts(),
            wallet.parts(),
        ];
        let queues = parts
            .iter()
            .flat_map(|part| part.subscriptions.iter().cloned())
            .collect();
        let leases = parts
            .iter()
            .filter_map(|part| part.leases.clone())
            .collect();
        for part in &mut parts {
            behind(&gates, part);
            part.outbox = part.outbox.take().map(|outbox| traffic.watch(outbox));
        }
        Self {
            host: TestHost::start(&deps, parts),
            gates,
            clock,
            users,
            products,
            orders,
            wallet,
            desk,
            queues,
            leases,
            traffic,
        }
    }

    /// Stops it.
    pub async fn stop(self) {
        self.answer_at_last();
        self.host.stop().await;
    }

    /// From now on stock is held and the order service is not told.
    pub fn lose_answers_of_reservations(&self) {
        self.desk.silent.store(true, Ordering::SeqCst);
    }

    /// Ends the waits for answers that were lost.
    pub fn answer_at_last(&self) {
        self.desk.silent.store(false, Ordering::SeqCst);
        self.desk.released.notify_waiters();
    }

    /// Makes `email` an administrator.
    pub async fn grant_admin(&self, email: &str) {
        let email = user_service::Email::parse(email).expect("an address");
        let granted = self.users.grant(&email, auth::Role::Admin).await;
        assert!(granted.expect("the store answers").is_some());
    }

    /// Takes the leases that the services' sweepers take.
    pub async fn hold_leases(&self) {
        for leases in &self.leases {
            let held = leases.hold("a sweep", self.clock.now(), Duration::from_secs(20));
            assert!(held.await.expect("the store answers"));
        }
    }

    /// Does what sweepers do, until nothing is due.
    pub async fn sweep(&self) {
        while self.orders.sweep().await.expect("orders are swept") > 0 {}
        while self
            .products
            .expire_reservations()
            .await
            .expect("leases end")
            > 0
        {}
        while self.wallet.release_payouts().await.expect("payouts") > 0 {}
        self.wallet.checkpoint().await.expect("a checkpoint");
    }

    /// Moves the clock, then sweeps.
    pub async fn after(&self, span: Duration) {
        self.clock.advance(span);
        self.sweep().await;
    }

    /// Waits until no message is on its way. Those that wait for a later time, or were given up, stay where they are.
    pub async fn comes_to_rest(&self) {
        self.traffic.comes_to_rest(self.clock.now()).await;
    }

    /// Sends a request with these headers.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.host.request(method, path, token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request).await
    }

    /// Waits until the order has this status.
    pub async fn until(&self, token: &str, order: &str, status: &str) {
        let path = format!("/api/orders/{order}");
        eventually(&format!("order {order} {status}"), || async {
            let answer = self.host.get(&path, token).await;
            (answer.body["status"] == status).then_some(())
        })
        .await;
    }

    /// What the consumers that listen for `message` make of it.
    pub async fn deliver(&self, message: Envelope) -> Vec<Outcome> {
        let message = Arc::new(message);
        let mut outcomes = Vec::new();
        for queue in &self.queues {
            if queue.messages.contains(&message.name) {
                outcomes.extend(queue.handler.handle(vec![message.clone()]).await);
            }
        }
        outcomes
    }
}

/// Puts the gates before a service's queues, and takes its sweepers' clockwork away.
fn behind(gates: &Gates, part: &mut Parts) {
    part.periodic.clear();
    part.subscriptions = part
        .subscriptions
        .drain(..)
        .map(|subscription| gates.before(subscription))
        .collect();
}
