//! The transaction port on SQLite. Each change is written at once, in the savepoint of its write. Records that were read are kept until
//! the write ends, so that a change can be compared with the stored state.

use std::any::TypeId;
use std::collections::HashMap;

use contracts::Envelope;
use rusqlite::Connection;
use store::outbox::Pending;
use store::{AnyKey, AnyRecord, Engine, Job, Keep, Kind, StoreError, StoreResult, Tx, Value};

use super::message::enqueue;
use super::records::Records;
use super::table::AnyTable;
use super::writer::{count_repeated, execute, repeated, set_repeated};

/// The transaction of one write.
pub(super) struct SqliteTx<'a> {
    db: &'a Connection,
    records: &'a Records,
    tables: HashMap<TypeId, Box<dyn AnyTable>>,
    /// What was added to the outbox.
    sent: Vec<Pending>,
    /// How much of it comes from before the open item.
    sent_before: usize,
    items: Items,
}

/// How the items of a batch are undone.
#[derive(Clone, Copy, PartialEq)]
enum Items {
    /// With the whole write. A savepoint for each item would have SQLite copy every page that the item changes.
    Together,
    /// One failed, so the write must run again with a savepoint for each.
    OneFailed,
    /// Each by its own savepoint.
    Apart,
}

impl<'a> SqliteTx<'a> {
    fn new(db: &'a Connection, records: &'a Records, items: Items) -> Self {
        Self {
            db,
            records,
            tables: HashMap::new(),
            sent: Vec::new(),
            sent_before: 0,
            items,
        }
    }

    fn table(&mut self, kind: Kind) -> StoreResult<&mut Box<dyn AnyTable>> {
        match self.tables.entry(kind.id) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(new) => {
                Ok(new.insert(self.records.table(kind)?))
            }
        }
    }
}

