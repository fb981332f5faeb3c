//! Dead letters that are specific to the broker.

use std::collections::BTreeSet;
use std::sync::Arc;

use contracts::Kind;
use lapin::BasicProperties;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};

use super::test_broker::TestBroker;
use crate::{QueuedLetters, list_dead_letters, replay_dead_letters};
use bus::Tasks;
use bus::contract::{Recorder, Sender, message, messages, subscription};
use bus::{Bus, Outcome};
use store::DeadLetters as _;
use telemetry::testing::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_a_dead_letter_and_its_neighbours_are_handled() {
    let mut broker = TestBroker::with_a_namespace();
    let (tasks, receiver) = (Tasks::new(), Arc::new(Recorder::default()));
    let bus = broker.bus(vec![subscription("one", "a", receiver.clone())], &tasks);
    bus.ready().await;
    let (_connection, channel) = broker.admin().await;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .unwrap();
    let confirmed = channel
        .basic_publish(
            broker.real.names.exchange(Kind::Event).into(),
            "a".into(),
            BasicPublishOptions::default(),
            b"from nowhere",
            BasicProperties::default(),
        )
        .await
        .unwrap()
        .await
        .unwrap();
    assert!(confirmed.is_ack());
    let fine = message("a");
    assert_eq!(
        bus.publish(vec![Arc::new(fine.clone())]).await,
        [Outcome::Done]
    );
    receiver.until_seen(&[fine]).await;
    let letter = eventually("a dead letter", async || {
        list_dead_letters(&broker.real, "one").await.unwrap().pop()
    })
    .await;
    assert_eq!(letter.envelope.body.as_ref(), b"from nowhere");
    assert_eq!(letter.reason, "malformed message: no type");
    // A replay does not make it readable: it is dead-lettered again, and not lost.
    assert_eq!(
        replay_dead_letters(&broker.real, "one", None)
            .await
            .unwrap(),
        1
    );
    eventually("the dead letter again", async || {
        let letters = list_dead_letters(&broker.real, "one").await.unwrap();
        (letters.len() == 1).then_some(())
    })
    .await;
    assert_eq!(receiver.seen().len(), 1);
    broker.end(tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_at_dead_letters_wears_none_of_them_out() {
    let mut broker = TestBroker::with_a_namespace();
    let (tasks, receiver) = (Tasks::new(), Arc::new(Recorder::default()));
    let sent = messages("a", 5);
    for message in &sent {
        receiver.answers(message.id, Outcome::Reject("malformed".to_owned()));
    }
    let bus = broker.bus(vec![subscription("one", "a", receiver.clone())], &tasks);
    let sender = Sender::over(bus);
    sender.send(sent.clone());
    eventually("five dead letters", async || {
        let letters = list_dead_letters(&broker.real, "one").await.unwrap();
        (letters.len() == 5).then_some(())
    })
    .await;
    let ids = sent.iter().map(|message| message.id).collect();
    // RabbitMQ 4 drops a message after twenty returns.
    for _ in 0..25 {
        let letters = list_dead_letters(&broker.real, "one").await.unwrap();
        let found: BTreeSet<_> = letters.iter().map(|letter| letter.envelope.id).collect();
        assert_eq!((letters.len(), &found), (5, &ids));
        assert!(
            letters
                .iter()
                .all(|letter| letter.reason == "malformed" && letter.attempts == 1)
        );
    }
    sender.stop().await;
    broker.end(tasks).await;
}

#[tokio::test]
async fn a_queue_that_was_never_declared_has_no_dead_letters() {
    let broker = TestBroker::with_a_namespace();
    assert!(
        list_dead_letters(&broker.real, "one")
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        replay_dead_letters(&broker.real, "one", None)
            .await
            .unwrap(),
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dead_letters_of_several_queues_are_one_list_in_pages() {
    let mut broker = TestBroker::with_a_namespace();
    let (tasks, receiver) = (Tasks::new(), Arc::new(Recorder::default()));
    let bus = broker.bus(
        vec![
            subscription("one", "a", receiver.clone()),
            subscription("two", "b", receiver.clone()),
        ],
        &tasks,
    );
    bus.ready().await;
    let poison = [message("a"), message("b"), message("a")];
    for one in &poison {
        receiver.answers(one.id, Outcome::Reject("poison".to_owned()));
        bus.publish(vec![Arc::new(one.clone())]).await;
    }
    let letters = QueuedLetters::new(broker.real.clone(), vec!["one", "two", "none"]);
    let all = eventually("three dead letters", async || {
        let all = letters.dead_letters(None, 10).await.unwrap();
        (all.len() == 3).then_some(all)
    })
    .await;
    let first = letters.dead_letters(None, 2).await.unwrap();
    assert_eq!(first, all[..2]);
    let rest = letters.dead_letters(Some(first[1].place()), 2).await;
    assert_eq!(rest.unwrap(), all[2..]);
    for one in &poison {
        receiver.answers(one.id, Outcome::Done);
    }
    assert_eq!(letters.replay(Some(poison[1].id)).await, Ok(1));
    assert_eq!(letters.replay(None).await, Ok(2));
    assert_eq!(letters.dead_letters(None, 10).await, Ok(Vec::new()));
    broker.end(tasks).await;
}
