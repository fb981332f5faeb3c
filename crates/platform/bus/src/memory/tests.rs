//! Behaviour specific to the in-memory bus: receivers themselves answer a publish.

use std::sync::Mutex;

use bytes::Bytes;
use contracts::Kind;
use kernel::{MessageId, OrderId, SystemIds, Timestamp};

use super::*;
use crate::Handler;

struct Recorder {
    seen: Mutex<Vec<MessageId>>,
    answer: Outcome,
}

#[async_trait]
impl Handler for Recorder {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        self.seen
            .lock()
            .unwrap()
            .extend(batch.iter().map(|message| message.id));
        batch.iter().map(|_| self.answer.clone()).collect()
    }
}

fn message(name: &str) -> Arc<Envelope> {
    let ids = SystemIds::default();
    Arc::new(Envelope {
        id: MessageId::new(&ids),
        name: name.to_owned(),
        kind: Kind::Event,
        subject: OrderId::new(&ids).as_uuid(),
        time: Timestamp::from_millis(0),
        traceparent: None,
        body: Bytes::new(),
    })
}

fn subscribe(bus: &MemoryBus, queue: &'static str, name: &str, answer: Outcome) -> Arc<Recorder> {
    let recorder = Arc::new(Recorder {
        seen: Mutex::default(),
        answer,
    });
    bus.subscribe(Subscription {
        queue,
        messages: vec![name.to_owned()],
        handler: recorder.clone(),
        max_batch: 8,
    });
    recorder
}

#[tokio::test]
async fn a_message_goes_to_every_queue_bound_to_its_name_and_to_no_other() {
    let bus = MemoryBus::default();
    let one = subscribe(&bus, "one", "a", Outcome::Done);
    let two = subscribe(&bus, "two", "a", Outcome::Done);
    let other = subscribe(&bus, "other", "b", Outcome::Done);
    assert_eq!(bus.publish(vec![message("a")]).await, [Outcome::Done]);
    assert_eq!(one.seen.lock().unwrap().len(), 1);
    assert_eq!(two.seen.lock().unwrap().len(), 1);
    assert!(other.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_message_is_confirmed_only_if_all_its_receivers_are_done() {
    let bus = MemoryBus::default();
    subscribe(&bus, "one", "a", Outcome::Done);
    subscribe(&bus, "two", "a", Outcome::Retry("busy".to_owned()));
    assert_eq!(
        bus.publish(vec![message("a")]).await,
        [Outcome::Retry("busy".to_owned())]
    );
}

#[tokio::test]
async fn a_message_that_no_queue_is_bound_to_is_not_confirmed() {
    let bus = MemoryBus::default();
    subscribe(&bus, "one", "a", Outcome::Done);
    let outcomes = bus.publish(vec![message("a"), message("nobody")]).await;
    assert_eq!(outcomes.first(), Some(&Outcome::Done));
    assert!(matches!(outcomes.get(1), Some(Outcome::Undeliverable(_))));
}

#[tokio::test]
async fn many_publishers_each_get_the_outcomes_of_their_own_messages() {
    let bus = Arc::new(MemoryBus::default());
    let recorder = subscribe(&bus, "one", "a", Outcome::Done);
    let publishers = (0..50).map(|_| {
        let bus = bus.clone();
        tokio::spawn(async move { bus.publish((0..7).map(|_| message("a")).collect()).await })
    });
    for outcomes in join_all(publishers).await {
        assert_eq!(outcomes.unwrap(), vec![Outcome::Done; 7]);
    }
    assert_eq!(recorder.seen.lock().unwrap().len(), 350);
}

/// Panics on messages named `bad`; returns one outcome too few for a batch with `forgotten`.
struct Faulty;

#[async_trait]
impl Handler for Faulty {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let holds = |name: &str| batch.iter().any(|message| message.name == name);
        assert!(!holds("bad"), "on purpose");
        let silent = usize::from(holds("forgotten"));
        batch.iter().skip(silent).map(|_| Outcome::Done).collect()
    }
}

fn faulty() -> MemoryBus {
    let bus = MemoryBus::default();
    bus.subscribe(Subscription {
        queue: "faulty",
        messages: ["good", "bad", "forgotten"].map(str::to_owned).into(),
        handler: Arc::new(Faulty),
        max_batch: 8,
    });
    bus
}

#[tokio::test]
async fn a_handler_that_panics_has_its_messages_tried_again_and_its_queue_lives_on() {
    let bus = faulty();
    let panicked = Outcome::Retry("the handler panicked".to_owned());
    for _ in 0..3 {
        let outcomes = bus.publish(vec![message("good"), message("bad")]).await;
        assert_eq!(outcomes, [panicked.clone(), panicked.clone()]);
        assert_eq!(bus.publish(vec![message("good")]).await, [Outcome::Done]);
    }
}

#[tokio::test]
async fn a_missing_outcome_makes_no_other_messages_outcome_its_own() {
    let bus = faulty();
    // Both parcels are queued together and handled as one batch.
    let (one, other) = tokio::join!(
        bus.publish(vec![message("forgotten"), message("good")]),
        bus.publish(vec![message("good"), message("good")]),
    );
    for outcomes in [one, other] {
        assert_eq!(outcomes.len(), 2);
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Outcome::Retry(_))),
            "{outcomes:?}"
        );
    }
}
