//! `RefundOrder`: return the money to the buyer of a paid order.

use contracts::wallet::RefundOrder;
use contracts::{MalformedMessage, order_id};
use kernel::OrderId;

use crate::domain::Action;

pub(super) fn read(message: &RefundOrder) -> Result<(OrderId, Action), MalformedMessage> {
    Ok((order_id(&message.order_id)?, Action::Refund))
}
