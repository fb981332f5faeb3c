//! The metrics of a store in MongoDB.

use super::messages::send;
use super::*;
use store::outbox::Backlog;
use telemetry::metrics::Metrics;
use telemetry::testing::Scrape;

/// A store that is called `orders`, whatever its database is called.
fn measured(database: &TestDatabase, clock: Arc<ManualClock>, metrics: &Metrics) -> Mongo {
    let name = format!("{}_orders", database.name);
    Mongo::open(
        database.uri(),
        &name,
        counters(),
        records(),
        clock,
        &metrics.store,
    )
    .unwrap()
}

async fn dropped(store: &Mongo) {
    store.database().await.unwrap().drop().await.unwrap();
}

fn sum(metrics: &Metrics, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let scrape = Scrape::of(metrics.render().unwrap());
    let orders = [("store", "orders")];
    scrape.sum(name, &[&orders[..], labels].concat())
}

#[tokio::test]
async fn commits_reads_and_connections_are_counted() {
    let (database, metrics) = (TestDatabase::new(), Metrics::default());
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000)));
    let store = measured(&database, clock, &metrics);
    add(&store, "a", 1).await.unwrap();
    assert_eq!(value(&store, "a").await, Some(1));
    store::Database::ping(&store).await.unwrap();
    for (name, labels) in [
        ("marketplace_store_commit_duration_seconds_count", &[][..]),
        ("marketplace_store_write_batch_size_sum", &[]),
        ("marketplace_store_get_batch_size_sum", &[]),
        (
            "marketplace_store_read_duration_seconds_count",
            &[("kind", "get")],
        ),
        (
            "marketplace_store_read_duration_seconds_count",
            &[("kind", "check")],
        ),
    ] {
        assert_eq!(sum(&metrics, name, labels), Some(1.0), "{name} {labels:?}");
    }
    let waiting = sum(&metrics, "marketplace_store_queue_waiting", &[]);
    assert_eq!(waiting, Some(0.0));
    let open = sum(
        &metrics,
        "marketplace_mongodb_connections",
        &[("state", "open")],
    );
    assert!(open.is_some_and(|open| open >= 1.0), "{open:?}");
    let most = sum(&metrics, "marketplace_mongodb_connections_max", &[]);
    assert_eq!(most, Some(64.0));
    // A task of the driver's returns it shortly afterwards.
    telemetry::testing::eventually("no connection is in use", || async {
        let used = sum(
            &metrics,
            "marketplace_mongodb_connections",
            &[("state", "in_use")],
        );
        (used == Some(0.0)).then_some(())
    })
    .await;
    dropped(&store).await;
}

#[tokio::test]
async fn a_message_that_comes_again_is_counted_once_however_often_its_work_runs() {
    let (database, metrics) = (TestDatabase::new(), Metrics::default());
    let now = Timestamp::from_millis(1_700_000_000_000);
    let store = measured(&database, Arc::new(ManualClock::at(now)), &metrics);
    let ids = SystemIds::default();
    let (order, message) = (OrderId::new(&ids), MessageId::new(&ids));
    let handle = || store.work(move |tx| tx.once(order, message, now));
    let counted = || sum(&metrics, "marketplace_inbox_duplicates_total", &[]);
    assert_eq!(handle().await, Ok(true));
    assert_eq!(counted(), Some(0.0));
    assert_eq!(handle().await, Ok(false));
    assert_eq!(counted(), Some(1.0));
    dropped(&store).await;
}

#[tokio::test]
async fn a_try_that_lost_against_another_replica_is_counted() {
    let (database, metrics) = (TestDatabase::new(), Metrics::default());
    let store = measured(
        &database,
        Arc::new(ManualClock::at(Timestamp::from_millis(1))),
        &metrics,
    );
    let counted = || sum(&metrics, "marketplace_store_write_conflicts_total", &[]);
    add(&store, "hot", 1).await.unwrap();
    assert_eq!(counted(), Some(0.0));
    let mut other = holder_of(&store, "hot").await;
    let (added, ()) = tokio::join!(add(&store, "hot", 1), async {
        telemetry::testing::eventually("a try has lost", || async {
            counted().is_some_and(|lost| lost > 0.0).then_some(())
        })
        .await;
        other.abort_transaction().await.unwrap();
    });
    assert_eq!(added, Ok(2));
    dropped(&store).await;
}

#[tokio::test]
async fn the_outbox_tells_every_replica_how_old_its_oldest_message_is() {
    let (database, metrics) = (TestDatabase::new(), Metrics::default());
    let written = Timestamp::from_millis(1_700_000_000_000);
    let clock = Arc::new(ManualClock::at(written));
    let store = measured(&database, clock.clone(), &metrics);
    let other = measured(&database, clock.clone(), &metrics).outbox();
    let nothing = Backlog::default();
    assert_eq!(store.outbox().backlog(written).await, Ok(nothing));
    send(&store, message(1)).await;
    let one = Backlog {
        rows: 1,
        oldest: Some(written),
    };
    assert_eq!(store.outbox().backlog(written).await, Ok(one));
    // Another replica sees that messages wait, and how old they are once no replica holds them.
    let held = Backlog {
        oldest: None,
        ..one
    };
    assert_eq!(other.backlog(written).await, Ok(held));
    let later = written.plus(Duration::from_secs(11));
    assert_eq!(other.backlog(later).await, Ok(one));
    let outbox = store.outbox();
    let waiting = outbox.fresh(0, 10).await.unwrap();
    let sent = waiting.iter().map(|pending| (pending.seq, Fate::Sent));
    outbox.settle(sent.collect(), written).await.unwrap();
    assert_eq!(outbox.backlog(later).await, Ok(nothing));
    dropped(&store).await;
}
