//! Operation ids: they identify the operation, not the row that records it. The journal holds each at most once, permanently, so
//! a repeated request, command or sweep cannot move money twice.

use kernel::{OrderId, TransactionId, UserId};
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
        let hash = Uuid::new_v5(&order.as_uuid(), format!("journal\0{step}").as_bytes());
        let (time, _) = order.as_uuid().as_u64_pair();
        let (_, rest) = hash.as_u64_pair();
        Self(
            uuid::Builder::from_custom_bytes(Uuid::from_u64_pair(time, rest).into_bytes())
                .into_uuid(),
        )
    }

    /// The release of the earnings of `seller` from `order`.
    pub(crate) fn of_earning(order: OrderId, seller: UserId) -> Self {
        Self::of_payment(order, &format!("earning\0{seller}"))
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
            let (order, seller) = (OrderId::new(&ids), UserId::new(&ids));
            let steps = ["debit", "cancel-debit", "refund", "release-escrow"];
            let mut operations: Vec<OperationId> = steps
                .iter()
                .map(|step| OperationId::of_payment(order, step))
                .collect();
            operations.push(OperationId::of_earning(order, seller));
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
