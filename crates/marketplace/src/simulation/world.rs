//! The three services on stores of either engine, the people, and what they see and do over HTTP.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use auth::{Role, testing};
use bus::{Handler, Subscription};
use host::service::{Deps, StoreConfig};
use host::testing::{Answer, TestHost, eventually};
use kernel::{Clock as _, Currency, ManualClock, Money, SystemClock, UserId};
use order_service::OrderService;
use product_service::ProductService;
use serde_json::{Value, json};
use wallet_service::WalletService;

use crate::adapters::InProcessReservations;
use crate::audit::{self, Files, Finding};
use crate::data_dir::{DataDir, sqlite};

/// What each buyer puts into their wallet.
pub(super) const FUNDS: i64 = 100_000_000;
/// How many there are of each product.
pub(super) const STOCK: i64 = 100_000;

const BUYERS: usize = 12;
const SELLERS: usize = 5;
const PRODUCTS: usize = 16;

const DAY: Duration = Duration::from_hours(24);

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: String,
    token: String,
}

#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) id: String,
    pub(super) seller: String,
    pub(super) price: i64,
}

/// Where the books are.
enum Place {
    Files(tempfile::TempDir),
    #[cfg(feature = "distributed")]
    Databases(
        host::settings::MongoConfig,
        #[expect(dead_code, reason = "drops the databases when the test is over")]
        Vec<store_mongo::testing::TestDatabase>,
    ),
}

pub(super) struct World {
    host: TestHost,
    clock: Arc<ManualClock>,
    orders: Arc<OrderService>,
    wallet: Arc<WalletService>,
    pub(super) operator: Person,
    buyers: Vec<Person>,
    sellers: Vec<Person>,
    products: Vec<Product>,
    /// The queues of the three services.
    pub(super) subscriptions: Vec<Subscription>,
    place: Place,
}

impl World {
    pub(super) async fn on_sqlite() -> Self {
        Self::on_files(None).await
    }

    /// On files; `listener` hears every message that a service hears.
    pub(super) async fn heard_by(listener: Arc<dyn Handler>) -> Self {
        Self::on_files(Some(listener)).await
    }

