//! `ReleaseEscrow`: pay the sellers of an order.

use contracts::wallet::{Money, ReleaseEscrow};
use contracts::{MalformedMessage, order_id, user_id};
use kernel::OrderId;

use crate::domain::{Action, Share};

pub(super) fn read(message: &ReleaseEscrow) -> Result<(OrderId, Action), MalformedMessage> {
    let shares = message.shares.iter().map(|share| {
        Ok(Share {
            seller: user_id(&share.seller_id)?,
            money: Money::read(share.amount.as_ref())?,
        })
    });
    let shares = shares.collect::<Result<Vec<Share>, MalformedMessage>>()?;
    Ok((order_id(&message.order_id)?, Action::Release { shares }))
}
