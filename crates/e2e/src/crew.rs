//! Well-behaved clients: after a lost connection, or a response that asks them to retry, they resend the request with the same
//! Idempotency-Key. In the end every response they received holds true, and nothing was applied twice.

mod counts;
mod kept;

pub use counts::{Answered, Why};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};

use self::counts::Counts;
use crate::client::Client;
use crate::ids::unique;
use crate::person::{Person, Product};
use crate::shape::within;

const WORKERS: usize = 12;
const PURSE: i64 = 20_000;
const STOCK: i64 = 1_000_000;
/// Delay before an unanswered request is resent.
const PAUSE: Duration = Duration::from_millis(100);

/// A request that must be answered exactly once.
#[derive(Debug, Clone)]
struct Intent {
    path: &'static str,
    key: String,
    body: Value,
}

/// The outcome of sending one request.
enum Sent {
    Answered(u16, Value),
    /// It must be resent.
    Unanswered(Why),
}

/// A client with its wallet, and the responses it received.
#[derive(Debug, Clone)]
struct Worker {
    person: Person,
    goods: Vec<Product>,
    turn: usize,
    open: Vec<Intent>,
    credits: BTreeSet<String>,
    paid: BTreeSet<String>,
    orders: BTreeSet<String>,
}

impl Worker {
    fn next_intent(&mut self) -> Intent {
        self.turn += 1;
        let (path, body) = if self.turn.is_multiple_of(4) {
            ("/api/wallet/credit", json!({"amount": 100 + self.turn}))
        } else {
            let good = &self.goods[self.turn % self.goods.len()];
            (
                "/api/orders/create",
                json!({"productId": good.id, "quantity": 1 + self.turn % 3}),
            )
        };
        Intent {
            path,
            key: unique(),
            body,
        }
    }

    async fn send(&self, intent: &Intent) -> Sent {
        let request = self
            .person
            .request(Method::POST, intent.path)
            .header("idempotency-key", &intent.key)
            .json(&intent.body);
        let Ok(response) = request.send().await else {
            return Sent::Unanswered(Why::NoAnswer);
        };
        let status = response.status().as_u16();
        let later = response.headers().contains_key("retry-after");
        let Ok(body) = response.json::<Value>().await else {
            return Sent::Unanswered(Why::HalfAnAnswer);
        };
        // A failure behind the gateway is reported so that a client knows what to do: retry later, or resend with the same key.
        match status {
            503 => assert!(later, "503 says when to come back: {body}"),
            502 => assert_eq!(body["code"], "bad_gateway"),
            504 => assert_eq!(body["code"], "gateway_timeout"),
            _ => {}
        }
        if body["code"] == "request_running" {
            return Sent::Unanswered(Why::StillRunning);
        }
        // From the service, or from the gateway on its behalf.
        if [429, 502, 503, 504].contains(&status) {
            return Sent::Unanswered(Why::Later(status));
        }
        Sent::Answered(status, body)
    }

    /// Records what the response said.
    fn note(&mut self, intent: &Intent, status: u16, body: &Value) {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        match (intent.path, status) {
            ("/api/wallet/credit", 201) => {
                self.credits.insert(text(&body["id"]));
            }
            ("/api/orders/create", 201) => {
                assert_eq!(body["status"], "paid");
                self.paid.insert(text(&body["id"]));
                self.orders.insert(text(&body["id"]));
            }
            ("/api/orders/create", 202) => {
                self.orders.insert(text(&body["id"]));
            }
            ("/api/orders/create", 402 | 409) => {
                self.orders.insert(text(&body["order"]["id"]));
            }
            (path, _) => panic!("{path} answered {status}: {body}"),
        }
    }

