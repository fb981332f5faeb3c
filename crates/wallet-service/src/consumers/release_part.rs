//! `ReleasePart`: pay the seller of a part.

use contracts::wallet::ReleasePart;
use contracts::{MalformedMessage, fulfilment_id, order_id};
use kernel::OrderId;

use crate::domain::Action;

pub(super) fn read(message: &ReleasePart) -> Result<(OrderId, Action), MalformedMessage> {
    let fulfilment = fulfilment_id(&message.fulfilment_id)?;
    Ok((order_id(&message.order_id)?, Action::Release { fulfilment }))
}
