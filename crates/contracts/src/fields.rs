//! Encoding and decoding of ids and money in a message body.

use bytes::Bytes;
use kernel::{Money, OrderId, TransactionId, UserId};
use uuid::Uuid;

use crate::{MalformedMessage, wallet};

/// The sixteen bytes of an id.
#[must_use]
pub fn id_bytes(id: Uuid) -> Bytes {
    Bytes::copy_from_slice(id.as_bytes())
}

fn uuid(field: &'static str, bytes: &[u8]) -> Result<Uuid, MalformedMessage> {
    Uuid::from_slice(bytes).map_err(|_| MalformedMessage(format!("{field} is not 16 bytes")))
}

/// Reads an order id.
///
/// # Errors
/// [`MalformedMessage`] if it is not 16 bytes. The same applies to the two functions below.
pub fn order_id(bytes: &[u8]) -> Result<OrderId, MalformedMessage> {
    uuid("order_id", bytes).map(OrderId::from_uuid)
}

/// Reads a user id.
pub fn user_id(bytes: &[u8]) -> Result<UserId, MalformedMessage> {
    uuid("user_id", bytes).map(UserId::from_uuid)
}

/// Reads a transaction id.
pub fn transaction_id(bytes: &[u8]) -> Result<TransactionId, MalformedMessage> {
    uuid("transaction_id", bytes).map(TransactionId::from_uuid)
}

impl From<Money> for wallet::Money {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount,
            currency: money.currency.to_string(),
        }
    }
}

impl wallet::Money {
    /// Reads a required, positive amount.
    ///
    /// # Errors
    /// [`MalformedMessage`] if it is missing or not positive, or if its currency is invalid.
    pub fn read(money: Option<&Self>) -> Result<Money, MalformedMessage> {
        let money = money.ok_or_else(|| MalformedMessage("the amount is missing".to_owned()))?;
        let currency = money
            .currency
            .parse()
            .map_err(|_| MalformedMessage(format!("{:?} is no currency", money.currency)))?;
        Money::positive(money.amount, currency)
            .map_err(|_| MalformedMessage(format!("{} is no amount", money.amount)))
    }
}