    /// Sends one request after another until `over` is set. Unanswered requests are queued and resent after other work.
    async fn work(mut self, client: Client, counts: Arc<Counts>, over: Arc<AtomicBool>) -> Self {
        self.person = self.person.at(&client);
        let mut unanswered = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let intent = match self.open.pop() {
                Some(intent) => intent,
                None => self.next_intent(),
            };
            match self.send(&intent).await {
                Sent::Answered(status, body) => {
                    self.note(&intent, status, &body);
                    counts.answers().push(Answered {
                        person: self.person.clone(),
                        path: intent.path,
                        status,
                        body,
                    });
                    self.open.extend(unanswered.pop());
                }
                Sent::Unanswered(why) => {
                    *counts.repeats().entry(why).or_default() += 1;
                    unanswered.push(intent);
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        self.open.extend(unanswered);
        self
    }

    /// Resends the open requests until all of them are answered.
    async fn finish(mut self, client: Client) -> Self {
        self.person = self.person.at(&client);
        for intent in std::mem::take(&mut self.open) {
            let (status, body) =
                within(
                    Duration::from_secs(90),
                    "an answer at last",
                    async || match self.send(&intent).await {
                        Sent::Answered(status, body) => Some((status, body)),
                        Sent::Unanswered(_) => None,
                    },
                )
                .await;
            self.note(&intent, status, &body);
        }
        self
    }

    /// Waits until every order has settled. Returns them.
    async fn settled(&self) -> Vec<Value> {
        let list = format!("/api/orders/{}/byUser?limit=100", self.person.id);
        within(Duration::from_mins(1), "every order settles", async || {
            let orders = self.person.all(&list).await;
            let settled = ["paid", "declined", "cancelled", "refunded"];
            let open = orders
                .iter()
                .any(|order| !settled.contains(&order["status"].as_str().expect("a text")));
            (!open).then_some(orders)
        })
        .await
    }

    /// The credits of the wallet, whose balance is the sum of its entries.
    async fn posted(&self) -> BTreeSet<String> {
        let history = self.person.all("/api/wallet/transaction?limit=100").await;
        let sum: i64 = history
            .iter()
            .map(|entry| entry["amount"].as_i64().expect("a number"))
            .sum();
        assert_eq!(self.person.balance().await, sum);
        ids(&history, |entry| {
            entry.get("orderId").is_none_or(Value::is_null)
        })
    }

    /// Checks the wallet and the orders against the responses received. Returns what was bought: product and quantity.
    async fn check(&self) -> Vec<(String, i64)> {
        let orders = self.settled().await;
        let paid = ids(&orders, |order| order["status"] == "paid");
        assert_eq!(
            ids(&orders, |_| true),
            self.orders,
            "each request made one order"
        );
        assert!(
            self.paid.is_subset(&paid),
            "what was said to be paid is paid"
        );
        for id in &self.paid {
            assert_eq!(self.person.order(id).await.body["status"], "paid");
        }

        assert_eq!(
            self.posted().await,
            self.credits,
            "each credit that was answered, once, and no other"
        );

        orders
            .iter()
            .filter(|order| order["status"] == "paid")
            .flat_map(|order| order["items"].as_array().expect("a list"))
            .map(|line| {
                let product = line["productId"].as_str().expect("a text").to_owned();
                (product, line["quantity"].as_i64().expect("a number"))
            })
            .collect()
    }
}

/// The ids of those items that are wanted.
fn ids(items: &[Value], wanted: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let wanted = items.iter().filter(|item| wanted(item));
    wanted
        .map(|item| item["id"].as_str().expect("a text").to_owned())
        .collect()
}

/// Clients that use one marketplace.
#[derive(Debug, Clone)]
pub struct Crew {
    workers: Vec<Worker>,
}

/// A crew that is sending.
#[derive(Debug)]
pub struct Busy {
    workers: Vec<JoinHandle<Worker>>,
    counts: Arc<Counts>,
    over: Arc<AtomicBool>,
}

impl Crew {
    /// Registers the clients, lists their goods and tops up their wallets.
    ///
    /// # Panics
    /// If the marketplace rejects any of this.
    pub async fn gather(client: &Client) -> Self {
        let seller = client.join("Grace").await;
        let mut goods = Vec::new();
        for n in 1..=5 {
            goods.push(seller.lists(&format!("Good {n}"), 10 * n, STOCK).await);
        }
        let mut workers = Vec::new();
        for n in 0..WORKERS {
            let person = client.join(&format!("Worker {n}")).await;
            let first = person.credit(PURSE).await;
            let id = first["id"].as_str().expect("an id").to_owned();
            workers.push(Worker {
                person,
                goods: goods.clone(),
                turn: n,
                open: Vec::new(),
                credits: BTreeSet::from([id]),
                paid: BTreeSet::new(),
                orders: BTreeSet::new(),
            });
        }
        Self { workers }
    }

    /// Starts sending.
    #[must_use]
    pub fn start(self, client: &Client) -> Busy {
        let mut busy = Busy {
            workers: Vec::new(),
            counts: Arc::default(),
            over: Arc::default(),
        };
        for worker in self.workers {
            let (counts, over) = (busy.counts.clone(), busy.over.clone());
            let worker = worker.work(client.clone(), counts, over);
            busy.workers.push(tokio::spawn(worker));
        }
        busy
    }

    /// Resends open requests until they are answered, then checks orders, wallets and stock against all responses the clients received.
    /// Returns how many orders were reported as paid.
    ///
    /// # Panics
    /// If anything contradicts a response.
    pub async fn finish_and_check(self, client: &Client) -> usize {
        let mut busy = JoinSet::new();
        for worker in self.workers {
            busy.spawn(worker.finish(client.clone()));
        }
        let workers = busy.join_all().await;
        let mut sold = Vec::new();
        for worker in &workers {
            sold.extend(worker.check().await);
        }
        let first = workers.first().expect("a worker");
        for good in &first.goods {
            let sold: i64 = sold
                .iter()
                .filter(|(product, _)| *product == good.id)
                .map(|(_, quantity)| quantity)
                .sum();
            within(
                Duration::from_secs(60),
                "the stock of unpaid orders comes back",
                async || (first.person.stock(good).await + sold == STOCK).then_some(()),
            )
            .await;
        }
        workers.iter().map(|worker| worker.paid.len()).sum()
    }
}

impl Busy {
    /// The number of responses so far.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.counts.answers().len()
    }

    /// The responses so far.
    #[must_use]
    pub fn answered_so_far(&self) -> Vec<Answered> {
        self.counts.answers().clone()
    }

    /// The number of requests resent so far, by reason.
    #[must_use]
    pub fn repeats(&self) -> BTreeMap<Why, usize> {
        self.counts.repeats().clone()
    }

    /// Waits until `more` further responses have arrived.
    ///
    /// # Panics
    /// If they do not arrive within `patience`. Panics immediately if a client received an unexpected response, so that the cause and the
    /// marketplace's logs can still be examined.
    pub async fn answered(&self, more: usize, patience: Duration) {
        let enough = self.answers() + more;
        within(patience, "work under load", async || {
            let ended = self.workers.iter().filter(|worker| worker.is_finished());
            assert_eq!(ended.count(), 0, "clients that gave up: see their panics");
            (self.answers() >= enough).then_some(())
        })
        .await;
    }

    /// Stops sending.
    ///
    /// # Panics
    /// If a client received an unexpected response.
    pub async fn stop(self) -> Crew {
        self.over.store(true, Ordering::Relaxed);
        let mut workers = Vec::with_capacity(self.workers.len());
        for worker in self.workers {
            workers.push(worker.await.expect("a client that was answered well"));
        }
        Crew { workers }
    }
}
