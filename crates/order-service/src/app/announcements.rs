//! Telling the other replicas which orders have settled. The reply that settles an order goes to any replica; the request that
//! waits for the order is at one of them. An announcement only saves waiting: one that is lost costs the request the rest of its
//! wait, after which it reads the order from the store.

use bytes::Bytes;
use kernel::OrderId;
use store::StoreResult;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::App;
use crate::domain::Order;

/// Bytes of an id.
const ID: usize = 16;

/// Announces to every other replica that `orders` have settled. Neither waits nor fails.
pub(super) fn announce(announcer: &mpsc::Sender<Bytes>, orders: &[OrderId]) {
    if announcer.try_send(encode(orders)).is_err() {
        tracing::debug!(
            "an announcement was lost; the requests that wait for it read the store later"
        );
    }
}

/// Takes what another replica has announced: wakes the requests that wait here for one of its orders. If that fails, they wait on, as
/// if nothing had been announced.
pub(crate) async fn hear(app: &App, announcement: &[u8]) {
    let Some(orders) = decode(announcement) else {
        tracing::warn!("what another replica announced cannot be understood");
        return;
    };
    if let Err(error) = orders_settled_elsewhere(app, orders).await {
        tracing::warn!(%error, "orders settled elsewhere cannot be read");
    }
}

async fn orders_settled_elsewhere(app: &App, orders: Vec<OrderId>) -> StoreResult<()> {
    let awaited = app.waiters.awaited(orders);
    for order in app.store.get_many::<Order>(&awaited).await? {
        if order.state.is_settled() {
            app.waiters.settled(&order);
        }
    }
    Ok(())
}

/// The ids, one after the other.
fn encode(orders: &[OrderId]) -> Bytes {
    orders.iter().flat_map(OrderId::as_bytes).copied().collect()
}

/// The orders that [`encode`] wrote down. None if these bytes are no announcement.
fn decode(bytes: &[u8]) -> Option<Vec<OrderId>> {
    let (ids, rest) = bytes.as_chunks::<ID>();
    let orders = ids
        .iter()
        .map(|id| OrderId::from_uuid(Uuid::from_bytes(*id)));
    rest.is_empty().then(|| orders.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    #[test]
    fn what_is_announced_is_what_is_heard() {
        let ids = SystemIds::default();
        for count in [0, 1, 256] {
            let orders: Vec<OrderId> = (0..count).map(|_| OrderId::new(&ids)).collect();
            let bytes = encode(&orders);
            assert_eq!(bytes.len(), count * ID);
            assert_eq!(decode(&bytes), Some(orders));
        }
    }

    #[test]
    fn half_an_id_is_no_announcement() {
        assert_eq!(decode(&[0; 24]), None);
    }
}
