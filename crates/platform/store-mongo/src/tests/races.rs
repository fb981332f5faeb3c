//! Replicas that write the same rows at the same time: the loser retries and succeeds.

use std::sync::atomic::AtomicBool;

use super::*;

#[tokio::test]
async fn writes_of_two_replicas_to_one_row_add_up() {
    let database = TestDatabase::new();
    let (one, other) = (open(&database), open(&database));
    let adds = (0..200).map(|n| {
        let store = if n % 2 == 0 {
            one.clone()
        } else {
            other.clone()
        };
        async move { add(&store, "hot", 1).await }
    });
    for result in join_all(adds).await {
        result.unwrap();
    }
    assert_eq!(value(&one, "hot").await, Some(200));
}

#[tokio::test]
async fn a_guard_holds_under_any_race() {
    let database = TestDatabase::new();
    let (one, other) = (open(&database), open(&database));
    add(&one, "purse", 100).await.unwrap();
    let debits = (0..500).map(|n| {
        let store = if n % 2 == 0 {
            one.clone()
        } else {
            other.clone()
        };
        async move { add(&store, "purse", -1).await }
    });
    let done = join_all(debits)
        .await
        .iter()
        .filter(|done| done.is_ok())
        .count();
    assert_eq!((done, value(&one, "purse").await), (100, Some(0)));
    assert_eq!(
        locked(&one).await,
        0,
        "a loser that then refused holds no lock"
    );
}

/// Adds one to the counter `hot` after reading `steps` other rows in sequence, each of which determines the next.
async fn add_after_a_walk(store: &Mongo, steps: usize) -> Result<(), StoreError> {
    store
        .work(move |tx| {
            let id = "hot".to_owned();
            let value = tx.get::<Counter>(&id)?.map_or(0, |row| row.value) + 1;
            for step in 0..steps {
                tx.get::<Counter>(&format!("step {step}"))?;
            }
            tx.put(Counter { id, value })
        })
        .await
}

/// Without locks, the slower reader lost some 70 times in two seconds and was then abandoned.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_writes_without_a_pause_does_not_keep_out_one_that_reads_for_longer() {
    let database = TestDatabase::new();
    let (busy, slow) = (open(&database), open(&database));
    let over = Arc::new(AtomicBool::new(false));
    let crew = (0..64).map(|_| {
        let (busy, over) = (busy.clone(), over.clone());
        tokio::spawn(async move {
            let mut done = 0_i64;
            while !over.load(Ordering::Relaxed) {
                add(&busy, "hot", 1).await?;
                done += 1;
            }
            Ok::<_, StoreError>(done)
        })
    });
    let crew: Vec<_> = crew.collect();
    let mut sum = 0;
    for _ in 0..30 {
        add_after_a_walk(&slow, 5).await.unwrap();
        sum += 1;
    }
    over.store(true, Ordering::Relaxed);
    for one in crew {
        sum += one.await.unwrap().unwrap();
    }
    assert_eq!(value(&slow, "hot").await, Some(sum));
}

/// Adds to two counters at once.
async fn add_both(store: &Mongo, both: [(String, i64); 2]) -> Result<(), StoreError> {
    store
        .work(move |tx| {
            for (id, by) in &both {
                let value = tx.get::<Counter>(id)?.map_or(0, |row| row.value) + by;
                let id = id.clone();
                tx.put(Counter { id, value })?;
            }
            Ok(())
        })
        .await
}

#[tokio::test]
async fn replicas_that_want_the_same_rows_in_different_orders_all_come_through() {
    const ROWS: usize = 8;
    let database = TestDatabase::new();
    let replicas: Vec<_> = (0..3).map(|_| open(&database)).collect();
    let names: Vec<_> = (0..ROWS).map(|row| format!("row {row}")).collect();
    for name in &names {
        add(&replicas[0], name, 1000).await.unwrap();
    }
    let moves = (0..300).map(|n| {
        let store = &replicas[n % replicas.len()];
        let (from, to) = (names[n % ROWS].clone(), names[(n * 3 + 1) % ROWS].clone());
        add_both(store, [(from, -1), (to, 1)])
    });
    for done in join_all(moves).await {
        done.unwrap();
    }
    let mut sum = 0;
    for name in &names {
        sum += value(&replicas[0], name).await.unwrap();
    }
    assert_eq!(sum, 8000);
    assert_eq!(locked(&replicas[0]).await, 0);
}

