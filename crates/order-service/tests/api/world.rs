//! The order service with stubbed wallet and reservations.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth::{Role, testing};
use bus::{Handler, Outcome, Subscription};
use bytes::Bytes;
use contracts::reservations::{
    CurrentPrice, Delivery, PriceChanged, Refusal, RequestedLine, ReserveRequest, ReservedLine,
    Shortage,
};
use contracts::{Contract, Envelope, product, user, wallet};
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

/// How the wallet answers a refund or a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refunds {
    /// It is done. A refund gives back a tenth as commission.
    Done,
    /// Not at all.
    Silent,
    /// A refund does not fit.
    Refused,
}

/// A stub for reservations, with its stock.
pub(crate) struct Desk {
    pub(crate) stock: Mutex<HashMap<ProductId, (UserId, i64)>>,
    /// The products that are shipped.
    pub(crate) shipped: Mutex<HashSet<ProductId>>,
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
            let is_shipped = self.shipped.lock().unwrap().contains(&product);
            lines.push(ReservedLine {
                product,
                seller: *seller,
                seller_name: Some("Grace".to_owned()),
                category: "Light".to_owned(),
                delivery: if is_shipped {
                    Delivery::Shipped
                } else {
                    Delivery::None
                },
                name: "Lamp".to_owned(),
                unit_price: price,
                quantity,
            });
        }
        *kept = stock;
        Ok(lines)
    }
}

/// The wallet and the product service.
struct Neighbours {
    script: Arc<Mutex<Script>>,
    refunds: Arc<Mutex<Refunds>>,
    /// Whether the product service confirms that stock is sold.
    confirms: Arc<Mutex<bool>>,
    replies: Replies,
    heard: Heard,
}

/// The commands that the neighbours have received, in order.
pub(crate) type Heard = Arc<Mutex<Vec<Arc<Envelope>>>>;

/// Delivers replies directly to the order service's queue, through the handler that the bus would call.
pub(crate) type Replies = Arc<Mutex<Arc<dyn Handler>>>;

impl Neighbours {
    /// The reply to a command, if there is one.
    fn reply(&self, command: &Envelope) -> Option<Envelope> {
        let order = OrderId::from_uuid(command.subject);
        let order_id = contracts::id_bytes(command.subject);
        let name = command.name.as_str();
        let at = command.time;
        if name == self::name::<wallet::DebitForOrder>() {
            return self.debit(command);
        }
        if name == self::name::<wallet::RefundPart>() {
            return self.refund(command);
        }
        if name == self::name::<wallet::CancelOrderDebit>() {
            let cancelled = wallet::OrderDebitCancelled {
                order_id,
                refunded: false,
            };
            return Some(Envelope::of_step(order, "debit-cancelled", &cancelled, at));
        }
        if name == self::name::<wallet::ReleasePart>() {
            if *self.refunds.lock().unwrap() == Refunds::Silent {
                return None;
            }
            let release: wallet::ReleasePart = command.open().unwrap();
            let step = format!("released {}", hex(&release.fulfilment_id));
            let released = wallet::PartReleased {
                order_id,
                fulfilment_id: release.fulfilment_id,
                transaction_id: contracts::id_bytes(command.id.as_uuid()),
            };
            return Some(Envelope::of_step(order, &step, &released, at));
        }
        if name == self::name::<product::ConfirmReservation>() {
            let confirmed = product::ReservationConfirmed { order_id };
            let step = "reservation-confirmed";
            let confirms = *self.confirms.lock().unwrap();
            return confirms.then(|| Envelope::of_step(order, step, &confirmed, at));
        }
        if name == self::name::<product::ReturnStock>() {
            let back: product::ReturnStock = command.open().unwrap();
            let step = format!("stock-returned {}", hex(&back.return_id));
            let returned = product::StockReturned {
                order_id,
                return_id: back.return_id,
            };
            return Some(Envelope::of_step(order, &step, &returned, at));
        }
        None
    }

    fn debit(&self, command: &Envelope) -> Option<Envelope> {
        let order = OrderId::from_uuid(command.subject);
        let order_id = contracts::id_bytes(command.subject);
        match *self.script.lock().unwrap() {
            Script::Pays => {
                let debit: wallet::DebitForOrder = command.open().unwrap();
                let lines = debit.parts.iter().flat_map(|part| &part.lines);
                let debited = wallet::OrderDebited {
                    transaction_id: order_id.clone(),
                    order_id,
                    commissions: lines
                        .map(|line| wallet::LineCommission {
                            line_id: line.line_id.clone(),
                            amount: line.unit_price * line.quantity / 10,
                        })
                        .collect(),
                };
                Some(Envelope::of_step(order, "debited", &debited, command.time))
            }
            Script::Declines => {
                let declined = wallet::OrderDebitDeclined {
                    order_id,
                    reason: "insufficient_funds".to_owned(),
                };
                let step = "debit-declined";
                Some(Envelope::of_step(order, step, &declined, command.time))
            }
            Script::Silent | Script::Fails => None,
        }
    }

