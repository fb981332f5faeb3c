//! Concurrent gets share a query; callers notice only the speed.

use std::sync::atomic::AtomicI64;

use futures_util::FutureExt as _;

use super::*;
use telemetry::metrics::Metrics;
use telemetry::testing::Scrape;

/// The same rows, read as another type that does not match them.
#[derive(Debug, Serialize, Deserialize)]
struct Misread {
    #[serde(rename = "_id")]
    id: String,
    value: String,
}

impl Record for Misread {
    const NAME: &'static str = "misread counter";
    type Key = String;

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Plain for Misread {
    const TABLE: &'static str = "counters";
}

async fn fill(store: &Mongo, rows: i64) {
    store
        .work(move |tx| {
            for value in 0..rows {
                let id = value.to_string();
                tx.put(Counter { id, value })?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_crowd_is_answered_by_few_queries_each_with_its_own_row() {
    let (database, metrics) = (TestDatabase::new(), Metrics::default());
    let (uri, clock) = (database.uri(), Arc::new(SystemClock));
    let name = &database.name;
    let store = Mongo::open(uri, name, counters(), records(), clock, &metrics.store).unwrap();
    fill(&store, 200).await;
    // Each row twice, and some that do not exist.
    let asked: Vec<i64> = (0..250).chain(0..250).collect();
    let ask = async |row: i64| value(&store, &row.to_string()).await;
    let found = join_all(asked.iter().map(|row| ask(*row))).await;
    for (row, found) in asked.iter().zip(found) {
        assert_eq!(found, (*row < 200).then_some(*row), "row {row}");
    }
    let scrape = Scrape::of(metrics.render().unwrap());
    let count = |what: &str| {
        let name = format!("marketplace_store_get_batch_size_{what}");
        scrape.sum(&name, &[]).unwrap()
    };
    assert!(count("count") <= 6.0, "{} queries", count("count"));
    assert!(count("sum") <= 500.0, "{} rows", count("sum"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_what_is_older_than_their_request() {
    let database = TestDatabase::new();
    let store = open(&database);
    let written = Arc::new(AtomicI64::new(add(&store, "hot", 1).await.unwrap()));
    let readers = (0..16).map(|_| {
        let (store, written) = (store.clone(), written.clone());
        tokio::spawn(async move {
            let mut reads = 0;
            loop {
                let at_least = written.load(Ordering::SeqCst);
                if at_least >= 100 {
                    return reads;
                }
                let read = value(&store, "hot").await.unwrap();
                assert!(read >= at_least, "{read} was read after {at_least}");
                reads += 1;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for _ in 1..100 {
        written.store(add(&store, "hot", 1).await.unwrap(), Ordering::SeqCst);
    }
    for reads in join_all(readers).await {
        assert!(reads.unwrap() > 0);
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_and_one_that_cannot_read_trouble_nobody() {
    let database = TestDatabase::new();
    let store = open(&database);
    fill(&store, 3).await;
    for _ in 0..100 {
        let gone = join_all((0..3).map(|row| value(&store, ["0", "1", "2"][row])));
        assert!(gone.now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    let one = "1".to_owned();
    let port = Store::new(Arc::new(store.clone()));
    let (read, misread) = tokio::join!(value(&store, "1"), port.get::<Misread>(&one));
    assert_eq!(read, Some(1));
    assert!(
        matches!(misread, Err(StoreError::Corrupt(_))),
        "{misread:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_to_all_and_asked_anew() {
    let nowhere = "mongodb://127.0.0.1:1/?replicaSet=none&serverSelectionTimeoutMS=100";
    let uri = SecretUri::from(nowhere.to_owned());
    let (clock, metrics) = (Arc::new(SystemClock), Metrics::default());
    let store = Mongo::open(uri, "away", counters(), records(), clock, &metrics.store).unwrap();
    let port = Store::new(Arc::new(store));
    for _ in 0..3 {
        let row = "1".to_owned();
        let asked = join_all((0..300).map(|_| port.get::<Counter>(&row))).await;
        for answer in asked {
            assert!(
                matches!(answer, Err(StoreError::Unavailable(_))),
                "{answer:?}"
            );
        }
    }
}
