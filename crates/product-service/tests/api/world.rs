//! The product service on a free port, with users and a listener for its messages.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth::{Role, testing};
use bus::{Handler, Outcome, Subscription};
use contracts::reservations::{Refusal, RequestedLine, ReserveRequest, ReservedLine};
use contracts::{Contract, Envelope, id_bytes, product, user};
use host::service::{Deps, Parts, StoreConfig};
use host::settings::SellersConfig;
use host::testing::{Answer, TestHost};
use kernel::{
    Clock, Currency, ManualClock, OrderId, ProductId, Quantity, SystemClock, SystemIds, UserId,
};
use platform_http::Routes;
use product_service::{Config, ProductService};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use telemetry::metrics::Metrics;

/// The store.
const FILE: &str = "product.sqlite";
/// The pictures.
const BLOBS: &str = "blobs";

pub(crate) struct World {
    pub(crate) host: TestHost,
    pub(crate) service: ProductService,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Arc<SystemIds>,
    /// The orders for which `ReservationExpired` was sent.
    pub(crate) heard: Arc<Mutex<Vec<OrderId>>>,
    queues: Vec<Subscription>,
    issuer: auth::Issuer,
    dir: tempfile::TempDir,
}

/// A user with a token.
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

struct Ear(Arc<Mutex<Vec<OrderId>>>);

#[async_trait]
impl Handler for Ear {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let mut heard = self.0.lock().unwrap();
        for envelope in &batch {
            let message: product::ReservationExpired = envelope.open().unwrap();
            heard.push(contracts::order_id(&message.order_id).unwrap());
        }
        batch.iter().map(|_| Outcome::Done).collect()
    }
}

/// Receives the service's messages. It also serves the internal routes, because a test uses one port for everything.
fn listener(ear: Ear, internal: Routes) -> Parts {
    Parts {
        name: "listener",
        routes: internal,
        subscriptions: vec![Subscription {
            queue: "test.ear",
            messages: vec![name::<product::ReservationExpired>()],
            handler: Arc::new(ear),
            max_batch: 100,
        }],
        outbox: None,
        periodic: Vec::new(),
        store: None,
        letters: None,
    }
}

fn name<M: Contract>() -> String {
    M::full_name()
}

/// A valid product for tests to vary.
pub(crate) fn lamp() -> Value {
    json!({
        "name": "Desk lamp",
        "description": "Warm light",
        "price": {"amount": 1299, "currency": "USD"},
        "stock": 40,
        "category": "Home",
    })
}

