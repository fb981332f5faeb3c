//! Operation ids: they identify the operation, not the row that records it. The journal holds each at most once, permanently, so
//! a repeated request, command or sweep cannot move money twice.

use kernel::{FulfilmentId, OrderId, RefundId, TransactionId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies an operation that moves money at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OperationId(Uuid);

impl From<Uuid> for OperationId {
    /// An id that was read from the journal.
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl OperationId {
    /// The request that `caller` sent to `route` with the Idempotency-Key `key`.
    pub(crate) fn of_request(caller: UserId, route: &str, key: &str) -> Self {
        Self(Uuid::new_v5(
            &caller.as_uuid(),
            format!("{route}\0{key}").as_bytes(),
        ))
    }

    /// A request without a key. The wallet cannot recognise a repeat, so each request is an operation of its own.
    pub(crate) const fn of_transaction(transaction: TransactionId) -> Self {
        Self(transaction.as_uuid())
    }

    /// The step `step` of the payment of `order`: a version 8 UUID. Its first half is that of the order id, which holds the time; the
    /// rest is a hash of order and step. So new operations are adjacent in the journal's index. A hash alone would scatter them over
    /// all its pages, and each page is a disk write.
    pub(crate) fn of_payment(order: OrderId, step: &str) -> Self {
        Self::beside(order.as_uuid(), &format!("journal\0{step}"))
    }

    /// The refund `refund` to the buyer of `order`.
    pub(crate) fn of_refund(order: OrderId, refund: RefundId) -> Self {
        Self::of_payment(order, &format!("refund\0{refund}"))
    }

    /// The return of a part's earnings and fees to escrow, for its refund `refund` after the release.
    pub(crate) fn of_reversal(order: OrderId, refund: RefundId) -> Self {
        Self::of_payment(order, &format!("reversal\0{refund}"))
    }

    /// The release of the part `fulfilment` of `order`.
    pub(crate) fn of_release(order: OrderId, fulfilment: FulfilmentId) -> Self {
        Self::of_payment(order, &format!("release\0{fulfilment}"))
    }

    /// The end of the hold on the earnings from the part `fulfilment` of `order`.
    pub(crate) fn of_earning(order: OrderId, fulfilment: FulfilmentId) -> Self {
        Self::of_payment(order, &format!("earning\0{fulfilment}"))
    }

    /// The repayment of a debt from what this operation made available.
    pub(crate) fn repayment(self) -> Self {
        Self::beside(self.0, "debt repayment")
    }

    /// An operation that is adjacent to `id` in an index: it has its first half.
    fn beside(id: Uuid, name: &str) -> Self {
        let (time, _) = id.as_u64_pair();
        let (_, hash) = Uuid::new_v5(&id, name.as_bytes()).as_u64_pair();
        let bytes = Uuid::from_u64_pair(time, hash).into_bytes();
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The 16 bytes of the id.
    #[cfg(feature = "sqlite")]
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;
    use std::collections::HashSet;

    #[test]
    fn each_step_of_each_order_is_an_operation_of_its_own_and_always_the_same() {
        let ids = SystemIds::default();
        let (mut seen, mut last) = (HashSet::new(), None);
        for _ in 0..1000 {
            let (order, part) = (OrderId::new(&ids), FulfilmentId::new(&ids));
            let refund = RefundId::new(&ids);
            let mut operations: Vec<OperationId> = ["debit", "cancel-debit"]
                .iter()
                .map(|step| OperationId::of_payment(order, step))
                .collect();
            operations.extend([
                OperationId::of_refund(order, refund),
                OperationId::of_reversal(order, refund),
                OperationId::of_release(order, part),
                OperationId::of_earning(order, part),
            ]);
            let repayments: Vec<OperationId> =
                operations.iter().map(|one| one.repayment()).collect();
            operations.extend(repayments);
            assert_eq!(operations[0], OperationId::of_payment(order, "debit"));
            for operation in operations {
                assert!(seen.insert(operation));
                // Operations close in time are close in the index.
                let half = operation.0.as_u64_pair().0 >> 16;
                assert!(last.is_none_or(|last| last <= half));
                last = Some(half);
            }
        }
    }

    #[test]
    fn a_request_is_its_caller_its_route_and_its_key() {
        let ids = SystemIds::default();
        let (one, other) = (UserId::new(&ids), UserId::new(&ids));
        let operation = OperationId::of_request(one, "a", "k");
        assert_eq!(operation, OperationId::of_request(one, "a", "k"));
        for different in [
            OperationId::of_request(other, "a", "k"),
            OperationId::of_request(one, "b", "k"),
            OperationId::of_request(one, "a", "l"),
            OperationId::of_payment(OrderId::from_uuid(one.as_uuid()), "k"),
        ] {
            assert_ne!(operation, different);
        }
    }
}
