//! Telling the other replicas what requests may wait for: which orders have settled, which refunds are done. The reply that brings it
//! about goes to any replica; the request that waits is at one of them. An announcement only saves waiting: one that is lost costs the
//! request the rest of its wait, after which it reads the store.

use bytes::{BufMut as _, Bytes, BytesMut};
use kernel::{OrderId, RefundId};
use store::StoreResult;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::App;
use crate::domain::Order;

/// What is announced at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Orders whose saga has come to its end.
    pub(super) settled: Vec<OrderId>,
    /// Refunds whose money is with the buyer, and the commission that each gave back.
    pub(super) refunded: Vec<(RefundId, i64)>,
}

/// Announces `news` to every other replica. Neither waits nor fails.
pub(super) fn announce(announcer: &mpsc::Sender<Bytes>, news: &News) {
    if announcer.try_send(news.encode()).is_err() {
        tracing::debug!(
            "an announcement was lost; the requests that wait for it read the store later"
        );
    }
}

/// Takes what another replica has announced: wakes the requests that wait here for it. If that fails, they wait on, as if nothing had
/// been announced.
pub(crate) async fn hear(app: &App, announcement: &[u8]) {
    let Some(news) = News::decode(announcement) else {
        tracing::warn!("what another replica announced cannot be understood");
        return;
    };
    for (refund, reversed) in news.refunded {
        app.waiting.refunded.tell(refund, &reversed);
    }
    if let Err(error) = orders_settled_elsewhere(app, news.settled).await {
        tracing::warn!(%error, "orders settled elsewhere cannot be read");
    }
}

async fn orders_settled_elsewhere(app: &App, orders: Vec<OrderId>) -> StoreResult<()> {
    let awaited = app.waiting.settled.awaited(orders);
    for order in app.store.get_many::<Order>(&awaited).await? {
        if order.state.is_settled() {
            app.waiting.settled.tell(order.id, &order);
        }
    }
    Ok(())
}

impl News {
    /// Whether there is nothing to announce.
    pub(super) const fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.refunded.is_empty()
    }

    /// The number of orders, their ids, then the refunds: each an id and an amount.
    fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::new();
        bytes.put_u32(u32::try_from(self.settled.len()).unwrap_or(u32::MAX));
        for order in &self.settled {
            bytes.put_slice(order.as_bytes());
        }
        for (refund, reversed) in &self.refunded {
            bytes.put_slice(refund.as_bytes());
            bytes.put_i64(*reversed);
        }
        bytes.freeze()
    }

    /// What [`encode`](Self::encode) wrote down. None if these bytes are no announcement.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let orders = usize::try_from(u32::from_be_bytes(*count))
            .ok()?
            .checked_mul(16)?;
        let (orders, refunds) = rest.split_at_checked(orders)?;
        let (orders, _) = orders.as_chunks::<16>();
        let (refunds, half) = refunds.as_chunks::<24>();
        let refund = |bytes: &[u8; 24]| {
            let (id, reversed) = bytes.split_first_chunk::<16>()?;
            let reversed = i64::from_be_bytes(reversed.try_into().ok()?);
            Some((RefundId::from_uuid(Uuid::from_bytes(*id)), reversed))
        };
        let order = |id: &[u8; 16]| OrderId::from_uuid(Uuid::from_bytes(*id));
        let news = Self {
            settled: orders.iter().map(order).collect(),
            refunded: refunds.iter().map(refund).collect::<Option<_>>()?,
        };
        half.is_empty().then_some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    #[test]
    fn what_is_announced_is_what_is_heard() {
        let ids = SystemIds::default();
        for (orders, refunds) in [(0, 0), (1, 0), (0, 1), (256, 256)] {
            let news = News {
                settled: (0..orders).map(|_| OrderId::new(&ids)).collect(),
                refunded: (0..refunds)
                    .map(|reversed| (RefundId::new(&ids), reversed))
                    .collect(),
            };
            assert_eq!(News::decode(&news.encode()), Some(news));
        }
    }

    #[test]
    fn half_an_id_is_no_announcement() {
        let one = News {
            settled: vec![OrderId::new(&SystemIds::default())],
            refunded: Vec::new(),
        };
        let bytes = one.encode();
        for length in [0, 3, 5, 19] {
            assert_eq!(News::decode(&bytes[..length]), None, "{length}");
        }
        assert_eq!(News::decode(&[bytes.as_ref(), &[0; 23]].concat()), None);
    }
}
