//! Reads all records of a kind on a connection of its own, so that the pooled readers go on answering.

use rusqlite::Connection;
use store::{Kind, Producer, Scan, StoreError, StoreResult};

use super::files::open_read_only;
use super::records::ScanAll;
use super::sqlite::Sqlite;

/// Starts a scan: one statement, so one moment of the file.
pub(super) fn start(store: &Sqlite, kind: Kind) -> StoreResult<Scan> {
    let scan = store.records.scan(kind)?;
    let path = store.path.clone();
    let (mut producer, scanned) = Scan::new();
    std::thread::Builder::new()
        .name("scan".to_owned())
        .spawn(move || {
            let outcome = open_read_only(&path).and_then(|db| feed(&db, scan, &mut producer));
            producer.end_blocking(outcome);
        })
        .map_err(|error| StoreError::Unavailable(format!("the scan's thread: {error}")))?;
    Ok(scanned)
}

fn feed(db: &Connection, scan: ScanAll, producer: &mut Producer) -> StoreResult<()> {
    scan(db, &mut |record, bytes| {
        let full = producer.add(record, bytes);
        full.map_or(Ok(()), |batch| producer.send_blocking(batch))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kernel::{MessageId, OrderId, SystemIds, Timestamp};
    use store::{Handled, Import, Store, Waiting, record_of};
    use telemetry::metrics::StoreMetrics;

    use super::*;
    use crate::Records;

    fn open(dir: &tempfile::TempDir) -> Store {
        let path = dir.path().join("t.db");
        let opened = Sqlite::open(&path, &[], Records::default(), &StoreMetrics::default());
        Store::new(Arc::new(opened.unwrap()))
    }

    #[tokio::test]
    async fn a_scan_has_all_records_of_one_moment_in_batches_in_the_order_of_their_keys() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let ids = SystemIds::default();
        let handled = |message| Handled {
            order: OrderId::new(&ids),
            message,
            at: Timestamp::from_millis(7),
        };
        let all: Vec<Handled> = (0..1201).map(|_| handled(MessageId::new(&ids))).collect();
        let inserted = all.clone();
        let inserted = store.write(move |tx| {
            let backwards = inserted.iter().rev();
            backwards.cloned().try_for_each(|one| tx.insert(one))
        });
        inserted.await.unwrap();
        let mut scan = store.scan(Kind::of::<Handled>(), None).unwrap();
        let mut found = Vec::new();
        let mut sizes = Vec::new();
        while let Some(batch) = scan.next().await.unwrap() {
            if sizes.is_empty() {
                let late = handled(MessageId::new(&ids));
                store
                    .write(move |tx| tx.insert(late.clone()))
                    .await
                    .unwrap();
            }
            sizes.push(batch.len());
            found.extend(
                batch
                    .into_iter()
                    .map(|one| record_of::<Handled>(one).unwrap()),
            );
        }
        assert_eq!(sizes, [500, 500, 201]);
        assert!(found.iter().map(|one| &**one).eq(&all));
    }

    #[tokio::test]
    async fn a_record_that_does_not_decode_ends_the_scan_with_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let file = crate::files::open_existing(&dir.path().join("t.db")).unwrap();
        file.execute_batch(
            "INSERT INTO outbox (id, name, kind, subject, time, body) VALUES (x'01', 'a', 0, x'02', 0, x'03')",
        )
        .unwrap();
        let mut scan = store.scan(Kind::of::<Waiting>(), None).unwrap();
        assert!(matches!(scan.next().await, Err(StoreError::Corrupt(_))));
        let import = store.scan(Kind::of::<Import>(), None).unwrap().next().await;
        assert!(matches!(import, Ok(None)));
    }
}
