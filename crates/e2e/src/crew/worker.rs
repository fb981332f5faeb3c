//! One client: the requests that it sends, the responses that it received, and whether they hold true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::counts::{Answered, Counts};
use super::deal::{Deal, NOT_NOW, is_paid, sold, spent};
use super::intent::{Intent, Sent, Step};
use crate::client::Client;
use crate::ids::unique;
use crate::person::{Person, Product};
use crate::shape::within;
use crate::trade::{Part, address};

/// Delay before an unanswered request is resent.
const PAUSE: Duration = Duration::from_millis(100);

/// A client with its wallet, and the responses it received.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) person: Person,
    /// Who sells all goods, and ships and refunds them.
    pub(super) seller: Person,
    /// Every second one has to be shipped.
    pub(super) goods: Vec<Product>,
    turn: usize,
    open: Vec<Intent>,
    pub(super) credits: BTreeSet<String>,
    pub(super) paid: BTreeSet<String>,
    pub(super) orders: BTreeSet<String>,
    pub(super) deals: Vec<Deal>,
}

/// The entries of a wallet: the credits, the sum of those of each order, and the sum of all.
#[derive(Default)]
struct Entries {
    credits: BTreeSet<String>,
    of_orders: BTreeMap<String, i64>,
    sum: i64,
}

impl Worker {
    /// A client that has made its first top-up. Clients that start at another `turn` do other things.
    pub(super) fn new(
        person: Person,
        seller: Person,
        goods: Vec<Product>,
        turn: usize,
        credit: String,
    ) -> Self {
        Self {
            person,
            seller,
            goods,
            turn,
            open: Vec::new(),
            credits: BTreeSet::from([credit]),
            paid: BTreeSet::new(),
            orders: BTreeSet::new(),
            deals: Vec::new(),
        }
    }

    /// The same client at another address.
    pub(super) fn at(&self, client: &Client) -> Self {
        Self {
            person: self.person.at(client),
            seller: self.seller.at(client),
            ..self.clone()
        }
    }

    fn next_intent(&mut self) -> Intent {
        self.turn += 1;
        let (step, path, body) = match self.turn % 4 {
            0 => {
                let body = json!({"amount": 100 + self.turn});
                let step = Step::Credit;
                (step, step.route().to_owned(), body)
            }
            2 => match self.next_move() {
                Some(one) => one,
                None => self.next_order(),
            },
            _ => self.next_order(),
        };
        Intent {
            step,
            path,
            key: unique(),
            body,
        }
    }

    fn next_order(&self) -> (Step, String, Value) {
        let place = self.turn % self.goods.len();
        let line = json!({"productId": self.goods[place].id, "quantity": 1 + self.turn % 3});
        let is_shipped = place % 2 == 1;
        let mut body = json!({"items": [line]});
        if is_shipped {
            body["shippingAddress"] = address();
        }
        let step = Step::Order { is_shipped };
        (step, step.route().to_owned(), body)
    }

    /// A move of one of the last orders. Some come too late or too early, or are repeated, and are refused.
    fn next_move(&self) -> Option<(Step, String, Value)> {
        let turn = self.turn / 4;
        let place = self.deals.len().checked_sub(1 + turn % 5)?;
        let deal = &self.deals[place];
        let part = &deal.part;
        Some(match (turn % 4, &deal.package) {
            (1, None) if deal.is_shipped => {
                let package = json!({
                    "items": part.everything(), "carrier": "Pigeon", "trackingNumber": format!("P{turn}"),
                });
                (Step::Ship(place), part.path("/shipments"), package)
            }
            (1 | 2, Some(package)) => {
                let path = part.path(&format!("/shipments/{package}/deliver"));
                (Step::Deliver(place), path, json!({}))
            }
            (3, None) if deal.is_shipped => {
                let body = json!({"reason": "Changed my mind"});
                (Step::Cancel(place), part.order_path("/cancel"), body)
            }
            _ => {
                let refund = part.refund("amount", &json!(1 + turn % 13));
                (Step::Refund(place), part.order_path("/refunds"), refund)
            }
        })
    }

    async fn send(&self, intent: &Intent) -> Sent {
        let by = match intent.step {
            Step::Credit | Step::Order { .. } | Step::Cancel(_) | Step::Deliver(_) => &self.person,
            Step::Refund(_) | Step::Ship(_) => &self.seller,
        };
        intent.send(by).await
    }

