//! What the unit of work and its commits guarantee, tested on a real server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use contracts::{Envelope, Kind};
use futures_util::future::join_all;
use kernel::{
    Clock, ManualClock, MessageId, OrderId, SecretUri, SystemClock, SystemIds, Timestamp,
};
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod gather;
mod imports;
mod items;
mod kinds;
mod lookups;
mod messages;
mod metrics;
mod races;

use self::messages::message;
use super::testing::TestDatabase;
use super::*;
use store::outbox::{Fate, Outbox};
use store::{Leases, Plain, Record, Store, StoreError, StoreResult, Value};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Counter {
    #[serde(rename = "_id")]
    id: String,
    value: i64,
}

impl Record for Counter {
    const NAME: &'static str = "counter";
    type Key = String;

    fn key(&self) -> String {
        self.id.clone()
    }

    fn lookup(&self, field: &'static str) -> Option<Value> {
        (field == "value").then_some(Value::Number(self.value))
    }
}

impl Plain for Counter {
    const TABLE: &'static str = "counters";
}

fn counters() -> Vec<Collection> {
    let schema = r#"[{
        "name": "counters",
        "schema": {
            "bsonType": "object",
            "required": ["_id", "value"],
            "properties": { "value": { "bsonType": "long", "minimum": 0 } }
        }
    }]"#;
    Collection::parse(schema).unwrap()
}

fn records() -> Records {
    Records::default().with::<Counter>()
}

fn open(database: &TestDatabase) -> Mongo {
    database.open(counters(), records(), Arc::new(SystemClock))
}

/// Adds `by` to the counter `id`; refuses to go below zero.
async fn add(store: &Mongo, id: &str, by: i64) -> Result<i64, StoreError> {
    let id = id.to_owned();
    store
        .work(move |tx| {
            let value = tx.get::<Counter>(&id)?.map_or(0, |row| row.value) + by;
            if value < 0 {
                return Err(StoreError::Conflict("below zero".to_owned()));
            }
            tx.put(Counter {
                id: id.clone(),
                value,
            })?;
            Ok(value)
        })
        .await
}

async fn value(store: &Mongo, id: &str) -> Option<i64> {
    let port = Store::new(Arc::new(store.clone()));
    let found = port.get::<Counter>(&id.to_owned()).await.unwrap();
    found.map(|row| row.value)
}

/// A transaction that has changed the counter `id` and stays open.
async fn holder_of(store: &Mongo, id: &str) -> mongodb::ClientSession {
    let db = store.database().await.unwrap();
    let mut holder = db.client().start_session().await.unwrap();
    holder.start_transaction().await.unwrap();
    db.collection::<Document>("counters")
        .update_one(doc! { "_id": id }, doc! { "$inc": { "value": 1_i64 } })
        .session(&mut holder)
        .await
        .unwrap();
    holder
}

