//! Traffic on the bus: notes at each outbox what its relay takes and settles, so that a scenario waits until no message is on its way
//! and not for some time.
//!
//! A message that is handled has not left its sender's outbox yet, and what its handler sends is in the next outbox before the first is
//! settled. So nothing is on its way when every relay has nothing in hand and has found nothing to send since the last was settled.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chassis::outbox::{Backlog, Fate, Outbox, Pending};
use chassis::store::StoreResult;
use chassis::testing::eventually;
use kernel::Timestamp;

/// What is known of one outbox.
#[derive(Default)]
struct Known {
    /// Taken by its relay and not settled.
    in_hand: BTreeSet<i64>,
    /// After which stir no fresh message was in it.
    none_fresh: Option<u64>,
    /// After which stir, and at what time, no retry in it was due.
    none_due: Option<(u64, Timestamp)>,
}

#[derive(Default)]
struct State {
    /// How often something was taken, settled or asked: a look that began before the last time says nothing any more.
    stirs: u64,
    outboxes: Vec<Known>,
}

/// What is on its way between services.
#[derive(Clone, Default)]
pub struct Traffic(Arc<Mutex<State>>);

impl Traffic {
    /// `outbox`, watched from now on.
    #[must_use]
    pub fn watch(&self, outbox: Arc<dyn Outbox>) -> Arc<dyn Outbox> {
        let mut state = self.lock();
        state.outboxes.push(Known::default());
        Arc::new(Watched {
            outbox,
            place: state.outboxes.len() - 1,
            traffic: self.clone(),
        })
    }

    /// Waits until nothing is on its way at `now`, on a clock that stands still. What waits for a later time stays where it is.
    pub async fn comes_to_rest(&self, now: Timestamp) {
        // What was committed up to here is not in what relays saw before.
        self.stir();
        eventually("rest", || async { self.rests(now).then_some(()) }).await;
    }

    fn rests(&self, now: Timestamp) -> bool {
        let state = self.lock();
        let mut outboxes = state.outboxes.iter();
        outboxes.all(|known| {
            known.in_hand.is_empty()
                && known.none_fresh == Some(state.stirs)
                && known.none_due == Some((state.stirs, now))
        })
    }

    fn stir(&self) {
        self.lock().stirs += 1;
    }

