//! Operation ids: what was done, as opposed to which row says so. The journal holds each at most once, for ever, so whatever
//! is repeated (a request, a command, a sweep) cannot move money twice.

use kernel::{OrderId, TransactionId, UserId};
use uuid::Uuid;

/// Names something that moves money once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OperationId(Uuid);

impl OperationId {
    /// The request that `caller` sent to `route` with the Idempotency-Key `key`.
    pub(crate) fn of_request(caller: UserId, route: &str, key: &str) -> Self {
        Self(Uuid::new_v5(
            &caller.as_uuid(),
            format!("{route}\0{key}").as_bytes(),
        ))
    }

    /// A request without a key: it cannot be told from its repetition, so each is an operation of its own.
    pub(crate) const fn of_transaction(transaction: TransactionId) -> Self {
        Self(transaction.as_uuid())
    }

    /// The step `step` of the payment of `order`.
    pub(crate) fn of_payment(order: OrderId, step: &str) -> Self {
        Self(Uuid::new_v5(
            &order.as_uuid(),
            format!("journal\0{step}").as_bytes(),
        ))
    }

    /// The release of what `seller` earned with `order`.
    pub(crate) fn of_earning(order: OrderId, seller: UserId) -> Self {
        Self::of_payment(order, &format!("earning\0{seller}"))
    }

    /// The sixteen bytes.
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl From<Uuid> for OperationId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}
