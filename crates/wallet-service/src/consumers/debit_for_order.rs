//! `DebitForOrder`: move the order's total into escrow, or decline.

use contracts::wallet::{DebitForOrder, Money};
use contracts::{MalformedMessage, order_id, user_id};
use kernel::OrderId;

use crate::domain::Action;

pub(super) fn read(message: &DebitForOrder) -> Result<(OrderId, Action), MalformedMessage> {
    let action = Action::Debit {
        buyer: user_id(&message.buyer_id)?,
        total: Money::read(message.total.as_ref())?,
    };
    Ok((order_id(&message.order_id)?, action))
}
