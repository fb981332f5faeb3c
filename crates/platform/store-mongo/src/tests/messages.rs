//! What happens to messages that were written with a commit.

use super::*;
use store::{DeadLetter, DeadLetters as _};

pub(super) fn message(n: u128) -> Envelope {
    Envelope {
        id: MessageId::from_uuid(Uuid::from_u128(n)),
        name: "marketplace.test.v1.Happened".to_owned(),
        kind: Kind::Event,
        subject: OrderId::new(&SystemIds::default()).as_uuid(),
        time: Timestamp::from_millis(1_700_000_000_000),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        body: Bytes::from_static(b"body"),
    }
}

pub(super) async fn send(store: &Mongo, message: Envelope) {
    store
        .work(move |tx| tx.send(message.clone()))
        .await
        .unwrap();
}

pub(super) async fn waiting(store: &Mongo) -> u64 {
    let rows = store
        .database()
        .await
        .unwrap()
        .collection::<Document>("outbox");
    rows.count_documents(doc! {}).await.unwrap()
}

async fn buried(store: &Mongo) -> Vec<DeadLetter> {
    let letters = Store::new(Arc::new(store.clone()));
    letters.dead_letters(None, 100).await.unwrap()
}

#[tokio::test]
async fn a_committed_message_is_handed_over_as_it_was_and_gone_when_sent() {
    let database = TestDatabase::new();
    let store = open(&database);
    let sent = message(1);
    send(&store, sent.clone()).await;
    // A resend of what has not gone out yet changes nothing.
    send(&store, sent.clone()).await;
    let fresh = store.outbox().fresh(0, 10).await.unwrap();
    assert_eq!((fresh.len(), waiting(&store).await), (1, 1));
    assert_eq!(*fresh[0].envelope, sent);
    let now = Timestamp::from_millis(0);
    store
        .outbox()
        .settle(vec![(fresh[0].seq, Fate::Sent)], now)
        .await
        .unwrap();
    assert_eq!(waiting(&store).await, 0);
    assert!(store.outbox().fresh(0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_dead_replica_left_is_claimed_by_one_other_when_its_lease_is_over() {
    let database = TestDatabase::new();
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000)));
    let [dead, one, other] = [0; 3].map(|_| database.open(counters(), records(), clock.clone()));
    send(&dead, message(1)).await;
    drop(dead);
    let now = clock.now();
    assert!(one.outbox().retries(now, 10).await.unwrap().is_empty());
    let later = now.plus(Duration::from_secs(11));
    let (mine, theirs) = (one.outbox(), other.outbox());
    let (mine, theirs) = tokio::join!(mine.retries(later, 10), theirs.retries(later, 10));
    let claimed = [mine.unwrap(), theirs.unwrap()].concat();
    assert_eq!(claimed.len(), 1);
    assert_eq!(
        *claimed[0].envelope,
        Envelope {
            subject: claimed[0].envelope.subject,
            ..message(1)
        }
    );
}

#[tokio::test]
async fn a_message_given_up_is_listed_and_can_be_replayed() {
    let database = TestDatabase::new();
    let store = open(&database);
    let given_up = message(1);
    send(&store, given_up.clone()).await;
    let outbox = store.outbox();
    let seq = outbox.fresh(0, 10).await.unwrap()[0].seq;
    let fate = Fate::Dead {
        attempts: 6,
        reason: "poison".to_owned(),
    };
    outbox
        .settle(vec![(seq, fate)], Timestamp::from_millis(5))
        .await
        .unwrap();
    let letters = Store::new(Arc::new(store.clone()));
    let found = letters.dead_letters(None, 5).await.unwrap();
    assert_eq!((found.len(), waiting(&store).await), (1, 0));
    assert_eq!((&found[0].envelope, found[0].attempts), (&given_up, 6));
    let after = Some(found[0].place());
    assert_eq!(letters.dead_letters(after, 5).await, Ok(Vec::new()));
    assert_eq!(letters.replay(None).await, Ok(1));
    assert_eq!(letters.replay(None).await, Ok(0));
    assert_eq!(outbox.fresh(0, 10).await.unwrap().len(), 1);
    assert_eq!(letters.dead_letters(None, 5).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_resend_of_what_another_replica_has_not_sent_yet_goes_out_as_a_copy_of_it() {
    let database = TestDatabase::new();
    let (one, other) = (open(&database), open(&database));
    send(&one, message(1)).await;
    let (again, fine) = tokio::join!(
        other.work(move |tx| tx.send(message(1))),
        add(&other, "neighbour", 1),
    );
    assert_eq!((again, fine), (Ok(()), Ok(1)));
    for store in [one, other] {
        let fresh = store.outbox().fresh(0, 10).await.unwrap();
        assert_eq!(fresh.len(), 1);
        assert_eq!(fresh[0].envelope.id, message(1).id);
        let sent = vec![(fresh[0].seq, Fate::Sent)];
        let now = Timestamp::from_millis(0);
        store.outbox().settle(sent, now).await.unwrap();
    }
    assert_eq!(
        waiting(&database.open(counters(), records(), Arc::new(SystemClock))).await,
        0
    );
}

#[tokio::test]
async fn the_messages_of_one_commit_are_one_document_until_each_of_them_has_its_fate() {
    let database = TestDatabase::new();
    let store = open(&database);
    store
        .work(|tx| (1..=4).try_for_each(|n| tx.send(message(n))))
        .await
        .unwrap();
    let outbox = store.outbox();
    let fresh = outbox.fresh(0, 10).await.unwrap();
    assert_eq!((fresh.len(), waiting(&store).await), (4, 1));
    let now = Timestamp::from_millis(1_700_000_000_000);
    let (attempts, not_before) = (1, now);
    let fates = [
        Fate::Sent,
        Fate::Retry {
            attempts,
            not_before,
        },
        Fate::Dead {
            attempts: 6,
            reason: "poison".to_owned(),
        },
        Fate::Sent,
    ];
    let mut fates: Vec<(i64, Fate)> = fresh.iter().map(|one| one.seq).zip(fates).collect();
    let last = fates.split_off(3);
    outbox.settle(fates, now).await.unwrap();
    // One is still in flight: if its replica died now, all four would be sent again.
    assert!(buried(&store).await.is_empty());
    outbox.settle(last, now).await.unwrap();
    let letters = buried(&store).await;
    assert_eq!((letters.len(), letters[0].envelope.id), (1, message(3).id));
    // Only the messages to retry are left.
    let due = outbox.retries(now, 10).await.unwrap();
    let due: Vec<_> = due
        .iter()
        .map(|one| (one.envelope.id, one.attempts))
        .collect();
    assert_eq!(due, [(message(2).id, 1)]);
    assert!(outbox.fresh(0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn more_messages_than_a_document_takes_are_several() {
    let database = TestDatabase::new();
    let store = open(&database);
    store
        .work(|tx| (1..=600).try_for_each(|n| tx.send(message(n))))
        .await
        .unwrap();
    let fresh = store.outbox().fresh(0, 1000).await.unwrap();
    assert_eq!((fresh.len(), waiting(&store).await), (600, 3));
}
