//! Requests that wait for their order to settle. Kept in memory: a request does not outlive its process, and the order settles
//! whether or not a request waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::OrderId;
use tokio::sync::oneshot;

use crate::domain::Order;

type Waiting = HashMap<OrderId, Vec<oneshot::Sender<Order>>>;

/// Who waits for which order.
#[derive(Default, Clone)]
pub(crate) struct Waiters(Arc<Mutex<Waiting>>);

/// A request's place among those that wait. Dropped with the request, however that ends.
pub(crate) struct Place {
    order: OrderId,
    waiters: Waiters,
    settled: oneshot::Receiver<Order>,
}

impl Waiters {
    /// Starts to wait for `order`. Do so before the order is stored, or it may settle unheard.
    pub(crate) fn wait_for(&self, order: OrderId) -> Place {
        let (sender, settled) = oneshot::channel();
        self.lock().entry(order).or_default().push(sender);
        Place {
            order,
            waiters: self.clone(),
            settled,
        }
    }

    /// Tells the waiting requests that `order` has settled. Returns whether any of them received it.
    pub(crate) fn settled(&self, order: &Order) -> bool {
        let waiting = self.lock().remove(&order.id).unwrap_or_default();
        let mut heard = false;
        for waiter in waiting {
            // A request whose wait is over no longer receives.
            heard |= waiter.send(order.clone()).is_ok();
        }
        heard
    }

    /// Those of `orders` that a request waits for.
    pub(crate) fn awaited(&self, orders: Vec<OrderId>) -> Vec<OrderId> {
        let waiting = self.lock();
        orders
            .into_iter()
            .filter(|order| waiting.contains_key(order))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits until the order settles, at most `limit`. None if it does not.
    pub(crate) async fn settled_within(mut self, limit: Duration) -> Option<Order> {
        tokio::time::timeout(limit, &mut self.settled)
            .await
            .ok()?
            .ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.settled.close();
        let mut waiters = self.waiters.lock();
        if let Some(waiting) = waiters.get_mut(&self.order) {
            waiting.retain(|waiter| !waiter.is_closed());
            if waiting.is_empty() {
                waiters.remove(&self.order);
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
        let waiters = Waiters::default();
        let order = OrderId::new(&SystemIds::default());
        let (one, other) = (waiters.wait_for(order), waiters.wait_for(order));
        drop(one);
        assert_eq!(waiters.lock().get(&order).map(Vec::len), Some(1));
        drop(other);
        assert!(waiters.lock().is_empty());
    }
}
