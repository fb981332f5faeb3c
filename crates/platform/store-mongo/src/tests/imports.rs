//! Scans, and what is brought into a database.

use super::messages::send;
use super::*;
use store::{Import, Kind as RecordKind, PointInTime, Waiting, record_of};

async fn counters_at(store: &Store, at: Option<PointInTime>) -> Vec<(String, i64)> {
    let mut scan = store.scan(RecordKind::of::<Counter>(), at).unwrap();
    let mut found = Vec::new();
    while let Some(batch) = scan.next().await.unwrap() {
        for record in batch {
            let counter = record_of::<Counter>(record).unwrap();
            found.push((counter.id.clone(), counter.value));
        }
    }
    found
}

#[tokio::test]
async fn scans_of_several_databases_can_be_of_one_moment() {
    let databases = [TestDatabase::new(), TestDatabase::new()];
    let opened = databases.each_ref().map(open);
    for store in &opened {
        for (id, value) in [("b", 2), ("a", 1)] {
            add(store, id, value).await.unwrap();
        }
    }
    let stores = opened
        .each_ref()
        .map(|store| Store::new(Arc::new(store.clone())));
    let at = stores[0].moment().await.unwrap();
    for store in &opened {
        add(store, "a", 10).await.unwrap();
        add(store, "c", 3).await.unwrap();
    }
    let named = |pairs: &[(&str, i64)]| -> Vec<(String, i64)> {
        let pairs = pairs.iter();
        pairs
            .map(|(id, value)| ((*id).to_owned(), *value))
            .collect()
    };
    for store in &stores {
        assert_eq!(
            counters_at(store, Some(at)).await,
            named(&[("a", 1), ("b", 2)])
        );
        assert_eq!(
            counters_at(store, None).await,
            named(&[("a", 11), ("b", 2), ("c", 3)])
        );
    }
}

#[tokio::test]
async fn imported_messages_are_sent_in_their_order_and_scanned_in_it() {
    let database = TestDatabase::new();
    let store = open(&database);
    let port = Store::new(Arc::new(store.clone()));
    let at = |n: u64| Timestamp::from_millis(1_700_000_000_000).plus(Duration::from_millis(n));
    let waiting: Vec<Waiting> = [(9, 0), (1, 0), (5, 3), (2, 0)]
        .into_iter()
        .zip(0..)
        .map(|((id, attempts), place)| Waiting {
            envelope: Envelope {
                time: at(place),
                ..message(id)
            },
            attempts,
            not_before: if attempts == 0 {
                Timestamp::default()
            } else {
                at(50)
            },
        })
        .collect();
    let records = waiting.iter().cloned();
    let records = records.map(|one| -> store::AnyRecord { Arc::new(one) });
    let kind = RecordKind::of::<Waiting>();
    port.import(kind, records.collect(), Import::begin("a test"))
        .await
        .unwrap();
    // As another replica's commit leaves them: several in one document.
    send(&store, message(7)).await;
    let mut scan = port.scan(kind, None).unwrap();
    let scanned = scan.next().await.unwrap().unwrap();
    let scanned: Vec<Arc<Waiting>> = scanned
        .into_iter()
        .map(|one| record_of(one).unwrap())
        .collect();
    let ids: Vec<MessageId> = scanned.iter().map(|one| one.envelope.id).collect();
    let expected = [9, 1, 2, 5, 7].map(|id| message(id).id);
    assert_eq!(ids, expected);
    assert_eq!(*scanned[3], waiting[2]);
    let due = store.outbox().retries(SystemClock.now(), 10).await.unwrap();
    let due: Vec<(MessageId, u32)> = due
        .iter()
        .map(|one| (one.envelope.id, one.attempts))
        .collect();
    let sent = [(9, 0), (1, 0), (2, 0), (5, 3)].map(|(id, attempts)| (message(id).id, attempts));
    let (mut due, mut sent) = (due, sent.to_vec());
    due.sort_unstable();
    sent.sort_unstable();
    assert_eq!(due, sent);
}

#[tokio::test]
async fn nothing_is_read_or_written_before_an_import_is_finished() {
    let database = TestDatabase::new();
    let importing = Store::new(Arc::new(open(&database))).for_import();
    let counter: store::AnyRecord = Arc::new(Counter {
        id: "a".to_owned(),
        value: 1,
    });
    let begun = Import::begin("a test");
    let kind = RecordKind::of::<Counter>();
    importing
        .import(kind, vec![counter], begun.clone())
        .await
        .unwrap();
    let served = open(&database);
    let port = Store::new(Arc::new(served.clone()));
    for refused in [port.ping().await, add(&served, "a", 1).await.map(drop)] {
        let StoreError::Unavailable(why) = refused.unwrap_err() else {
            panic!("another error");
        };
        assert!(why.contains("not all there yet"), "{why}");
    }
    let mut finished = begun;
    finished.finished_at = Some(Timestamp::from_millis(1));
    importing
        .write(move |tx| tx.put(finished.clone()))
        .await
        .unwrap();
    assert_eq!(add(&served, "a", 1).await, Ok(2));
}