    /// Records what the response said.
    fn note(&mut self, intent: &Intent, status: u16, body: &Value) {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        match (intent.step, status) {
            (Step::Credit, 201) => {
                self.credits.insert(text(&body["id"]));
            }
            (Step::Order { is_shipped }, 201 | 202) => {
                if status == 201 {
                    assert_eq!(body["status"], "paid");
                    self.paid.insert(text(&body["id"]));
                }
                self.orders.insert(text(&body["id"]));
                let part = Part::of(body, &self.seller);
                self.deals.push(Deal::of(body, part, is_shipped));
            }
            (Step::Order { .. }, 402 | 409) => {
                self.orders.insert(text(&body["order"]["id"]));
            }
            (Step::Refund(place), 201 | 202) => self.deals[place].note_refund(body),
            (Step::Cancel(place), 200 | 202) => self.deals[place].note_cancellation(),
            (Step::Ship(place), 201) => self.deals[place].package = Some(text(&body["id"])),
            (Step::Deliver(_), 200) => {}
            (Step::Refund(_) | Step::Cancel(_) | Step::Ship(_) | Step::Deliver(_), 409) => {
                let code = body["code"].as_str().expect("a code");
                assert!(NOT_NOW.contains(&code), "{}: {body}", intent.path);
            }
            (
                Step::Credit
                | Step::Order { .. }
                | Step::Refund(_)
                | Step::Cancel(_)
                | Step::Ship(_)
                | Step::Deliver(_),
                _,
            ) => panic!("{} answered {status}: {body}", intent.path),
        }
    }

    /// Sends one request after another until `over` is set. Unanswered requests are queued and resent after other work.
    pub(super) async fn work(
        self,
        client: Client,
        counts: Arc<Counts>,
        over: Arc<AtomicBool>,
    ) -> Self {
        let mut this = self.at(&client);
        let mut unanswered = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let intent = match this.open.pop() {
                Some(intent) => intent,
                None => this.next_intent(),
            };
            match this.send(&intent).await {
                Sent::Answered(status, body) => {
                    this.note(&intent, status, &body);
                    counts.answers().push(Answered {
                        person: this.person.clone(),
                        path: intent.step.route(),
                        status,
                        body,
                    });
                    this.open.extend(unanswered.pop());
                }
                Sent::Unanswered(why) => {
                    *counts.repeats().entry(why).or_default() += 1;
                    unanswered.push(intent);
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        this.open.extend(unanswered);
        this
    }

    /// Resends the open requests until all of them are answered.
    pub(super) async fn finish(self, client: Client) -> Self {
        let mut this = self.at(&client);
        for intent in std::mem::take(&mut this.open) {
            let (status, body) =
                within(
                    Duration::from_secs(90),
                    "an answer at last",
                    async || match this.send(&intent).await {
                        Sent::Answered(status, body) => Some((status, body)),
                        Sent::Unanswered(_) => None,
                    },
                )
                .await;
            this.note(&intent, status, &body);
        }
        this
    }

    /// Waits until every order has settled and every refund has arrived. Returns the orders.
    pub(super) async fn settled(&self) -> Vec<Value> {
        let list = format!("/api/orders/{}/byUser?limit=100", self.person.id);
        within(Duration::from_mins(1), "every order settles", async || {
            let orders = self.person.all(&list).await;
            let settled = ["paid", "declined", "cancelled", "refunded"];
            let open = orders
                .iter()
                .any(|order| !settled.contains(&order["status"].as_str().expect("a text")));
            if open {
                return None;
            }
            let posted = self.entries().await.of_orders;
            let has_arrived = |order: &Value| {
                let id = order["id"].as_str().expect("an id");
                -posted.get(id).copied().unwrap_or_default() == spent(order)
            };
            orders.iter().all(has_arrived).then_some(orders)
        })
        .await
    }

    /// The credits of the wallet, whose balance must be the sum of its entries: only of a wallet in which nothing moves any more.
    pub(super) async fn posted_credits(&self) -> BTreeSet<String> {
        let entries = self.entries().await;
        assert_eq!(self.person.balance().await, entries.sum);
        entries.credits
    }

    async fn entries(&self) -> Entries {
        let mut entries = Entries::default();
        for entry in &self.person.all("/api/wallet/transaction?limit=100").await {
            let amount = entry["amount"].as_i64().expect("a number");
            entries.sum += amount;
            match entry["orderId"].as_str() {
                Some(order) => *entries.of_orders.entry(order.to_owned()).or_default() += amount,
                None => {
                    entries
                        .credits
                        .insert(entry["id"].as_str().expect("an id").to_owned());
                }
            }
        }
        entries
    }

    /// Checks the wallet and the orders against the responses received. Returns what was bought: product and quantity.
    pub(super) async fn check(&self) -> Vec<(String, i64)> {
        let orders = self.settled().await;
        let by_id: BTreeMap<&str, &Value> = orders
            .iter()
            .map(|order| (order["id"].as_str().expect("an id"), order))
            .collect();
        assert!(
            by_id
                .keys()
                .copied()
                .eq(self.orders.iter().map(String::as_str)),
            "each request made one order"
        );
        for id in &self.paid {
            assert!(
                is_paid(by_id[id.as_str()]) && is_paid(&self.person.order(id).await.body),
                "what was said to be paid is paid"
            );
        }
        for deal in &self.deals {
            deal.check(by_id[deal.part.order.as_str()], true);
        }
        assert_eq!(
            self.posted_credits().await,
            self.credits,
            "each credit that was answered, once, and no other"
        );
        let paid = orders.iter().filter(|order| is_paid(order));
        paid.flat_map(sold).collect()
    }
}