/// `base` with some members replaced.
pub(crate) fn with(base: Value, members: Value) -> Value {
    let (Value::Object(mut all), Value::Object(some)) = (base, members) else {
        panic!("only objects have members");
    };
    all.extend(some);
    Value::Object(all)
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_config(&Config::default())
    }

    pub(crate) fn with_config(config: &Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = StoreConfig::Sqlite {
            path: dir.path().join(FILE),
        };
        let config = Config {
            image_store: Some(dir.path().join(BLOBS).to_str().unwrap().to_owned()),
            ..config.clone()
        };
        Self::with_store(&config, store, dir)
    }

    pub(crate) fn with_store(config: &Config, store: StoreConfig, dir: tempfile::TempDir) -> Self {
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let ids = Arc::new(SystemIds::new(clock.clone()));
        let deps = Deps {
            clock: clock.clone(),
            ids: ids.clone(),
            metrics: Metrics::default(),
            currency: Currency::USD,
        };
        let (issuer, verifier) = testing::fixture();
        let service =
            ProductService::build(config, SellersConfig::default(), 14, store, &deps, verifier)
                .unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let parts = service.parts();
        let queues = parts.subscriptions.clone();
        let ear = listener(Ear(heard.clone()), service.internal_routes());
        let host = TestHost::start(&deps, vec![parts, ear]);
        Self {
            host,
            service,
            clock,
            ids,
            heard,
            queues,
            issuer,
            dir,
        }
    }

    pub(crate) fn user(&self) -> User {
        self.user_with(&[])
    }

    /// An operator.
    pub(crate) fn admin(&self) -> User {
        self.user_with(&[Role::Admin])
    }

    fn user_with(&self, roles: &[Role]) -> User {
        let id = UserId::new(&*self.ids);
        User {
            id,
            token: testing::token_for(&self.issuer, id, roles),
        }
    }

    pub(crate) fn order(&self) -> OrderId {
        OrderId::new(&*self.ids)
    }

    pub(crate) fn unknown_product(&self) -> String {
        ProductId::new(&*self.ids).to_string()
    }

    pub(crate) async fn create(&self, user: &User, body: &Value) -> Answer {
        self.host
            .post("/api/products/create", &user.token, body)
            .await
    }

    /// Lists a product that must be accepted.
    pub(crate) async fn list(&self, user: &User, body: &Value) -> Value {
        let answer = self.create(user, body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    pub(crate) fn put(&self, user: &User, body: &Value) -> RequestBuilder {
        self.host
            .request(Method::PUT, "/api/products/update", &user.token)
            .json(body)
    }

    pub(crate) async fn update(&self, user: &User, body: &Value) -> Answer {
        Answer::of(self.put(user, body)).await
    }

    pub(crate) fn patch(&self, user: &User, body: &Value) -> RequestBuilder {
        self.host
            .request(Method::PATCH, "/api/products/remove", &user.token)
            .json(body)
    }

    pub(crate) async fn remove(&self, user: &User, body: &Value) -> Answer {
        Answer::of(self.patch(user, body)).await
    }

    pub(crate) async fn get(&self, user: &User, product: &Value) -> Answer {
        let path = format!("/api/products/{}", product["id"].as_str().unwrap());
        self.host.get(&path, &user.token).await
    }

    pub(crate) async fn page(&self, user: &User, query: &str) -> Answer {
        self.host
            .get(&format!("/api/products{query}"), &user.token)
            .await
    }

    /// The names on a page. The query must succeed.
    pub(crate) async fn names(&self, user: &User, query: &str) -> Vec<String> {
        let answer = self.page(user, query).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        let items = answer.body["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) async fn reserve(
        &self,
        order: OrderId,
        buyer: &User,
        product: &Value,
        quantity: i64,
    ) -> Result<Vec<ReservedLine>, Refusal> {
        let line = RequestedLine {
            agreed: contracts::reservations::Agreed::default(),
            product: product["id"].as_str().unwrap().parse().unwrap(),
            variant: None,
            quantity: Quantity::new(quantity).unwrap(),
        };
        self.service
            .reserve(ReserveRequest {
                expected_total: None,
                order,
                buyer: buyer.id,
                lines: vec![line],
            })
            .await
            .unwrap()
    }

    /// Delivers envelopes to the queue that they are routed to.
    pub(crate) async fn deliver(&self, batch: Vec<Envelope>) -> Vec<Outcome> {
        let queue = self
            .queues
            .iter()
            .find(|queue| queue.messages.contains(&batch[0].name))
            .unwrap();
        queue
            .handler
            .handle(batch.into_iter().map(Arc::new).collect())
            .await
    }

    pub(crate) fn confirmation(&self, order: OrderId) -> Envelope {
        let message = product::ConfirmReservation {
            order_id: id_bytes(order.as_uuid()),
        };
        Envelope::of_step(order, "confirm-reservation", &message, self.clock.now())
    }

    pub(crate) fn release(&self, order: OrderId) -> Envelope {
        let message = product::ReleaseReservation {
            order_id: id_bytes(order.as_uuid()),
        };
        Envelope::of_step(order, "release-reservation", &message, self.clock.now())
    }

    /// A return under the id of `order` of one line: product, restocked, written off.
    pub(crate) fn stock_return(&self, order: OrderId, line: (&Value, i64, i64)) -> Envelope {
        let (product, restocked, written_off) = line;
        let id: ProductId = product["id"].as_str().unwrap().parse().unwrap();
        let message = product::ReturnStock {
            order_id: id_bytes(order.as_uuid()),
            return_id: id_bytes(order.as_uuid()),
            lines: vec![product::ReturnedLine {
                product_id: id_bytes(id.as_uuid()),
                restocked,
                written_off,
                variant_id: id_bytes(id.as_uuid()).slice(..0),
            }],
        };
        let step = format!("return-stock {order}");
        Envelope::of_step(order, &step, &message, self.clock.now())
    }

    pub(crate) fn naming(&self, of: &User, name: &str, version: i64) -> Envelope {
        let message = user::UserNamed {
            user_id: id_bytes(of.id.as_uuid()),
            name: name.to_owned(),
            version,
        };
        let step = format!("named {version}");
        Envelope::about(of.id.as_uuid(), &step, &message, self.clock.now())
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The files of the pictures that are kept.
    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        files(&self.dir.path().join(BLOBS))
    }

    /// Asserts that the stock book has no violations.
    pub(crate) fn assert_book_is_right(&self) {
        let file = store_sqlite::open_read_only(&self.dir.path().join(FILE)).unwrap();
        let audit = product_service::audit(&file).unwrap();
        assert_eq!(audit.violations.details(), Vec::<String>::new());
    }
}

/// The files in a directory and in those within.
fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    files.collect()
}
