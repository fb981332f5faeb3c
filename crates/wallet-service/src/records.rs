//! What the use cases load and save, and by which key. How a record is laid out in tables or documents is the business of `store`.

use kernel::{FulfilmentId, OrderId, RefundId, UserId};
use store::Record;

use crate::domain::{
    Account, AccountKey, Earning, OperationId, PartRefund, Payment, Recorded, Seller,
};

/// A user's account, in all currencies.
impl Record for Account {
    const NAME: &'static str = "account";
    type Key = AccountKey;

    fn key(&self) -> AccountKey {
        self.key
    }
}

/// A journal transaction with its postings. It is inserted once and never changed.
impl Record for Recorded {
    const NAME: &'static str = "journal transaction";
    type Key = OperationId;

    fn key(&self) -> OperationId {
        self.header.operation
    }
}

/// An order's payment, with its parts.
impl Record for Payment {
    const NAME: &'static str = "payment";
    type Key = OrderId;

    fn key(&self) -> OrderId {
        self.order
    }
}

/// A refund of a part of a payment. It is inserted once and never changed.
impl Record for PartRefund {
    const NAME: &'static str = "refund";
    type Key = RefundId;

    fn key(&self) -> RefundId {
        self.id
    }
}

/// A seller's earnings from a part that are not yet available.
impl Record for Earning {
    const NAME: &'static str = "earning";
    type Key = (OrderId, FulfilmentId);

    fn key(&self) -> (OrderId, FulfilmentId) {
        (self.order, self.fulfilment)
    }
}

/// A seller, as the user service said last.
impl Record for Seller {
    const NAME: &'static str = "seller";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.user
    }
}
