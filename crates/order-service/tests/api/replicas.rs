//! Two replicas of the order service on one database: either may receive the request, and either the wallet's reply.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use host::service::StoreConfig;
use host::testing::{Answer, eventually};
use order_service::OrderService;
use serde_json::Value;
use store_mongo::testing::TestDatabase;
use tokio::sync::mpsc;

use crate::world::{Around, Part, Script, World, one};

/// The replicas that hear what any of them announces.
type Air = Arc<Mutex<Vec<Arc<OrderService>>>>;

/// Broadcasts what is sent here to all replicas.
fn broadcast(air: Air) -> mpsc::Sender<Bytes> {
    let (announcer, mut heard) = mpsc::channel::<Bytes>(1024);
    tokio::spawn(async move {
        while let Some(announcement) = heard.recv().await {
            for replica in air.lock().unwrap().clone() {
                let announcement = announcement.clone();
                tokio::spawn(async move { replica.hear(&announcement).await });
            }
        }
    });
    announcer
}

struct Replicas {
    /// Takes requests; its wallet's replies go to the other.
    one: World,
    /// The reverse.
    other: World,
    air: Air,
    _database: TestDatabase,
}

impl Replicas {
    fn start(script: Script, announced: Announced) -> Self {
        let database = TestDatabase::new();
        let air = Air::default();
        let mut around = Around::new();
        around.announcer = match announced {
            Announced::ToAll => Some(broadcast(air.clone())),
            Announced::ToNobody => None,
        };
        let replica = || {
            let store = StoreConfig::Mongo {
                uri: database.uri(),
                database: database.name.clone(),
            };
            World::on(store, around.desk.clone(), script, around.clone())
        };
        let (one, other) = (replica(), replica());
        std::mem::swap(
            &mut *one.replies.lock().unwrap(),
            &mut *other.replies.lock().unwrap(),
        );
        let services = [one.service.clone(), other.service.clone()];
        air.lock().unwrap().extend(services);
        Self {
            one,
            other,
            air,
            _database: database,
        }
    }

    /// Stops both, so that neither writes to the database after it is dropped.
    async fn stop(self) {
        // Break the reference cycle between the replicas.
        self.air.lock().unwrap().clear();
        self.one.host.stop().await;
        self.other.host.stop().await;
    }
}

#[derive(Clone, Copy)]
enum Announced {
    ToAll,
    ToNobody,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_waits_at_one_replica_is_answered_when_another_is_told_the_reply() {
    for (script, status, keyed) in [
        (Script::Pays, 201, false),
        (Script::Pays, 201, true),
        (Script::Declines, 402, true),
    ] {
        let replicas = Replicas::start(script, Announced::ToAll);
        let ((product, _), (_, token)) = (replicas.one.product(10), replicas.one.user());
        let mut headers = vec![("prefer", "wait=25")];
        headers.extend(keyed.then_some(("idempotency-key", "once")));
        let asked = Instant::now();
        let answer = replicas
            .one
            .create(&token, &one(product, 1), &headers)
            .await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(
            asked.elapsed() < Duration::from_secs(12),
            "{:?}",
            asked.elapsed()
        );
        replicas.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_waits_at_one_replica_is_answered_when_another_is_told_the_reply() {
    // If nobody is told, the refund waits its time out, and is done all the same.
    for (announced, wait, at_least, at_most) in [
        (Announced::ToAll, "wait=25", 0, 12),
        (Announced::ToNobody, "wait=3", 3, 25),
    ] {
        let replicas = Replicas::start(Script::Pays, announced);
        let ((product, seller), (_, buyer)) = (replicas.one.product(10), replicas.one.user());
        let placed = replicas.one.create(&buyer, &one(product, 2), &[]).await;
        let part = Part::of(&placed.body);
        replicas.one.until_sold(&seller, &part.order).await;
        let asked = Instant::now();
        let amount = ("amount", 100.into());
        let refunded = part
            .refund(&replicas.one, &seller, amount, &[("prefer", wait)])
            .await;
        assert_eq!(refunded.status, 201, "{refunded:?}");
        assert_eq!(refunded.body["status"], "done");
        assert_eq!(refunded.body["commissionReversed"]["amount"], 10);
        let expected = Duration::from_secs(at_least)..Duration::from_secs(at_most);
        assert!(expected.contains(&asked.elapsed()), "{:?}", asked.elapsed());
        replicas.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announcement_that_is_lost_costs_the_request_its_wait_and_nothing_else() {
    let replicas = Replicas::start(Script::Pays, Announced::ToNobody);
    let ((product, _), (_, token)) = (replicas.one.product(10), replicas.one.user());
    let body = one(product, 1);
    // Long enough for the order to be paid in the meantime.
    let headers = [("prefer", "wait=3")];
    let asked = Instant::now();
    let answer = replicas.one.create(&token, &body, &headers).await;
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (201, &"paid".into())
    );
    assert!(asked.elapsed() >= Duration::from_secs(3));
    replicas.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_at_two_replicas_at_once_makes_one_order_and_one_answer() {
    let replicas = Replicas::start(Script::Pays, Announced::ToAll);
    let ((product, _), (user, token)) = (replicas.one.product(100), replicas.one.user());
    let body = one(product, 1);
    for round in 1..=5_usize {
        let key = format!("round-{round}");
        let (first, second) = tokio::join!(
            answered(&replicas.one, &token, &body, &key),
            answered(&replicas.other, &token, &body, &key),
        );
        assert_eq!((first.status, second.status), (201, 201));
        assert_eq!(first.body, second.body);
        for name in ["location", "etag"] {
            assert_eq!(first.header(name), second.header(name));
        }
        let list = format!("/api/orders/{user}/byUser");
        for world in [&replicas.one, &replicas.other] {
            let orders = world.host.get(&list, &token).await;
            assert_eq!(orders.body["items"].as_array().unwrap().len(), round);
        }
        let asked = replicas.one.desk.asked.lock().unwrap().len();
        assert_eq!(asked, round, "the stock is held once for each key");
    }
    replicas.stop().await;
}

/// The answer to a request with `key`, retried while the answer is that the request is still running.
async fn answered(world: &World, token: &str, body: &Value, key: &str) -> Answer {
    let headers = [("idempotency-key", key), ("prefer", "wait=20")];
    eventually("an answer", || async {
        let answer = world.create(token, body, &headers).await;
        (answer.body["code"] != "request_running").then_some(answer)
    })
    .await
}
