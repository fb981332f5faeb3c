//! `CancelOrderDebit`: the payment's deadline has passed, so reverse the debit or prevent it.

use contracts::wallet::CancelOrderDebit;
use contracts::{MalformedMessage, order_id, user_id};
use kernel::OrderId;

use crate::domain::Action;

pub(super) fn read(message: &CancelOrderDebit) -> Result<(OrderId, Action), MalformedMessage> {
    Ok((
        order_id(&message.order_id)?,
        Action::Cancel {
            buyer: user_id(&message.buyer_id)?,
        },
    ))
}
