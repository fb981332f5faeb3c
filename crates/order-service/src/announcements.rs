//! Telling the other replicas which orders have settled. The reply that settles an order goes to any replica; the request that
//! waits for the order is at one of them. An announcement only saves waiting: one that is lost costs the request the rest of its
//! wait, after which it reads the order from the store.

use kernel::OrderId;
use uuid::Uuid;

/// Bytes of an id.
const ID: usize = 16;

/// Carries announcements to every other replica, or loses them.
pub trait Announcements: Send + Sync {
    /// Announces that `orders` have settled. Neither waits nor fails.
    fn announce(&self, orders: Vec<OrderId>);
}

/// Bytes that say which orders have settled: their ids, one after the other.
#[must_use]
pub fn encode_announcement(orders: &[OrderId]) -> Vec<u8> {
    orders.iter().flat_map(OrderId::as_bytes).copied().collect()
}

/// The orders that [`encode_announcement`] wrote down. None if these bytes are no announcement.
#[must_use]
pub fn decode_announcement(bytes: &[u8]) -> Option<Vec<OrderId>> {
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
            let bytes = encode_announcement(&orders);
            assert_eq!(bytes.len(), count * ID);
            assert_eq!(decode_announcement(&bytes), Some(orders));
        }
    }

    #[test]
    fn half_an_id_is_no_announcement() {
        assert_eq!(decode_announcement(&[0; 24]), None);
    }
}
