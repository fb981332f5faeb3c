//! The order service with stubbed wallet and reservations.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth::{Role, testing};
use bus::{Handler, Outcome, Subscription};
use bytes::Bytes;
use contracts::reservations::{
    CurrentPrice, PriceChanged, Refusal, RequestedLine, ReserveRequest, ReservedLine, Shortage,
};
use contracts::{Contract, Envelope, product, wallet};
use host::service::{Deps, StoreConfig};
use host::testing::{Answer, TestHost};
use kernel::{
    Clock, Currency, ManualClock, Money, OrderId, ProductId, SystemClock, SystemIds, UserId,
};
use order_service::{Config, OrderService, ReservationRefusal, Reservations};
use serde_json::{Value, json};
use telemetry::metrics::Metrics;
use tokio::sync::mpsc;

/// How the wallet answers a debit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Pays,
    Declines,
    Silent,
    /// Sends no reply and fails to handle the message.
    Fails,
}

/// A stub for reservations, with its stock.
pub(crate) struct Desk {
    pub(crate) stock: Mutex<HashMap<ProductId, (UserId, i64)>>,
    pub(crate) asked: Mutex<Vec<OrderId>>,
    /// What one of each product costs.
    pub(crate) price: Mutex<i64>,
}

#[async_trait]
impl Reservations for Desk {
    async fn reserve(
        &self,
        request: ReserveRequest,
    ) -> Result<Vec<ReservedLine>, ReservationRefusal> {
        self.asked.lock().unwrap().push(request.order);
        let mut kept = self.stock.lock().unwrap();
        let mut stock = kept.clone();
        let mut lines = Vec::new();
        let price = Money::new(*self.price.lock().unwrap(), Currency::USD);
        for RequestedLine {
            product,
            quantity,
            agreed,
        } in request.lines
        {
            let Some((seller, left)) = stock.get_mut(&product) else {
                return Err(Refusal::UnknownProducts(vec![product]).into());
            };
            if *seller == request.buyer {
                return Err(Refusal::OwnProducts(vec![product]).into());
            }
            if !agreed.allows(price, 1) {
                let current = CurrentPrice {
                    product,
                    unit_price: price,
                    version: 1,
                };
                let (lines, total) = (vec![current], Some(price));
                return Err(Refusal::PriceChanged(PriceChanged { lines, total }).into());
            }
            let requested = i64::from(quantity);
            if *left < requested {
                let shortage = Shortage {
                    product,
                    requested,
                    available: *left,
                };
                return Err(Refusal::OutOfStock(vec![shortage]).into());
            }
            *left -= requested;
            lines.push(ReservedLine {
                product,
                seller: *seller,
                name: "Lamp".to_owned(),
                unit_price: price,
                quantity,
            });
        }
        *kept = stock;
        Ok(lines)
    }
}

struct Wallet {
    script: Arc<Mutex<Script>>,
    replies: Replies,
    heard: Arc<Mutex<Vec<String>>>,
}

/// Delivers replies directly to the order service's queue, through the handler that the bus would call.
pub(crate) type Replies = Arc<Mutex<Arc<dyn Handler>>>;

#[async_trait]
impl Handler for Wallet {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        for command in &batch {
            self.heard
                .lock()
                .unwrap()
                .push(command.name.rsplit('.').next().unwrap().to_owned());
            let order_id = contracts::id_bytes(command.order.as_uuid());
            let reply = match *self.script.lock().unwrap() {
                _ if command.name == name::<wallet::CancelOrderDebit>() => Some(Envelope::of_step(
                    command.order,
                    "debit-cancelled",
                    &wallet::OrderDebitCancelled {
                        order_id,
                        refunded: false,
                    },
                    command.time,
                )),
                _ if command.name == name::<product::ConfirmReservation>() => {
                    let confirmed = product::ReservationConfirmed { order_id };
                    Some(Envelope::of_step(
                        command.order,
                        "reservation-confirmed",
                        &confirmed,
                        command.time,
                    ))
                }
                _ if command.name != name::<wallet::DebitForOrder>() => None,
                Script::Pays => {
                    let transaction_id = order_id.clone();
                    Some(Envelope::of_step(
                        command.order,
                        "debited",
                        &wallet::OrderDebited {
                            order_id,
                            transaction_id,
                        },
                        command.time,
                    ))
                }
                Script::Declines => Some(Envelope::of_step(
                    command.order,
                    "debit-declined",
                    &wallet::OrderDebitDeclined {
                        order_id,
                        reason: "insufficient_funds".to_owned(),
                    },
                    command.time,
                )),
                Script::Silent | Script::Fails => None,
            };
            let handler = self.replies.lock().unwrap().clone();
            if let Some(reply) = reply {
                handler.handle(vec![Arc::new(reply)]).await;
            }
        }
        let outcome = match *self.script.lock().unwrap() {
            Script::Fails => Outcome::Retry("on purpose".to_owned()),
            Script::Pays | Script::Declines | Script::Silent => Outcome::Done,
        };
        vec![outcome; batch.len()]
    }
}

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
    issuer: Arc<auth::Issuer>,
    verifier: auth::Verifier,
}

impl Around {
    pub(crate) fn new() -> Self {
        let (issuer, verifier) = testing::fixture();
        Self {
            desk: Arc::new(Desk {
                stock: Mutex::default(),
                asked: Mutex::default(),
                price: Mutex::new(500),
            }),
            clock: Arc::new(ManualClock::at(SystemClock.now())),
            ids: Arc::new(SystemIds::default()),
            announcer: None,
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
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
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
            ..Config::default()
        };
        let (verifier, announcer) = (around.verifier, around.announcer);
        let service = OrderService::build(&config, store, &deps, verifier, reservations, announcer);
        let service = Arc::new(service.unwrap());
        let mut parts = service.parts();
        let script = Arc::new(Mutex::new(script));
        let heard = Arc::new(Mutex::default());
        let replies = Arc::new(Mutex::new(parts.subscriptions[0].handler.clone()));
        let wallet = Wallet {
            script: script.clone(),
            replies: replies.clone(),
            heard: heard.clone(),
        };
        parts.subscriptions.push(Subscription {
            queue: "neighbours",
            messages: vec![
                name::<wallet::DebitForOrder>(),
                name::<wallet::CancelOrderDebit>(),
                name::<wallet::RefundOrder>(),
                name::<wallet::ReleaseEscrow>(),
                name::<product::ConfirmReservation>(),
                name::<product::ReleaseReservation>(),
            ],
            handler: Arc::new(wallet),
            max_batch: 16,
        });
        let host = TestHost::start(&deps, vec![parts]);
        Self {
            host,
            service,
            desk: around.desk,
            script,
            heard,
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

    pub(crate) fn heard(&self, command: &str) -> usize {
        self.heard
            .lock()
            .unwrap()
            .iter()
            .filter(|name| *name == command)
            .count()
    }
}

pub(crate) fn one(product: ProductId, quantity: i64) -> Value {
    json!({"items": [{"productId": product, "quantity": quantity}]})
}

pub(crate) const DEADLINE: Duration = Duration::from_secs(121);
