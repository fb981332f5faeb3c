//! Requests that wait for their order to settle. Kept in memory: a request does not outlive its process, and the order settles
//! whether anybody waits or not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel::OrderId;
use tokio::sync::oneshot;

use crate::domain::Order;

/// Who waits for which order.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<HashMap<OrderId, Vec<oneshot::Sender<Order>>>>);

impl Waiters {
    /// Starts to wait for `order`. Do so before the order is stored, or it may settle unheard.
    pub(crate) fn wait_for(&self, order: OrderId) -> oneshot::Receiver<Order> {
        let (settled, waiting) = oneshot::channel();
        self.lock().entry(order).or_default().push(settled);
        waiting
    }

    /// Tells whoever waits that `order` has settled.
    pub(crate) fn settled(&self, order: &Order) {
        for waiter in self.lock().remove(&order.id).unwrap_or_default() {
            // The request may have given up waiting.
            drop(waiter.send(order.clone()));
        }
    }

    /// Forgets requests that have given up waiting for `order`.
    pub(crate) fn forget(&self, order: OrderId) {
        let mut waiters = self.lock();
        if let Some(waiting) = waiters.get_mut(&order) {
            waiting.retain(|waiter| !waiter.is_closed());
            if waiting.is_empty() {
                waiters.remove(&order);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<OrderId, Vec<oneshot::Sender<Order>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