impl Engine for SqliteTx<'_> {
    fn get(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<Option<AnyRecord>> {
        let db = self.db;
        self.table(kind)?.get(db, key)
    }

    fn find_by(
        &mut self,
        kind: Kind,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>> {
        let db = self.db;
        self.table(kind)?.find_by(db, field, value, limit)
    }

    fn want(&mut self, _kind: Kind, _key: &AnyKey) -> StoreResult<()> {
        Ok(())
    }

    fn insert(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()> {
        let db = self.db;
        self.table(kind)?.insert(db, record)
    }

    fn put(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()> {
        let db = self.db;
        self.table(kind)?.put(db, record)
    }

    fn delete(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()> {
        let db = self.db;
        self.table(kind)?.delete(db, key)
    }

    fn hold(&mut self, _kind: Kind, _key: &AnyKey) -> StoreResult<()> {
        // There is one writer, so nothing can change meanwhile.
        Ok(())
    }

    fn send(&mut self, message: Envelope) -> StoreResult<()> {
        self.sent.extend(enqueue(self.db, message)?);
        Ok(())
    }

    fn handled_before(&mut self) {
        count_repeated();
    }

    fn begin_item(&mut self) -> StoreResult<()> {
        if self.items == Items::Apart {
            execute(self.db, "SAVEPOINT item")?;
            self.sent_before = self.sent.len();
        }
        Ok(())
    }

    fn end_item(&mut self, keep: Keep) -> StoreResult<()> {
        if self.items != Items::Apart {
            if keep == Keep::Nothing {
                self.items = Items::OneFailed;
                return Err(StoreError::Conflict("an item failed".to_owned()));
            }
            return Ok(());
        }
        if keep == Keep::Nothing {
            execute(self.db, "ROLLBACK TO item")?;
            self.tables.clear();
            self.sent.truncate(self.sent_before);
        }
        execute(self.db, "RELEASE item")
    }
}

/// Runs `job` in the open transaction and returns what it added to the outbox. In tests it runs twice and the first run is
/// discarded, so that no job comes to rely on running once: MongoDB may run it any number of times.
pub(super) fn run(db: &Connection, records: &Records, job: &mut Job) -> StoreResult<Vec<Pending>> {
    #[cfg(feature = "testing")]
    {
        execute(db, "SAVEPOINT rehearsal")?;
        let counted = repeated();
        let rehearsed = attempt(db, records, job, "ROLLBACK TO rehearsal");
        set_repeated(counted);
        execute(db, "ROLLBACK TO rehearsal")?;
        execute(db, "RELEASE rehearsal")?;
        rehearsed?;
    }
    attempt(db, records, job, "ROLLBACK TO job")
}

/// Runs `job`, and if one of its items fails, undoes it by `undo` and runs it again with a savepoint for each item.
fn attempt(
    db: &Connection,
    records: &Records,
    job: &mut Job,
    undo: &str,
) -> StoreResult<Vec<Pending>> {
    let counted = repeated();
    let mut tx = SqliteTx::new(db, records, Items::Together);
    let mut result = job(&mut Tx::new(&mut tx));
    if tx.items == Items::OneFailed {
        execute(db, undo)?;
        set_repeated(counted);
        tx = SqliteTx::new(db, records, Items::Apart);
        result = job(&mut Tx::new(&mut tx));
    }
    result.map(|()| tx.sent)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde::{Deserialize, Serialize};
    use store::{Record, Row, Store, StoreError};
    use telemetry::metrics::StoreMetrics;

    use super::*;
    use crate::Sqlite;

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
    }

    impl Row for Counter {
        const TABLE: &'static str = "counters";
        const LOOKUPS: &'static [&'static str] = &["value"];
        type Id = String;
        type Fields = Self;

        fn id(id: &String) -> String {
            id.clone()
        }

        fn fields(&self) -> impl Serialize {
            self
        }

        fn from_fields(fields: Self) -> StoreResult<Self> {
            Ok(fields)
        }
    }

    const TABLE: &str =
        "CREATE TABLE counters (id TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
        CREATE INDEX counters_by_value ON counters (value);";

    fn open(dir: &tempfile::TempDir) -> Store {
        let path = dir.path().join("t.db");
        let records = Records::default().with::<Counter>();
        let opened = Sqlite::open(&path, &[TABLE], records, &StoreMetrics::default());
        Store::new(Arc::new(opened.unwrap()))
    }

    fn counter(id: &str, value: i64) -> Counter {
        Counter {
            id: id.to_owned(),
            value,
        }
    }

    async fn value(store: &Store, id: &str) -> Option<i64> {
        let found = store.get::<Counter>(&id.to_owned()).await.unwrap();
        found.map(|counter| counter.value)
    }

    #[tokio::test]
    async fn a_work_sees_its_own_changes_and_all_of_it_is_undone_if_it_fails() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let failed: StoreResult<()> = store
            .write(|tx| {
                tx.put(counter("a", 1))?;
                tx.put(counter("a", 2))?;
                assert_eq!(tx.get::<Counter>(&"a".to_owned())?.unwrap().value, 2);
                assert_eq!(tx.find_by::<Counter>("value", 2, 9)?.len(), 1);
                tx.delete::<Counter>(&"a".to_owned())?;
                assert_eq!(tx.get::<Counter>(&"a".to_owned())?, None);
                tx.insert(counter("a", 3))?;
                Err(StoreError::Conflict("on purpose".to_owned()))
            })
            .await;
        assert!(matches!(failed, Err(StoreError::Conflict(_))));
        assert_eq!(value(&store, "a").await, None);
    }

    #[tokio::test]
    async fn an_item_that_fails_leaves_no_trace_and_its_neighbours_see_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let results = store
            .write(|tx| {
                tx.each(&[1, -5, 2, -5, 4], |tx, step| {
                    let before = tx.get::<Counter>(&"sum".to_owned())?;
                    let value = before.map_or(0, |counter| counter.value) + step;
                    tx.put(counter("sum", value))?;
                    if *step < 0 {
                        tx.insert(counter("sum", 0))?;
                    }
                    Ok(value)
                })
            })
            .await
            .unwrap();
        let values: Vec<Option<i64>> = results.iter().map(|item| item.clone().ok()).collect();
        assert_eq!(values, [Some(1), None, Some(3), None, Some(7)]);
        assert!(matches!(
            results.get(1),
            Some(Err(StoreError::Duplicate(_)))
        ));
        assert_eq!(value(&store, "sum").await, Some(7));
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn under_test_a_work_runs_twice_and_counts_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let seen = store
            .write(move |tx| {
                counted.fetch_add(1, Ordering::Relaxed);
                let before = tx.get::<Counter>(&"a".to_owned())?;
                tx.put(counter("a", before.map_or(1, |counter| counter.value + 1)))?;
                Ok(counted.load(Ordering::Relaxed))
            })
            .await;
        assert_eq!((seen, runs.load(Ordering::Relaxed)), (Ok(2), 2));
        assert_eq!(value(&store, "a").await, Some(1));
    }

    #[tokio::test]
    async fn a_record_without_a_layout_is_refused() {
        #[derive(Debug)]
        struct Unknown;
        impl Record for Unknown {
            const NAME: &'static str = "unknown";
            type Key = ();
            fn key(&self) {}
        }
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let refused = store.write(|tx| tx.get::<Unknown>(&()).map(drop)).await;
        assert!(matches!(refused, Err(StoreError::Corrupt(_))));
    }
}