    async fn on_files(listener: Option<Arc<dyn Handler>>) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::create(temp.path()).unwrap();
        let store = |service: &str| sqlite(dir.file(service));
        Self::on(store, Place::Files(temp), listener).await
    }

    #[cfg(feature = "distributed")]
    pub(super) async fn on_mongodb() -> Self {
        use store_mongo::testing::TestDatabase;
        let prefix = TestDatabase::new();
        let config = host::settings::MongoConfig {
            uri: prefix.uri(),
            uri_file: None,
            database_prefix: prefix.name.clone(),
        };
        let named = |service: &str| {
            let mut database = TestDatabase::new();
            database.name = config.database(service);
            database
        };
        let databases = ["products", "orders", "wallet"].map(named);
        let store = |service: &str| StoreConfig::Mongo {
            uri: config.uri.clone(),
            database: config.database(service),
        };
        let place = Place::Databases(config.clone(), databases.into());
        Self::on(store, place, None).await
    }

    async fn on(
        store: impl Fn(&str) -> StoreConfig,
        place: Place,
        listener: Option<Arc<dyn Handler>>,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let deps = Deps::new(clock.clone(), Currency::USD);
        // Tokens last as long as the test takes.
        let (issuer, verifier) = testing::fixture();
        let catalogue = product_service::Config::default();
        let products = store("products");
        let products = ProductService::build(
            &catalogue,
            host::settings::SellersConfig::default(),
            14,
            products,
            &deps,
            verifier.clone(),
        );
        let products = Arc::new(products.unwrap());
        let config = wallet_service::Config {
            commission_basis_points: 1000,
            ..wallet_service::Config::default()
        };
        let wallet = WalletService::build(&config, store("wallet"), &deps, verifier.clone());
        let wallet = Arc::new(wallet.unwrap());
        let config = order_service::Config {
            wait_seconds: 30,
            sweep_milliseconds: 50,
            ..order_service::Config::default()
        };
        let reservations = Arc::new(InProcessReservations(products.clone()));
        let orders = store("orders");
        let mails = order_service::Mails::Off;
        let orders =
            OrderService::build(&config, orders, &deps, verifier, reservations, None, mails);
        let orders = Arc::new(orders.unwrap());
        let mut parts = vec![products.parts(), wallet.parts(), orders.parts()];
        let subscriptions = parts.iter().flat_map(|part| part.subscriptions.clone());
        let subscriptions: Vec<Subscription> = subscriptions.collect();
        if let Some(handler) = listener {
            let names = subscriptions.iter().flat_map(|queue| &queue.messages);
            let names: HashSet<&String> = names.collect();
            parts[0].subscriptions.push(Subscription {
                queue: "listener",
                messages: names.into_iter().cloned().collect(),
                handler,
                max_batch: 16,
            });
        }
        let host = TestHost::start(&deps, parts);
        let person = |roles: &[Role]| {
            let id = UserId::new(&*deps.ids);
            let token = testing::token_for(&issuer, id, roles);
            let id = id.to_string();
            Person { id, token }
        };
        let mut world = Self {
            host,
            clock,
            orders,
            wallet,
            operator: person(&[Role::Admin]),
            buyers: (0..BUYERS).map(|_| person(&[])).collect(),
            sellers: (0..SELLERS).map(|_| person(&[])).collect(),
            products: Vec::new(),
            subscriptions,
            place,
        };
        world.open().await;
        world
    }

    /// Buyers have money, and sellers have goods.
    async fn open(&mut self) {
        for buyer in &self.buyers {
            let (owner, money) = (buyer.id.parse().unwrap(), usd(FUNDS));
            self.wallet.credit(owner, money, "savings").await.unwrap();
        }
        for number in 0..PRODUCTS {
            let seller = &self.sellers[number % SELLERS];
            let price = 1000 + 100 * i64::try_from(number).unwrap();
            let product = json!({
                "name": format!("Lamp {number}"), "description": "", "price": price, "stock": STOCK, "category": "Light",
                "delivery": "shipped",
            });
            let listed = self.done(seller, "/api/products/create", &product).await;
            self.products.push(Product {
                id: text(&listed["id"]),
                seller: seller.id.clone(),
                price,
            });
        }
    }

    pub(super) fn product(&self, number: usize) -> &Product {
        &self.products[number % PRODUCTS]
    }

    /// A product of another seller than `product` has for the same number.
    pub(super) fn product_beside(&self, number: usize) -> &Product {
        let first = self.product(number);
        let mut products = self.products.iter().cycle().skip(number % PRODUCTS);
        products
            .find(|product| product.seller != first.seller)
            .unwrap()
    }

    pub(super) fn buyer(&self, number: usize) -> &Person {
        &self.buyers[number % BUYERS]
    }

    pub(super) fn seller(&self, product: &Product) -> &Person {
        let mut sellers = self.sellers.iter();
        sellers.find(|seller| seller.id == product.seller).unwrap()
    }

    pub(super) fn buyers(&self) -> &[Person] {
        &self.buyers
    }

    pub(super) fn sellers(&self) -> &[Person] {
        &self.sellers
    }

    pub(super) fn products(&self) -> &[Product] {
        &self.products
    }

    /// POST, which has to be done. Returns the answer.
    pub(super) async fn done(&self, by: &Person, path: &str, body: &Value) -> Value {
        let answer = self.host.post(path, &by.token, body).await;
        assert!(
            matches!(answer.status, 200..=202),
            "{path} {body}: {answer:?}"
        );
        answer.body
    }

    /// An order that is paid.
    pub(super) async fn orders(&self, buyer: &Person, items: &[Value]) -> Value {
        let address = json!({
            "name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB",
        });
        let body = json!({"items": items, "shippingAddress": address});
        let order = self.done(buyer, "/api/orders/create", &body).await;
        assert_eq!(order["status"], "paid", "{order}");
        order
    }

    /// Waits until the stock of an order is sold: before that it may still expire.
    pub(super) async fn is_sold(&self, seller: &Person, order: &str) {
        let path = format!("/api/orders/sales?q={order}");
        eventually("the sale", || async {
            let sales = self.seen(seller, &path).await;
            (sales["items"][0]["orderId"] == order).then_some(())
        })
        .await;
    }

    async fn seen(&self, by: &Person, path: &str) -> Value {
        let Answer { status, body, .. } = self.host.get(path, &by.token).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A part, as the operator sees it.
    pub(super) async fn part(&self, order: &str, part: &str) -> Value {
        let path = format!("/api/orders/{order}");
        let order = self.seen(&self.operator, &path).await;
        let mut parts = order["fulfilments"].as_array().unwrap().iter();
        parts.find(|one| one["id"] == part).unwrap().clone()
    }

    /// What a person has, available and pending.
    pub(super) async fn balance(&self, person: &Person) -> (i64, i64) {
        let balance = self.seen(person, "/api/wallet/balance").await;
        let amount = |bucket: &str| balance[bucket].as_i64().unwrap();
        (amount("available"), amount("pending"))
    }

    pub(super) async fn stock(&self, product: &Product) -> i64 {
        let path = format!("/api/products/{}", product.id);
        let product = self.seen(&self.operator, &path).await;
        product["stock"].as_i64().unwrap()
    }

    /// A day passes, and what is due happens.
    pub(super) async fn a_day_passes(&self) {
        self.clock.advance(DAY);
        while self.orders.sweep().await.unwrap() > 0 {}
    }

    /// Waits until nothing is under way any more, and lets the sellers' money mature.
    pub(super) async fn comes_to_rest(&self) {
        eventually("rest", || async {
            self.clock.advance(Duration::from_secs(11));
            self.orders.sweep().await.unwrap();
            let found = self.audit().await;
            let waits = |finding: &Finding| finding.checked.contains("wait for an answer");
            (!found.iter().any(waits)).then_some(())
        })
        .await;
        self.clock.advance(4 * DAY);
        while self.wallet.release_earnings().await.unwrap() > 0 {}
    }

    async fn audit(&self) -> Vec<Finding> {
        let found = match &self.place {
            Place::Files(dir) => {
                let files = Files::open(&DataDir::at(dir.path())).unwrap();
                audit::check(&files).await
            }
            #[cfg(feature = "distributed")]
            Place::Databases(config, _) => {
                let databases = audit::Databases::open(config).await.unwrap();
                audit::check(&databases).await
            }
        };
        found.unwrap()
    }

    pub(super) async fn assert_audit_is_clean(&self) {
        let found = self.audit().await;
        let checks: HashSet<&str> = found.iter().map(|finding| finding.invariant).collect();
        assert!(checks.len() > 12, "{found:?}");
        for finding in found {
            assert!(finding.violations.is_empty(), "{finding:?}");
        }
    }
}

const fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

/// A text in an answer.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
