//! Hints between replicas.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::proxy::Proxy;
use super::test_broker::TestBroker;
use bus::Tasks;

/// Announces until `receiver` gets the hint: hints may be lost, especially while a replica is still connecting.
async fn gets_through(sender: &Sender<Bytes>, receiver: &mut Receiver<Bytes>, hint: &'static [u8]) {
    let heard = async {
        loop {
            sender.send(Bytes::from_static(hint)).await.unwrap();
            let next = tokio::time::timeout(Duration::from_millis(50), receiver.recv()).await;
            if let Ok(heard) = next
                && heard.unwrap() == hint
            {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heard)
        .await
        .expect("the hint is heard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_replica_hears_a_hint_also_after_its_connections_were_cut() {
    let proxy = Proxy::to_the_broker();
    let mut broker = TestBroker::at(&proxy.uri());
    let tasks = Tasks::new();
    let (sender, announced) = mpsc::channel(8);
    let mut own = broker.bus(Vec::new(), &tasks).hints("test", announced);
    let (_, silent) = mpsc::channel(8);
    let mut other = broker.bus(Vec::new(), &tasks).hints("test", silent);
    gets_through(&sender, &mut own, b"one").await;
    gets_through(&sender, &mut other, b"two").await;
    proxy.cut();
    gets_through(&sender, &mut other, b"three").await;
    gets_through(&sender, &mut own, b"four").await;
    broker.end(tasks).await;
}

#[tokio::test]
async fn announcing_neither_waits_nor_fails_without_a_broker_or_a_listener() {
    let proxy = Proxy::to_the_broker();
    proxy.turn_away(true);
    let mut broker = TestBroker::at(&proxy.uri());
    let tasks = Tasks::new();
    let (sender, announced) = mpsc::channel(8);
    drop(broker.bus(Vec::new(), &tasks).hints("test", announced));
    for _ in 0..10_000 {
        drop(sender.try_send(Bytes::from_static(b"hint")));
    }
    tasks.drain(Duration::from_secs(10)).await;
}
