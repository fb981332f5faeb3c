//! `RefundOrder`: give the buyer of a paid order the money back.

use contracts::wallet::RefundOrder;
use contracts::{MalformedMessage, order_id};
use kernel::OrderId;

use crate::domain::Action;

pub(super) fn read(message: &RefundOrder) -> Result<(OrderId, Action), MalformedMessage> {
    Ok((order_id(&message.order_id)?, Action::Refund))
}
