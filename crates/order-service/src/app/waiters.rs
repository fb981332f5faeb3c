//! Requests that wait for something: for their order to settle, for its stock to be sold, for the wallet's answer to a refund. Kept in
//! memory: a request does not outlive its process, and what it waits for happens whether or not a request waits.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::{OrderId, RefundId};
use tokio::sync::oneshot;

use crate::domain::Order;

/// Everything that requests wait for.
#[derive(Default)]
pub(crate) struct Waiting {
    /// The end of an order's saga. Yields the order as it is then.
    pub(crate) settled: Waiters<OrderId, Order>,
    /// That the stock of an order is sold, so that moves can be made.
    pub(crate) confirmed: Waiters<OrderId, ()>,
    /// That the money of a refund is with the buyer. Tells the commission that it gave back.
    pub(crate) refunded: Waiters<RefundId, i64>,
}

type Senders<K, V> = HashMap<K, Vec<oneshot::Sender<V>>>;

/// Who waits for which `K`, to be told a `V`.
pub(crate) struct Waiters<K, V>(Arc<Mutex<Senders<K, V>>>);

impl<K, V> Default for Waiters<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// A request's place among those that wait. Dropped with the request, however that ends.
pub(crate) struct Place<K: Copy + Eq + Hash, V> {
    key: K,
    waiting: Arc<Mutex<Senders<K, V>>>,
    told: oneshot::Receiver<V>,
}

impl<K: Copy + Eq + Hash, V: Clone> Waiters<K, V> {
    /// Starts to wait for `key`. Do so before anything is stored that leads to it, or it may happen unheard.
    pub(crate) fn wait_for(&self, key: K) -> Place<K, V> {
        let (sender, told) = oneshot::channel();
        lock(&self.0).entry(key).or_default().push(sender);
        Place {
            key,
            waiting: self.0.clone(),
            told,
        }
    }

    /// Tells the requests that wait for `key`. Returns whether any of them received it.
    pub(crate) fn tell(&self, key: K, news: &V) -> bool {
        let waiting = lock(&self.0).remove(&key).unwrap_or_default();
        let mut heard = false;
        for waiter in waiting {
            // A request whose wait is over no longer receives.
            heard |= waiter.send(news.clone()).is_ok();
        }
        heard
    }

    /// Removes the waiters for `key` without waking them.
    #[cfg(test)]
    pub(crate) fn take(&self, key: K) -> Vec<oneshot::Sender<V>> {
        lock(&self.0).remove(&key).unwrap_or_default()
    }

    /// Those of `keys` that a request waits for.
    pub(crate) fn awaited(&self, keys: Vec<K>) -> Vec<K> {
        let waiting = lock(&self.0);
        keys.into_iter()
            .filter(|key| waiting.contains_key(key))
            .collect()
    }
}

fn lock<K, V>(waiting: &Mutex<Senders<K, V>>) -> MutexGuard<'_, Senders<K, V>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Copy + Eq + Hash, V> Place<K, V> {
    /// Waits until it happens, at most `limit`. None if it does not.
    pub(crate) async fn told_within(mut self, limit: Duration) -> Option<V> {
        tokio::time::timeout(limit, &mut self.told).await.ok()?.ok()
    }
}

impl<K: Copy + Eq + Hash, V> Drop for Place<K, V> {
    fn drop(&mut self) {
        self.told.close();
        let mut waiters = lock(&self.waiting);
        if let Some(waiting) = waiters.get_mut(&self.key) {
            waiting.retain(|waiter| !waiter.is_closed());
            if waiting.is_empty() {
                waiters.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    #[test]
    fn a_request_that_is_gone_leaves_no_waiter_behind() {
        let waiters = Waiters::<OrderId, ()>::default();
        let order = OrderId::new(&SystemIds::default());
        let (one, other) = (waiters.wait_for(order), waiters.wait_for(order));
        drop(one);
        assert_eq!(lock(&waiters.0).get(&order).map(Vec::len), Some(1));
        drop(other);
        assert!(lock(&waiters.0).is_empty());
    }

    #[tokio::test]
    async fn those_who_wait_for_one_thing_are_all_told_and_those_who_wait_for_another_are_not() {
        let waiters = Waiters::<RefundId, i64>::default();
        let ids = SystemIds::default();
        let (refund, other) = (RefundId::new(&ids), RefundId::new(&ids));
        let places = [waiters.wait_for(refund), waiters.wait_for(refund)];
        let elsewhere = waiters.wait_for(other);
        assert!(waiters.tell(refund, &7));
        for place in places {
            assert_eq!(place.told_within(Duration::from_secs(5)).await, Some(7));
        }
        assert_eq!(elsewhere.told_within(Duration::ZERO).await, None);
        assert!(!waiters.tell(other, &7), "its wait is over");
    }
}
