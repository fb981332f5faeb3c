//! What the use cases load and save, and by which key. How a record is laid out in tables or documents is the business of `store`.

use kernel::{OrderId, UserId};
use store::Record;

use crate::domain::{Account, AccountKey, OperationId, Payment, Payout, Recorded};

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

/// An order's payment.
impl Record for Payment {
    const NAME: &'static str = "payment";
    type Key = OrderId;

    fn key(&self) -> OrderId {
        self.order
    }
}

/// A seller's earnings with an order that are not yet available.
impl Record for Payout {
    const NAME: &'static str = "payout";
    type Key = (OrderId, UserId);

    fn key(&self) -> (OrderId, UserId) {
        (self.order, self.seller)
    }
}