/// How many rows still carry a lock.
async fn locked(store: &Mongo) -> u64 {
    let rows = store
        .database()
        .await
        .unwrap()
        .collection::<Document>("counters");
    rows.count_documents(doc! { "_lock": { "$exists": true } })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_row_that_somebody_holds_holds_up_only_who_wants_it() {
    let database = TestDatabase::new();
    let store = open(&database);
    add(&store, "hot", 1).await.unwrap();
    let mut holder = holder_of(&store, "hot").await;
    // All change one shared row that no transaction holds, as wallets do with a house account.
    let add = |id: String| add_both(&store, [(id, 1), ("shared".to_owned(), 1)]);
    let neighbours = join_all((0..100).map(|n| add(format!("cold {}", n % 10))));
    let (wanting, ()) = tokio::join!(join_all((0..64).map(|_| add("hot".to_owned()))), async {
        for done in neighbours.await {
            done.unwrap();
        }
        holder.abort_transaction().await.unwrap();
    });
    for done in wanting {
        done.unwrap();
    }
    assert_eq!(value(&store, "hot").await, Some(65));
    assert_eq!(value(&store, "cold 7").await, Some(10));
    assert_eq!(value(&store, "shared").await, Some(164));
    assert_eq!(locked(&store).await, 0);
}

#[tokio::test]
async fn a_writer_of_a_row_that_stays_held_is_told_and_nothing_is_done_later() {
    let database = TestDatabase::new();
    let store = open(&database);
    add(&store, "hot", 1).await.unwrap();
    let mut holder = holder_of(&store, "hot").await;
    for refused in join_all((0..300).map(|_| add(&store, "hot", 1))).await {
        assert!(
            matches!(refused, Err(StoreError::Unavailable(_))),
            "{refused:?}"
        );
    }
    holder.abort_transaction().await.unwrap();
    assert_eq!(add(&store, "hot", 1).await, Ok(2));
}

/// Empties the counter `id` unless `other` is empty.
async fn empty_unless(store: &Mongo, id: &str, other: &str) -> StoreResult<bool> {
    let (id, other) = (id.to_owned(), other.to_owned());
    store
        .work(move |tx| {
            if tx.get::<Counter>(&other)?.is_none_or(|row| row.value == 0) {
                return Ok(false);
            }
            tx.hold::<Counter>(&other)?;
            tx.put(Counter {
                id: id.clone(),
                value: 0,
            })?;
            Ok(true)
        })
        .await
}

/// Without the hold, both find the other full on their snapshots (write skew).
#[tokio::test]
async fn a_record_that_is_held_does_not_change_under_the_decision_that_rests_on_it() {
    let database = TestDatabase::new();
    let (one, other) = (open(&database), open(&database));
    for round in 0..50 {
        let [left, right] = ["left", "right"].map(|side| format!("{side} {round}"));
        for side in [&left, &right] {
            add(&one, side, 1).await.unwrap();
        }
        let (first, second) = tokio::join!(
            empty_unless(&one, &left, &right),
            empty_unless(&other, &right, &left)
        );
        assert_ne!(first.unwrap(), second.unwrap(), "exactly one goes first");
    }
    assert_eq!(locked(&one).await, 0, "a hold leaves nothing behind");
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_held() {
    let database = TestDatabase::new();
    let store = open(&database);
    let refused = store.work(|tx| tx.hold::<Counter>(&"none".to_owned()));
    assert!(matches!(refused.await, Err(StoreError::Corrupt(_))));
}
