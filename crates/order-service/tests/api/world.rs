//! The order service with stubbed wallet and reservations.

mod desk;
mod neighbours;
mod part;

pub(crate) use desk::Desk;
use neighbours::Neighbours;
pub(crate) use neighbours::{Heard, Refunds, Replies, Script};
pub(crate) use part::Part;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::{Role, testing};
use bus::{Handler, Outcome, Subscription};
use bytes::Bytes;
use contracts::reservations::Article;
use contracts::{Contract, Envelope, product, user, wallet};
use host::service::{Deps, StoreConfig};
use host::testing::{Answer, TestHost};
use kernel::{Clock, Currency, ManualClock, ProductId, SystemClock, SystemIds, UserId, VariantId};
use order_service::{Config, Mails, OrderService, Reservations};
use serde_json::{Value, json};
use telemetry::metrics::Metrics;
use tokio::sync::mpsc;

fn name<M: Contract>() -> String {
    M::full_name()
}

/// What replicas of the order service share besides their store.
#[derive(Clone)]
pub(crate) struct Around {
    pub(crate) desk: Arc<Desk>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Arc<SystemIds>,
    pub(crate) announcer: Option<mpsc::Sender<Bytes>>,
    pub(crate) config: Config,
    issuer: Arc<auth::Issuer>,
    verifier: auth::Verifier,
}

impl Around {
    pub(crate) fn new() -> Self {
        let (issuer, verifier) = testing::fixture();
        Self {
            desk: Arc::new(Desk {
                stock: Mutex::default(),
                shipped: Mutex::default(),
                asked: Mutex::default(),
                variants: Mutex::default(),
                price: Mutex::new(500),
                returns: Mutex::default(),
            }),
            clock: Arc::new(ManualClock::at(SystemClock.now())),
            ids: Arc::new(SystemIds::default()),
            announcer: None,
            config: Config::default(),
            issuer: Arc::new(issuer),
            verifier,
        }
    }
}

/// Everything a test needs.
pub(crate) struct World {
    pub(crate) host: TestHost,
    #[cfg_attr(
        not(feature = "mongo"),
        expect(
            dead_code,
            reason = "only replicas, which need MongoDB, are told what happened"
        )
    )]
    pub(crate) service: Arc<OrderService>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) refunds: Arc<Mutex<Refunds>>,
    pub(crate) confirms: Arc<Mutex<bool>>,
    pub(crate) heard: Heard,
    /// Receives what the service hears of names.
    names: Arc<dyn Handler>,
    /// Receives the wallet's replies: this service, unless a test replaces it.
    pub(crate) replies: Replies,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Arc<SystemIds>,
    issuer: Arc<auth::Issuer>,
    dir: Option<tempfile::TempDir>,
}

impl World {
    pub(crate) fn start(script: Script) -> Self {
        let around = Around::new();
        let desk = around.desk.clone();
        Self::holding_stock_at(desk, script, around)
    }

    /// Starts with a wallet that pays, and other settings.
    pub(crate) fn with(config: Config) -> Self {
        let around = Around {
            config,
            ..Around::new()
        };
        let desk = around.desk.clone();
        Self::holding_stock_at(desk, Script::Pays, around)
    }

    /// Starts with stock held by `reservations`.
    pub(crate) fn holding_stock_at(
        reservations: Arc<dyn Reservations>,
        script: Script,
        around: Around,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.db");
        let mut world = Self::on(StoreConfig::Sqlite { path }, reservations, script, around);
        world.dir = Some(dir);
        world
    }

    /// Starts with its orders in `store`.
    pub(crate) fn on(
        store: StoreConfig,
        reservations: Arc<dyn Reservations>,
        script: Script,
        around: Around,
    ) -> Self {
        let deps = Deps {
            clock: around.clock.clone(),
            ids: around.ids.clone(),
            metrics: Metrics::default(),
            currency: Currency::USD,
        };
        let config = Config {
            sweep_milliseconds: 10,
            ..around.config
        };
        let (verifier, announcer) = (around.verifier, around.announcer);
        let service = OrderService::build(
            &config,
            store,
            &deps,
            verifier,
            reservations,
            announcer,
            Mails::Off,
        );
        let service = Arc::new(service.unwrap());
        let mut parts = service.parts();
        let script = Arc::new(Mutex::new(script));
        let refunds = Arc::new(Mutex::new(Refunds::Done));
        let confirms = Arc::new(Mutex::new(true));
        let heard = Heard::default();
        let replies = Arc::new(Mutex::new(parts.subscriptions[0].handler.clone()));
        let names = parts.subscriptions[1].handler.clone();
        let neighbours = Neighbours {
            script: script.clone(),
            refunds: refunds.clone(),
            confirms: confirms.clone(),
            replies: replies.clone(),
            heard: heard.clone(),
        };
        parts.subscriptions.push(Subscription {
            queue: "neighbours",
            messages: vec![
                name::<wallet::DebitForOrder>(),
                name::<wallet::CancelOrderDebit>(),
                name::<wallet::RefundPart>(),
                name::<wallet::ReleasePart>(),
                name::<product::ConfirmReservation>(),
                name::<product::ReleaseReservation>(),
                name::<product::ReturnStock>(),
            ],
            handler: Arc::new(neighbours),
            max_batch: 16,
        });
        let host = TestHost::start(&deps, vec![parts]);
        Self {
            host,
            service,
            desk: around.desk,
            script,
            refunds,
            confirms,
            heard,
            names,
            replies,
            clock: around.clock,
            ids: around.ids,
            issuer: around.issuer,
            dir: None,
        }
    }