#[tokio::test]
async fn works_that_wait_together_share_a_transaction_and_see_each_other() {
    let database = TestDatabase::new();
    let store = open(&database);
    add(&store, "a", 1).await.unwrap();
    let values = join_all((0..50).map(|_| add(&store, "a", 1))).await;
    let mut values: Vec<i64> = values.into_iter().map(Result::unwrap).collect();
    values.sort_unstable();
    assert_eq!(values, (2..=51).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_write_that_the_server_refuses_does_not_fail_its_neighbours() {
    let database = TestDatabase::new();
    let store = open(&database);
    let (bad, good) = tokio::join!(
        // Bypasses our own checks; the validator still applies.
        store.work(|tx| {
            tx.put(Counter {
                id: "bad".to_owned(),
                value: -1,
            })
        }),
        join_all((0..20).map(|n| add(&store, ["x", "y", "z"][n % 3], 1))),
    );
    assert!(matches!(bad, Err(StoreError::Corrupt(_))), "{bad:?}");
    assert!(good.iter().all(Result::is_ok), "{good:?}");
    assert_eq!(value(&store, "bad").await, None);
    assert_eq!(value(&store, "x").await, Some(7));
}

#[tokio::test]
async fn a_work_that_fails_or_panics_leaves_no_trace() {
    let database = TestDatabase::new();
    let store = open(&database);
    let failing = store.work(|tx| {
        tx.put(Counter {
            id: "half".to_owned(),
            value: 1,
        })?;
        tx.send(message(1))?;
        Err::<(), _>(StoreError::Conflict("no".to_owned()))
    });
    let panicking = store.work(|tx| -> StoreResult<()> {
        tx.put(Counter {
            id: "half".to_owned(),
            value: 1,
        })?;
        panic!("this is on purpose");
    });
    let (failed, panicked, fine) = tokio::join!(failing, panicking, add(&store, "fine", 1));
    assert_eq!(failed, Err(StoreError::Conflict("no".to_owned())));
    assert!(matches!(panicked, Err(StoreError::Corrupt(_))));
    assert_eq!(fine, Ok(1));
    assert_eq!(value(&store, "half").await, None);
    assert!(store.outbox().fresh(0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_blind_insert_of_what_is_there_is_a_duplicate() {
    let database = TestDatabase::new();
    let store = open(&database);
    add(&store, "a", 1).await.unwrap();
    let again = store
        .work(|tx| {
            tx.insert(Counter {
                id: "a".to_owned(),
                value: 9,
            })
        })
        .await;
    assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
    assert_eq!(value(&store, "a").await, Some(1));
}

#[tokio::test]
async fn a_work_runs_again_until_all_it_asks_for_is_loaded() {
    let database = TestDatabase::new();
    let store = open(&database);
    add(&store, "next", 7).await.unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let seen = store
        .work(move |tx| {
            counted.fetch_add(1, Ordering::Relaxed);
            let next = tx
                .get::<Counter>(&"next".to_owned())?
                .map_or(0, |row| row.value);
            Ok::<_, StoreError>(tx.get::<Counter>(&format!("n{next}"))?.is_none())
        })
        .await;
    assert_eq!((seen, runs.load(Ordering::Relaxed)), (Ok(true), 3));
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_within_seconds() {
    let metrics = telemetry::metrics::Metrics::default();
    let uri = SecretUri::from("mongodb://127.0.0.1:1/?replicaSet=none".to_owned());
    let store = Mongo::open(
        uri,
        "nowhere",
        counters(),
        records(),
        Arc::new(SystemClock),
        &metrics.store,
    )
    .unwrap();
    let written = tokio::time::timeout(Duration::from_secs(10), add(&store, "a", 1));
    assert!(matches!(written.await, Ok(Err(StoreError::Unavailable(_)))));
    assert!(store::Database::ping(&store).await.is_err());
}

/// As OPERATIONS.md requires of every server (`transactionLifetimeLimitSeconds`); the default is a minute.
#[tokio::test]
async fn what_a_killed_service_left_open_is_out_of_the_way_in_seconds() {
    let database = TestDatabase::new();
    let store = open(&database);
    add(&store, "hot", 1).await.unwrap();
    let mut of_the_dead = holder_of(&store, "hot").await;
    let refused = add(&store, "hot", 1).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    let written = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Ok(value) = add(&store, "hot", 1).await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert_eq!(written.await, Ok(2));
    assert!(of_the_dead.commit_transaction().await.is_err());
}

#[tokio::test]
async fn a_damaged_document_is_corrupt_and_never_skipped() {
    let database = TestDatabase::new();
    let store = open(&database);
    let raw = store
        .database()
        .await
        .unwrap()
        .collection::<Document>("counters");
    raw.insert_one(doc! { "_id": "odd", "value": 1_i64 })
        .await
        .unwrap();
    raw.update_one(doc! { "_id": "odd" }, doc! { "$set": { "value": "many" } })
        .bypass_document_validation(true)
        .await
        .unwrap();
    assert!(matches!(
        add(&store, "odd", 1).await,
        Err(StoreError::Corrupt(_))
    ));
    assert!(matches!(
        Store::new(Arc::new(store))
            .get::<Counter>(&"odd".to_owned())
            .await,
        Err(StoreError::Corrupt(_))
    ));
}

#[tokio::test]
async fn one_replica_at_a_time_holds_a_lease_and_another_takes_it_when_it_is_over() {
    let database = TestDatabase::new();
    let store = open(&database);
    let (one, other) = (MongoLeases::new(store.clone()), MongoLeases::new(store));
    let (now, lease) = (Timestamp::from_millis(1000), Duration::from_secs(5));
    assert_eq!(one.hold("sweep", now, lease).await, Ok(true));
    assert_eq!(other.hold("sweep", now, lease).await, Ok(false));
    assert_eq!(other.hold("other work", now, lease).await, Ok(true));
    assert_eq!(
        one.hold("sweep", now.plus(lease / 2), lease).await,
        Ok(true)
    );
    assert_eq!(other.hold("sweep", now.plus(lease), lease).await, Ok(false));
    assert_eq!(
        other.hold("sweep", now.plus(lease * 2), lease).await,
        Ok(true)
    );
}

#[tokio::test]
async fn a_handled_message_is_handled_once_across_replicas() {
    let database = TestDatabase::new();
    let (one, other) = (open(&database), open(&database));
    let order = OrderId::new(&SystemIds::default());
    let handle = |store: Mongo| async move {
        store
            .work(move |tx| tx.once(order, message(7).id, Timestamp::from_millis(1)))
            .await
    };
    let (first, second) = tokio::join!(handle(one), handle(other));
    assert_ne!(first.unwrap(), second.unwrap());
}

#[tokio::test]
async fn what_has_expired_is_forgotten_in_bounded_steps_and_nothing_else() {
    let database = TestDatabase::new();
    let store = Store::new(Arc::new(open(&database)));
    let (order, now) = (OrderId::new(&SystemIds::default()), NOW);
    let old = now.minus(store::INBOX_MEMORY);
    let past = i64::try_from(store::Expires::BATCH).unwrap() + 1;
    let ids: Vec<MessageId> = (0..=past)
        .map(|n| MessageId::of_step(order, &n.to_string()))
        .collect();
    // Each `once` is a round trip, and a write must end in time on a busy machine, too.
    for batch in ids[1..].chunks(100) {
        let batch = batch.to_vec();
        let noted = store.write(move |tx| {
            batch
                .iter()
                .try_for_each(|id| tx.once(order, *id, old).map(drop))
        });
        noted.await.unwrap();
    }
    let kept = ids[0];
    store
        .write(move |tx| tx.once(order, kept, old.plus(Duration::from_millis(1))))
        .await
        .unwrap();
    assert_eq!(store.forget(now).await, Ok(true));
    assert_eq!(store.forget(now).await, Ok(false));
    let known = store.write(move |tx| {
        let last = tx.was_handled(order, ids[ids.len() - 1])?;
        Ok((tx.was_handled(order, kept)?, last))
    });
    assert_eq!(known.await, Ok((true, false)));
}

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

#[tokio::test]
async fn a_store_that_refused_a_write_is_ready_once_a_probe_is_committed() {
    let database = TestDatabase::new();
    let store = open(&database);
    let ready = async || store::Database::check_writes(&store).await;
    ready().await.unwrap();
    let db = store.database().await.unwrap();
    let probes = async || {
        let found = db.collection::<Document>("probe").find_one(doc! {}).await;
        found.unwrap().unwrap().get_i64("count").unwrap()
    };
    add(&store, "a", 1).await.unwrap();
    ready().await.unwrap();
    assert_eq!(probes().await, 1, "a committed write is proof enough");
    store.health.refused();
    add(&store, "a", 1).await.unwrap();
    ready().await.unwrap();
    assert_eq!(probes().await, 2);
    // A collection that takes no writes stands for a server that takes none.
    let refusing = doc! { "collMod": "probe", "validator": { "never": true } };
    db.run_command(refusing).await.unwrap();
    store.health.refused();
    assert!(ready().await.is_err());
    let willing = doc! { "collMod": "probe", "validator": {} };
    db.run_command(willing).await.unwrap();
    ready().await.unwrap();
    db.drop().await.unwrap();
}

#[tokio::test]
async fn a_store_without_a_server_takes_no_writes() {
    let uri = SecretUri::from(
        "mongodb://127.0.0.1:1/?replicaSet=none&serverSelectionTimeoutMS=200".to_owned(),
    );
    let clock = Arc::new(SystemClock);
    let metrics = telemetry::metrics::StoreMetrics::default();
    let store = Mongo::open(uri, "away", counters(), records(), clock, &metrics).unwrap();
    assert!(store::Database::check_writes(&store).await.is_err());
    assert!(add(&store, "a", 1).await.is_err());
    assert!(store.health.is_doubtful());
}
