//! What `Tx::each` guarantees: items that fail, here or at the server, fail alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn counter(id: &str, value: i64) -> Counter {
    Counter {
        id: id.to_owned(),
        value,
    }
}

/// Inserts each of `counters` as an item of one write. Returns the result of each.
async fn insert_each(store: &Store, counters: Vec<Counter>) -> Vec<StoreResult<()>> {
    store
        .write(move |tx| tx.each(&counters, |tx, counter| tx.insert(counter.clone())))
        .await
        .unwrap()
}

#[tokio::test]
async fn items_that_the_server_refuses_fail_alone() {
    let database = TestDatabase::new();
    let mongo = open(&database);
    add(&mongo, "taken", 1).await.unwrap();
    add(&mongo, "taken too", 1).await.unwrap();
    let store = Store::new(Arc::new(mongo.clone()));
    let items = [
        counter("one", 1),
        counter("taken", 2),
        // Only the validator refuses it.
        counter("negative", -1),
        counter("two", 2),
        counter("taken too", 3),
        counter("three", 3),
    ];
    let neighbour = add(&mongo, "neighbour", 5);
    let (results, neighbour) = tokio::join!(insert_each(&store, items.to_vec()), neighbour);
    assert_eq!(neighbour, Ok(5));
    let said: Vec<&str> = results
        .iter()
        .map(|result| match result {
            Ok(()) => "done",
            Err(StoreError::Duplicate(_)) => "duplicate",
            Err(StoreError::Corrupt(_)) => "corrupt",
            Err(StoreError::Conflict(_) | StoreError::Unavailable(_)) => "other",
        })
        .collect();
    let expected = ["done", "duplicate", "corrupt", "done", "duplicate", "done"];
    assert_eq!(said, expected);
    for (id, expected) in [
        ("one", Some(1)),
        ("taken", Some(1)),
        ("negative", None),
        ("three", Some(3)),
    ] {
        assert_eq!(value(&mongo, id).await, expected, "{id}");
    }
}

#[tokio::test]
async fn an_item_that_fails_leaves_no_trace_and_its_neighbours_see_each_other() {
    let database = TestDatabase::new();
    let mongo = open(&database);
    let store = Store::new(Arc::new(mongo.clone()));
    let steps = [1, -5, 2, -5, 4];
    let results = store
        .write(move |tx| {
            tx.each(&steps, |tx, step| {
                let before = tx.get::<Counter>(&"sum".to_owned())?;
                let value = before.map_or(0, |counter| counter.value) + step;
                tx.put(counter("sum", value))?;
                tx.send(message(u128::from(value.unsigned_abs())))?;
                if *step < 0 {
                    return Err(StoreError::Conflict("on purpose".to_owned()));
                }
                Ok(value)
            })
        })
        .await
        .unwrap();
    let values: Vec<Option<i64>> = results.into_iter().map(Result::ok).collect();
    assert_eq!(values, [Some(1), None, Some(3), None, Some(7)]);
    assert_eq!(value(&mongo, "sum").await, Some(7));
    let sent = mongo.outbox().fresh(0, 10).await.unwrap();
    assert_eq!(sent.len(), 3);
}

#[tokio::test]
async fn what_the_items_miss_is_loaded_together() {
    let database = TestDatabase::new();
    let mongo = open(&database);
    for id in ["a", "b", "c", "d"] {
        add(&mongo, id, 1).await.unwrap();
    }
    let store = Store::new(Arc::new(mongo));
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let found = store
        .write(move |tx| {
            counted.fetch_add(1, Ordering::Relaxed);
            tx.each(&["a", "b", "c", "d", "e"], |tx, id| {
                Ok(tx.get::<Counter>(&(*id).to_owned())?.is_some())
            })
        })
        .await
        .unwrap();
    assert_eq!(found, [Ok(true), Ok(true), Ok(true), Ok(true), Ok(false)]);
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_write_that_panics_in_an_item_leaves_no_trace_of_any_item() {
    let database = TestDatabase::new();
    let mongo = open(&database);
    let store = Store::new(Arc::new(mongo.clone()));
    let panicked: StoreResult<Vec<StoreResult<()>>> = store
        .write(|tx| {
            tx.put(counter("before", 1))?;
            tx.each(&["first", "second"], |tx, id| {
                tx.put(counter(id, 1))?;
                assert_ne!(*id, "second", "on purpose");
                Ok(())
            })
        })
        .await;
    assert!(panicked.is_err(), "{panicked:?}");
    for id in ["before", "first", "second"] {
        assert_eq!(value(&mongo, id).await, None, "{id}");
    }
}
