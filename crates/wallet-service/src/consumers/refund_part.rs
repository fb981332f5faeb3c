//! `RefundPart`: give the buyer back some of what they paid for a part.

use std::collections::BTreeSet;

use contracts::wallet::RefundPart;
use contracts::{MalformedMessage, fulfilment_id, line_id, order_id, refund_id};
use kernel::{Money, OrderId};

use crate::domain::{Action, RefundLine};

pub(super) fn read(message: &RefundPart) -> Result<(OrderId, Action), MalformedMessage> {
    let lines = message.lines.iter().map(|line| {
        if !(0..=Money::MAX_AMOUNT).contains(&line.amount) {
            return Err(MalformedMessage(format!("{} is no amount", line.amount)));
        }
        Ok(RefundLine {
            line: line_id(&line.line_id)?,
            amount: line.amount,
        })
    });
    let lines = lines.collect::<Result<Vec<RefundLine>, MalformedMessage>>()?;
    if lines.iter().all(|line| line.amount == 0) {
        return Err(MalformedMessage("it refunds nothing".to_owned()));
    }
    let distinct: BTreeSet<_> = lines.iter().map(|line| line.line).collect();
    if distinct.len() < lines.len() {
        return Err(MalformedMessage("it names a line twice".to_owned()));
    }
    let action = Action::Refund {
        fulfilment: fulfilment_id(&message.fulfilment_id)?,
        refund: refund_id(&message.refund_id)?,
        lines,
    };
    Ok((order_id(&message.order_id)?, action))
}