    fn stirs(&self) -> u64 {
        self.lock().stirs
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

struct Watched {
    outbox: Arc<dyn Outbox>,
    place: usize,
    traffic: Traffic,
}

impl Watched {
    /// Notes that the relay has found `messages`; if there are none, that `nothing` was found.
    fn found(&self, messages: &[Pending], nothing: impl FnOnce(&mut Known)) {
        let mut state = self.traffic.lock();
        let known = &mut state.outboxes[self.place];
        if messages.is_empty() {
            nothing(known);
        } else {
            known
                .in_hand
                .extend(messages.iter().map(|message| message.seq));
            state.stirs += 1;
        }
    }
}

#[async_trait]
impl Outbox for Watched {
    async fn fresh(&self, after: i64, limit: usize) -> StoreResult<Vec<Pending>> {
        let since = self.traffic.stirs();
        let messages = self.outbox.fresh(after, limit).await?;
        self.found(&messages, |known| known.none_fresh = Some(since));
        Ok(messages)
    }

    async fn retries(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Pending>> {
        let since = self.traffic.stirs();
        let messages = self.outbox.retries(now, limit).await?;
        self.found(&messages, |known| known.none_due = Some((since, now)));
        Ok(messages)
    }

    async fn settle(&self, fates: Vec<(i64, Fate)>, now: Timestamp) -> StoreResult<()> {
        let places: Vec<i64> = fates.iter().map(|(place, _)| *place).collect();
        let settled = self.outbox.settle(fates, now).await;
        // Or not: then the relay looks for them again.
        let mut state = self.traffic.lock();
        let in_hand = &mut state.outboxes[self.place].in_hand;
        in_hand.retain(|place| !places.contains(place));
        state.stirs += 1;
        settled
    }

    async fn backlog(&self, now: Timestamp) -> StoreResult<Backlog> {
        self.outbox.backlog(now).await
    }

    async fn news(&self) {
        self.outbox.news().await;
    }
}

#[cfg(test)]
mod tests {
    use contracts::{Envelope, Kind};
    use kernel::{MessageId, OrderId, SystemIds};
    use tokio::sync::Semaphore;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1000);
    const LATER: Timestamp = Timestamp::from_millis(2000);

    /// An outbox that gives what a test put into it, once; each answer needs a permit.
    #[derive(Default)]
    struct Shelf {
        messages: Mutex<Vec<Pending>>,
        permits: Option<Arc<Semaphore>>,
    }

    impl Shelf {
        async fn give(&self) -> Vec<Pending> {
            let given = std::mem::take(&mut *self.messages.lock().unwrap());
            if let Some(permits) = &self.permits {
                permits.acquire().await.unwrap().forget();
            }
            given
        }

        fn put(&self, seq: i64) {
            let ids = SystemIds::default();
            self.messages.lock().unwrap().push(Pending {
                seq,
                attempts: 0,
                envelope: Arc::new(Envelope {
                    id: MessageId::new(&ids),
                    name: "shop.v1.Sold".to_owned(),
                    kind: Kind::Event,
                    order: OrderId::new(&ids),
                    time: NOW,
                    traceparent: None,
                    body: b"".as_slice().into(),
                }),
            });
        }
    }

    #[async_trait]
    impl Outbox for Shelf {
        async fn fresh(&self, _: i64, _: usize) -> StoreResult<Vec<Pending>> {
            Ok(self.give().await)
        }

        async fn retries(&self, _: Timestamp, _: usize) -> StoreResult<Vec<Pending>> {
            Ok(Vec::new())
        }

        async fn settle(&self, _: Vec<(i64, Fate)>, _: Timestamp) -> StoreResult<()> {
            Ok(())
        }

        async fn backlog(&self, _: Timestamp) -> StoreResult<Backlog> {
            Ok(Backlog::default())
        }

        async fn news(&self) {}
    }

    /// Both looks of a relay.
    async fn look(outbox: &Arc<dyn Outbox>, now: Timestamp) {
        outbox.retries(now, 10).await.unwrap();
        outbox.fresh(0, 10).await.unwrap();
    }

    #[tokio::test]
    async fn there_is_rest_once_every_relay_has_looked_for_both_and_found_nothing() {
        let traffic = Traffic::default();
        let [one, other] = [(); 2].map(|()| traffic.watch(Arc::new(Shelf::default())));
        assert!(!traffic.rests(NOW));
        look(&one, NOW).await;
        other.fresh(0, 10).await.unwrap();
        assert!(!traffic.rests(NOW));
        other.retries(NOW, 10).await.unwrap();
        assert!(traffic.rests(NOW));
    }

    #[tokio::test]
    async fn what_was_seen_at_another_time_says_nothing_of_retries() {
        let traffic = Traffic::default();
        let outbox = traffic.watch(Arc::new(Shelf::default()));
        look(&outbox, NOW).await;
        assert!(!traffic.rests(LATER));
        look(&outbox, LATER).await;
        assert!(traffic.rests(LATER));
    }

    #[tokio::test]
    async fn there_is_no_rest_while_a_message_is_in_hand_nor_before_all_have_looked_again() {
        let traffic = Traffic::default();
        let shelf = Arc::new(Shelf::default());
        let one = traffic.watch(shelf.clone());
        let other = traffic.watch(Arc::new(Shelf::default()));
        shelf.put(7);
        look(&one, NOW).await;
        for outbox in [&one, &other] {
            look(outbox, NOW).await;
        }
        assert!(!traffic.rests(NOW), "it is in hand");
        one.settle(vec![(7, Fate::Sent)], NOW).await.unwrap();
        look(&one, NOW).await;
        assert!(
            !traffic.rests(NOW),
            "the other may have been sent something"
        );
        look(&other, NOW).await;
        assert!(traffic.rests(NOW));
    }

    #[tokio::test]
    async fn a_look_that_began_before_the_last_stir_says_nothing() {
        let traffic = Traffic::default();
        let permits = Arc::new(Semaphore::new(0));
        let outbox = traffic.watch(Arc::new(Shelf {
            permits: Some(permits.clone()),
            ..Shelf::default()
        }));
        let slow = {
            let outbox = outbox.clone();
            tokio::spawn(async move { look(&outbox, NOW).await })
        };
        tokio::task::yield_now().await;
        traffic.stir();
        outbox.retries(NOW, 10).await.unwrap();
        permits.add_permits(1);
        slow.await.unwrap();
        assert!(!traffic.rests(NOW));
        permits.add_permits(1);
        look(&outbox, NOW).await;
        assert!(traffic.rests(NOW));
    }
}
