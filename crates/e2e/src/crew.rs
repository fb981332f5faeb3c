//! Well-behaved clients: after a lost connection, or a response that asks them to retry, they resend the request with the same
//! Idempotency-Key. In the end every response they received holds true, and nothing was applied twice.

mod counts;
mod deal;
mod intent;
mod kept;
mod worker;

pub use counts::{Answered, Why};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};

use self::counts::Counts;
use self::worker::Worker;
use crate::client::Client;
use crate::shape::within;

const WORKERS: usize = 12;
const PURSE: i64 = 20_000;
const STOCK: i64 = 1_000_000;

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
            let name = format!("Good {n}");
            goods.push(if n % 2 == 0 {
                seller.lists_to_ship(&name, 10 * n, STOCK).await
            } else {
                seller.lists(&name, 10 * n, STOCK).await
            });
        }
        let mut workers = Vec::new();
        for n in 0..WORKERS {
            let person = client.join(&format!("Worker {n}")).await;
            let first = person.credit(PURSE).await;
            let credit = first["id"].as_str().expect("an id").to_owned();
            let worker = Worker::new(person, seller.clone(), goods.clone(), n, credit);
            workers.push(worker);
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
