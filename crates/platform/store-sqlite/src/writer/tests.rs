//! Group commit, and what becomes of writes that fail.

use super::*;
use crate::Sqlite;
use store::Database as _;
use telemetry::metrics::{Read, StoreMetrics};

const TABLE: &str = "CREATE TABLE t (x INTEGER NOT NULL UNIQUE) STRICT;";

fn open(dir: &tempfile::TempDir) -> Sqlite {
    Sqlite::open(
        &dir.path().join("t.db"),
        &[TABLE],
        crate::Records::default(),
        &StoreMetrics::default(),
    )
    .unwrap()
}

async fn insert(store: &Sqlite, x: i64) -> StoreResult<()> {
    store
        .write(move |tx| {
            tx.execute("INSERT INTO t VALUES (?1)", [x])?;
            Ok(())
        })
        .await
}

async fn count(store: &Sqlite) -> i64 {
    store
        .read(Read::List, |tx| {
            Ok::<i64, StoreError>(tx.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_failed_write_undoes_its_own_changes_and_no_one_elses() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let writes = (0..200).map(|i| {
        let store = store.clone();
        async move {
            store
                .write(move |tx| {
                    tx.execute("INSERT INTO t VALUES (?1)", [i])?;
                    if i % 2 == 0 {
                        Err(StoreError::Conflict("even".to_owned()))
                    } else {
                        Ok(())
                    }
                })
                .await
        }
    });
    let results = futures_util::future::join_all(writes).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 100);
    assert_eq!(count(&store).await, 100);
}

#[tokio::test]
async fn a_panicking_write_is_undone_and_the_writer_lives_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let outcome: StoreResult<()> = store
        .write(|tx| {
            tx.execute("INSERT INTO t VALUES (1)", [])?;
            panic!("on purpose")
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
    insert(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_transaction_that_sqlite_ends_early_takes_all_its_writes_along_and_no_later_ones() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let (open_gate, gate) = std::sync::mpsc::channel::<()>();
    let (tell_begun, begun) = tokio::sync::oneshot::channel();
    // While the first write waits, alone in its transaction, the others queue up for the next one.
    let first = store.write(move |_| {
        tell_begun.send(()).unwrap();
        gate.recv().unwrap_or_default();
        Ok::<(), StoreError>(())
    });
    let others = async {
        begun.await.unwrap();
        // Like SQLite's own rollback when the disk is full.
        let ends = store.write(|tx| Ok::<(), StoreError>(tx.execute_batch("ROLLBACK")?));
        let opens = async move {
            drop(open_gate);
        };
        tokio::join!(insert(&store, 1), ends, insert(&store, 2), opens)
    };
    let (_, (before, ended, after, ())) = tokio::join!(first, others);
    for outcome in [before, ended, after] {
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{outcome:?}"
        );
    }
    assert_eq!(count(&store).await, 0);
    insert(&store, 3).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_write_whose_caller_went_away_before_it_began_is_not_begun() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let (open_gate, gate) = std::sync::mpsc::channel::<()>();
    let busy = store.write(move |_| {
        gate.recv().unwrap_or_default();
        Ok::<(), StoreError>(())
    });
    let mut busy = Box::pin(busy);
    assert!(futures_util::FutureExt::now_or_never(&mut busy).is_none());
    let mut left = Box::pin(insert(&store, 1));
    assert!(futures_util::FutureExt::now_or_never(&mut left).is_none());
    drop(left);
    drop(open_gate);
    busy.await.unwrap();
    insert(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_in_doubt_until_a_probe_fits() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    insert(&store, 1).await.unwrap();
    store.check_writes().await.unwrap();
    // What SQLite says of its own limit is what it says of a full disk: SQLITE_FULL.
    let limit = |pages: i64| {
        store.write(move |db| {
            db.pragma_update(None, "max_page_count", pages)?;
            Ok(())
        })
    };
    limit(1).await.unwrap();
    let filled = store
        .write(|db| {
            db.execute("INSERT INTO probe VALUES (1, zeroblob(1000000))", [])?;
            Ok(())
        })
        .await;
    assert!(
        matches!(filled, Err(StoreError::Unavailable(_))),
        "{filled:?}"
    );
    assert!(store.health.is_doubtful());
    // The limit is the writer's own; the disk has room.
    store.check_writes().await.unwrap();
    assert!(!store.health.is_doubtful());
    limit(1_000_000).await.unwrap();
    insert(&store, 2).await.unwrap();
}

#[tokio::test]
async fn a_file_that_takes_no_writes_fails_the_check_and_passes_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    store.check_writes().await.unwrap();
    let path = dir.path().join("t.db");
    let away = dir.path().join("away.db");
    std::fs::rename(&path, &away).unwrap();
    store.check_writes().await.unwrap();
    store.health.refused();
    let refused = store.check_writes().await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    std::fs::rename(&away, &path).unwrap();
    store.check_writes().await.unwrap();
}

#[tokio::test]
async fn a_second_row_with_the_same_key_is_a_duplicate() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    insert(&store, 1).await.unwrap();
    assert!(matches!(
        insert(&store, 1).await,
        Err(StoreError::Duplicate(_))
    ));
}

#[tokio::test]
async fn what_was_answered_is_there_when_the_file_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    insert(&store, 7).await.unwrap();
    drop(store);
    assert_eq!(count(&open(&dir)).await, 1);
}

/// A write that no one waits for.
async fn insert_with_others(store: &Sqlite, x: i64) -> StoreResult<()> {
    let work = move |tx: &Connection| {
        tx.execute("INSERT INTO t VALUES (?1)", [x])?;
        Ok(())
    };
    store.write_as(Turn::WithOthers, work, |()| ()).await
}

#[tokio::test]
async fn a_write_that_no_one_waits_for_shares_the_next_transaction() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let (open_gate, gate) = std::sync::mpsc::channel::<()>();
    let (tell_begun, begun) = tokio::sync::oneshot::channel();
    let first = store.write(move |_| {
        tell_begun.send(()).unwrap();
        gate.recv().unwrap_or_default();
        Ok::<(), StoreError>(())
    });
    let others = async {
        begun.await.unwrap();
        let ends = store.write(|tx| Ok::<(), StoreError>(tx.execute_batch("ROLLBACK")?));
        let opens = async move {
            drop(open_gate);
        };
        tokio::join!(insert_with_others(&store, 1), ends, opens)
    };
    let (_, (patient, ended, ())) = tokio::join!(first, others);
    for outcome in [patient, ended] {
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{outcome:?}"
        );
    }
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn a_write_that_no_one_waits_for_is_made_alone_if_no_other_comes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    insert_with_others(&store, 1).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn what_follows_a_commit_happens_though_its_caller_went_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let (open_gate, gate) = std::sync::mpsc::channel::<()>();
    let (tell_begun, begun) = tokio::sync::oneshot::channel();
    let (tell_committed, committed) = tokio::sync::oneshot::channel();
    let work = move |_: &Connection| {
        tell_begun.send(()).unwrap();
        gate.recv().unwrap_or_default();
        Ok(())
    };
    let then = move |(): &()| tell_committed.send(()).unwrap_or_default();
    let mut write = Box::pin(store.write_as(Turn::Next, work, then));
    assert!(futures_util::FutureExt::now_or_never(&mut write).is_none());
    begun.await.unwrap();
    drop(write);
    drop(open_gate);
    committed.await.unwrap();
}