    /// Creates a user and their token.
    pub(crate) fn user(&self) -> (UserId, String) {
        let user = UserId::new(&*self.ids);
        (user, testing::token_for(&self.issuer, user, &[]))
    }

    /// The service's file.
    pub(crate) fn file(&self) -> std::path::PathBuf {
        self.dir.as_ref().unwrap().path().join("orders.db")
    }

    pub(crate) fn admin(&self) -> String {
        testing::token_for(&self.issuer, UserId::new(&*self.ids), &[Role::Admin])
    }

    /// Creates a product with this stock, and its seller's token.
    pub(crate) fn product(&self, stock: i64) -> (ProductId, String) {
        let (seller, token) = self.user();
        let product = ProductId::new(&*self.ids);
        self.desk
            .stock
            .lock()
            .unwrap()
            .insert(product, (seller, stock));
        (product, token)
    }

    /// Adds a variant to a product.
    pub(crate) fn variant(&self, product: ProductId) -> VariantId {
        let id = VariantId::new(&*self.ids);
        let article = Article::new(product, Some(id));
        self.desk.variants.lock().unwrap().insert(article);
        id
    }

    /// Creates a product that is shipped, and its seller's token.
    pub(crate) fn to_ship(&self, stock: i64) -> (ProductId, String) {
        let (product, token) = self.product(stock);
        self.desk.shipped.lock().unwrap().insert(product);
        (product, token)
    }

    /// Tells the service what a user is called.
    pub(crate) async fn named(&self, user: UserId, name: &str, version: i64) {
        let named = user::UserNamed {
            user_id: contracts::id_bytes(user.as_uuid()),
            name: name.to_owned(),
            version,
        };
        let step = format!("named {version}");
        let message = Envelope::about(user.as_uuid(), &step, &named, self.clock.now());
        let outcomes = self.names.handle(vec![Arc::new(message)]).await;
        assert!(matches!(outcomes[..], [Outcome::Done]), "{outcomes:?}");
    }

    /// POST of a move, with these headers.
    pub(crate) async fn make(
        &self,
        path: &str,
        token: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let request = self.host.request(reqwest::Method::POST, path, token);
        let request = headers
            .iter()
            .fold(request.json(body), |request, (name, value)| {
                request.header(*name, *value)
            });
        Answer::of(request).await
    }

    pub(crate) fn stock(&self, product: ProductId) -> i64 {
        self.desk.stock.lock().unwrap()[&product].1
    }

    pub(crate) async fn create(
        &self,
        token: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self
            .host
            .request(reqwest::Method::POST, "/api/orders/create", token)
            .json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request).await
    }

    /// Waits until the order has this status.
    pub(crate) async fn until(&self, token: &str, order: &str, status: &str) -> Value {
        host::testing::eventually(&format!("order {status}"), || async {
            let answer = self.host.get(&format!("/api/orders/{order}"), token).await;
            (answer.body["status"] == status).then_some(answer.body)
        })
        .await
    }

    /// The time, as the API writes it.
    pub(crate) fn now(&self) -> String {
        self.clock.now().to_string()
    }

    /// Waits until the stock of an order is sold, so that its parts are sales and can move. `seller` is the token of one.
    pub(crate) async fn until_sold(&self, seller: &str, order: &str) {
        host::testing::eventually("the sale", || async {
            let path = format!("/api/orders/sales?q={order}");
            let sales = self.host.get(&path, seller).await.body;
            (sales["items"][0]["orderId"] == order).then_some(())
        })
        .await;
    }

    /// Waits until the first part of the order is in this status. Returns the part.
    pub(crate) async fn part_until(&self, token: &str, order: &str, status: &str) -> Value {
        host::testing::eventually(&format!("part {status}"), || async {
            let answer = self.host.get(&format!("/api/orders/{order}"), token).await;
            let part = answer.body["fulfilments"][0].clone();
            (part["status"] == status).then_some(part)
        })
        .await
    }

    /// How many commands of this name the neighbours have received.
    pub(crate) fn heard(&self, command: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        let name = |message: &Arc<Envelope>| message.name.rsplit('.').next() == Some(command);
        heard.iter().filter(|message| name(message)).count()
    }

    /// Waits until the neighbours have received `count` commands of this name.
    pub(crate) async fn until_heard(&self, command: &str, count: usize) {
        host::testing::eventually(command, || async {
            (self.heard(command) == count).then_some(())
        })
        .await;
    }
}

pub(crate) fn one(product: ProductId, quantity: i64) -> Value {
    json!({"items": [{"productId": product, "quantity": quantity}]})
}

pub(crate) const DEADLINE: Duration = Duration::from_secs(121);

/// An address.
pub(crate) fn address() -> Value {
    json!({"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB"})
}

/// An order of so many of each of these products, to be shipped.
pub(crate) fn shipped(lines: &[(ProductId, i64)]) -> Value {
    let items = lines
        .iter()
        .map(|(product, quantity)| json!({"productId": product, "quantity": quantity}));
    json!({"items": items.collect::<Value>(), "shippingAddress": address()})
}

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