    fn refund(&self, command: &Envelope) -> Option<Envelope> {
        let order = OrderId::from_uuid(command.subject);
        let refund: wallet::RefundPart = command.open().unwrap();
        let id = hex(&refund.refund_id);
        match *self.refunds.lock().unwrap() {
            Refunds::Silent => None,
            Refunds::Done => {
                let reversed = refund.lines.iter().map(|line| wallet::LineCommission {
                    line_id: line.line_id.clone(),
                    amount: line.amount / 10,
                });
                let done = wallet::PartRefunded {
                    reversed: reversed.collect(),
                    order_id: refund.order_id,
                    fulfilment_id: refund.fulfilment_id,
                    transaction_id: refund.refund_id.clone(),
                    refund_id: refund.refund_id,
                };
                let step = format!("refunded {id}");
                Some(Envelope::of_step(order, &step, &done, command.time))
            }
            Refunds::Refused => {
                let refused = wallet::PartRefused {
                    order_id: refund.order_id,
                    fulfilment_id: refund.fulfilment_id,
                    refund_id: refund.refund_id,
                    reason: "exceeds_part".to_owned(),
                };
                let step = format!("part-refused-refund {id}");
                Some(Envelope::of_step(order, &step, &refused, command.time))
            }
        }
    }
}

/// An id in a message, as text.
fn hex(id: &[u8]) -> String {
    uuid::Uuid::from_slice(id).unwrap().to_string()
}

#[async_trait]
impl Handler for Neighbours {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        for command in &batch {
            self.heard.lock().unwrap().push(command.clone());
            let reply = self.reply(command);
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
                price: Mutex::new(500),
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
        let service = OrderService::build(&config, store, &deps, verifier, reservations, announcer);
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

/// A part of an order.
pub(crate) struct Part {
    pub(crate) order: String,
    pub(crate) id: String,
    pub(crate) lines: Vec<(String, i64)>,
}

impl Part {
    /// The first part of an order that the API has shown.
    pub(crate) fn of(order: &Value) -> Self {
        Self::all(order).swap_remove(0)
    }

    /// All parts of an order that the API has shown.
    pub(crate) fn all(order: &Value) -> Vec<Self> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let line = |item: &Value| (text(&item["lineId"]), item["quantity"].as_i64().unwrap());
        let parts = order["fulfilments"].as_array().unwrap().iter();
        parts
            .map(|part| Self {
                order: text(&order["id"]),
                id: text(&part["id"]),
                lines: part["items"].as_array().unwrap().iter().map(line).collect(),
            })
            .collect()
    }

    /// A list of items for a request: how many of which line, by its place.
    pub(crate) fn items(&self, wanted: &[(usize, i64)]) -> Value {
        let items = wanted
            .iter()
            .map(|(line, quantity)| json!({"lineId": self.lines[*line].0, "quantity": quantity}));
        items.collect()
    }

    /// All that was ordered, as a list of items for a request.
    pub(crate) fn everything(&self) -> Value {
        let lines = self.lines.iter();
        let items = lines.map(|(line, quantity)| json!({"lineId": line, "quantity": quantity}));
        items.collect()
    }

    /// `/api/orders/{id}` and `rest`.
    pub(crate) fn order_path(&self, rest: &str) -> String {
        format!("/api/orders/{}{rest}", self.order)
    }

    /// `/api/orders/{id}/fulfilments/{fid}` and `rest`.
    pub(crate) fn path(&self, rest: &str) -> String {
        self.order_path(&format!("/fulfilments/{}{rest}", self.id))
    }

    /// Sends a package with these items.
    pub(crate) async fn ship(&self, world: &World, token: &str, items: &Value) -> Answer {
        let package = json!({"items": items, "carrier": "UPS", "trackingNumber": "1Z999AA1"});
        world
            .make(&self.path("/shipments"), token, &package, &[])
            .await
    }

    /// Refunds items or an amount.
    pub(crate) async fn refund(
        &self,
        world: &World,
        token: &str,
        what: (&str, Value),
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = json!({"fulfilmentId": self.id, what.0: what.1, "reason": "A scratch"});
        let path = self.order_path("/refunds");
        world.make(&path, token, &body, headers).await
    }

    /// What has happened to the order.
    pub(crate) async fn timeline(&self, world: &World, token: &str) -> Vec<Value> {
        let path = self.order_path("/timeline?limit=100");
        let answer = world.host.get(&path, token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["items"].as_array().unwrap().clone()
    }
}
