//! Encoding and decoding of ids and money in a message body.

use bytes::Bytes;
use kernel::{
    FulfilmentId, LineId, Money, OrderId, ProductId, RefundId, TransactionId, UserId, VariantId,
};
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

macro_rules! ids {
    ($($read:ident: $id:ty, $what:literal;)+) => {
        $(
            #[doc = concat!("Reads the id of ", $what, ".")]
            ///
            /// # Errors
            /// [`MalformedMessage`] if it is not 16 bytes.
            pub fn $read(bytes: &[u8]) -> Result<$id, MalformedMessage> {
                uuid(stringify!($read), bytes).map(<$id>::from)
            }
        )+
    };
}

ids! {
    order_id: OrderId, "an order";
    line_id: LineId, "a line of an order";
    fulfilment_id: FulfilmentId, "a fulfilment";
    refund_id: RefundId, "a refund";
    return_id: Uuid, "a return of stock";
    product_id: ProductId, "a product";
    transaction_id: TransactionId, "a transaction";
    user_id: UserId, "a user";
}

/// Reads the id of a variant that is not its product's default one. None if it is empty: the default one.
///
/// # Errors
/// [`MalformedMessage`] if it is neither empty nor 16 bytes.
pub fn variant_id(bytes: &[u8]) -> Result<Option<VariantId>, MalformedMessage> {
    if bytes.is_empty() {
        return Ok(None);
    }
    uuid("variant_id", bytes).map(|id| Some(id.into()))
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
