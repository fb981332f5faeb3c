//! `kill -9` of the serving process, 20 times, under load. Clients do what good clients do: after a lost connection they send
//! the request again with the same Idempotency-Key. In the end every answer they saw is true, and nothing happened twice.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use e2e::{Client, Launch, Person, Product, unique, within};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CRASHES: usize = 20;
const WORKERS: usize = 12;
const PURSE: i64 = 20_000;
const STOCK: i64 = 1_000_000;

/// A request that has to be answered once.
#[derive(Clone)]
struct Intent {
    path: &'static str,
    key: String,
    body: Value,
}

/// What became of sending one.
enum Sent {
    Answered(u16, Value),
    /// The connection broke, or it is to be sent again later.
    Unknown,
}

/// A client with its wallet, and what it was told.
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
            return Sent::Unknown;
        };
        let status = response.status().as_u16();
        let Ok(body) = response.json::<Value>().await else {
            return Sent::Unknown;
        };
        if status == 503 || body["code"] == "request_running" {
            return Sent::Unknown;
        }
        Sent::Answered(status, body)
    }

    /// Notes what the client was told.
    fn note(&mut self, intent: &Intent, status: u16, body: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
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

    /// Sends one request after the other until the server is gone.
    async fn work(mut self, client: Client, answers: Arc<AtomicUsize>) -> Self {
        self.person = self.person.at(&client);
        let mut running = Vec::new();
        loop {
            let intent = match self.open.pop() {
                Some(intent) => intent,
                None => self.next_intent(),
            };
            match self.send(&intent).await {
                Sent::Answered(status, body) => {
                    self.note(&intent, status, &body);
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                Sent::Unknown => {
                    running.push(intent);
                    if client
                        .request(Method::GET, "/healthz", "")
                        .send()
                        .await
                        .is_err()
                    {
                        self.open.extend(running);
                        return self;
                    }
                }
            }
        }
    }

    /// Sends what is still open until all of it is answered.
    async fn finish(mut self, client: Client) -> Self {
        self.person = self.person.at(&client);
        for intent in std::mem::take(&mut self.open) {
            let (status, body) =
                within(
                    Duration::from_secs(90),
                    "an answer at last",
                    async || match self.send(&intent).await {
                        Sent::Answered(status, body) => Some((status, body)),
                        Sent::Unknown => None,
                    },
                )
                .await;
            self.note(&intent, status, &body);
        }
        self
    }

    /// Checks the wallet and the orders against what the client was told. Returns what was bought: product and quantity.
    async fn check(&self) -> Vec<(String, i64)> {
        let list = format!("/api/orders/{}/byUser?limit=100", self.person.id);
        let orders = within(Duration::from_mins(1), "every order settles", async || {
            let orders = self.person.all(&list).await;
            let settled = ["paid", "declined", "cancelled", "refunded"];
            let open = orders
                .iter()
                .any(|order| !settled.contains(&order["status"].as_str().unwrap()));
            (!open).then_some(orders)
        })
        .await;
        let ids = |wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
            orders
                .iter()
                .filter(|order| wanted(order))
                .map(|order| order["id"].as_str().unwrap().to_owned())
                .collect()
        };
        let paid = ids(&|order| order["status"] == "paid");
        assert_eq!(ids(&|_| true), self.orders, "each request made one order");
        assert!(
            self.paid.is_subset(&paid),
            "what was said to be paid is paid"
        );
        for id in &self.paid {
            assert_eq!(self.person.order(id).await.body["status"], "paid");
        }

        let history = self.person.all("/api/wallet/transaction?limit=100").await;
        let posted: BTreeSet<String> = history
            .iter()
            .filter(|entry| entry.get("orderId").is_none_or(Value::is_null))
            .map(|entry| entry["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            posted, self.credits,
            "each credit that was answered, once, and no other"
        );
        let sum: i64 = history
            .iter()
            .map(|entry| entry["amount"].as_i64().unwrap())
            .sum();
        assert_eq!(self.person.balance().await, sum);

        orders
            .iter()
            .filter(|order| order["status"] == "paid")
            .flat_map(|order| order["items"].as_array().unwrap())
            .map(|line| {
                let product = line["productId"].as_str().unwrap().to_owned();
                (product, line["quantity"].as_i64().unwrap())
            })
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_20_crashes_under_load_every_answer_is_true_and_every_order_settles() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path());
    let mut workers = prepare(&launch).await;
    let goods = workers[0].goods.clone();

    for crash in 0..CRASHES {
        let server = launch.serve();
        let answers = Arc::new(AtomicUsize::new(0));
        let mut busy = JoinSet::new();
        for worker in workers.drain(..) {
            busy.spawn(worker.work(server.client(), answers.clone()));
        }
        // A different moment each time: by answers, so that a slow machine is not killed before it did anything.
        let enough = 15 + crash * 37 % 160;
        within(Duration::from_secs(30), "work under load", async || {
            (answers.load(Ordering::Relaxed) >= enough).then_some(())
        })
        .await;
        server.kill();
        workers = busy.join_all().await;
    }

    let server = launch.serve();
    let mut busy = JoinSet::new();
    for worker in workers.drain(..) {
        busy.spawn(worker.finish(server.client()));
    }
    let workers = busy.join_all().await;
    let mut sold = Vec::new();
    for worker in &workers {
        sold.extend(worker.check().await);
    }
    for good in &goods {
        let sold: i64 = sold
            .iter()
            .filter(|(product, _)| *product == good.id)
            .map(|(_, quantity)| quantity)
            .sum();
        within(
            Duration::from_secs(30),
            "the stock of unpaid orders comes back",
            async || (workers[0].person.stock(good).await + sold == STOCK).then_some(()),
        )
        .await;
    }
    launch.assert_audit_is_clean();
    assert_eq!(server.terminate(), Some(0));
    launch.assert_audit_is_clean();
    let answered: usize = workers.iter().map(|worker| worker.paid.len()).sum();
    println!("{answered} orders were answered as paid across {CRASHES} crashes");
}

async fn prepare(launch: &Launch) -> Vec<Worker> {
    let server = launch.serve();
    let client = server.client();
    let seller = client.join("Grace").await;
    let mut goods = Vec::new();
    for n in 1..=5 {
        goods.push(seller.lists(&format!("Good {n}"), 10 * n, STOCK).await);
    }
    let mut workers = Vec::new();
    for n in 0..WORKERS {
        let person = client.join(&format!("Worker {n}")).await;
        let first = person.credit(PURSE).await;
        workers.push(Worker {
            person,
            goods: goods.clone(),
            turn: n,
            open: Vec::new(),
            credits: BTreeSet::from([first["id"].as_str().unwrap().to_owned()]),
            paid: BTreeSet::new(),
            orders: BTreeSet::new(),
        });
    }
    assert_eq!(server.terminate(), Some(0));
    workers
}
