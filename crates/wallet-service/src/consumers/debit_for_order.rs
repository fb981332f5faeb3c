//! `DebitForOrder`: move the order's total into escrow, or decline.

use contracts::wallet::{DebitForOrder, DebitLine, DebitPart, Money as Amount};
use contracts::{MalformedMessage, fulfilment_id, line_id, order_id, user_id};
use kernel::{Currency, Money, OrderId, Quantity};

use crate::domain::{Action, Charge, ChargedLine, ChargedPart};

pub(super) fn read(message: &DebitForOrder) -> Result<(OrderId, Action), MalformedMessage> {
    let total = Amount::read(message.total.as_ref())?;
    let parts = message.parts.iter().map(|item| part(item, total.currency));
    let parts = parts.collect::<Result<_, _>>()?;
    let charge = Charge::new(total, parts).map_err(|error| MalformedMessage(error.to_string()))?;
    let action = Action::Debit {
        buyer: user_id(&message.buyer_id)?,
        charge,
    };
    Ok((order_id(&message.order_id)?, action))
}

fn part(part: &DebitPart, currency: Currency) -> Result<ChargedPart, MalformedMessage> {
    let lines = part.lines.iter().map(|item| line(item, currency));
    Ok(ChargedPart {
        fulfilment: fulfilment_id(&part.fulfilment_id)?,
        seller: user_id(&part.seller_id)?,
        lines: lines.collect::<Result<_, _>>()?,
    })
}

fn line(line: &DebitLine, currency: Currency) -> Result<ChargedLine, MalformedMessage> {
    let DebitLine {
        unit_price,
        quantity,
        ..
    } = *line;
    let none = |what: &str| MalformedMessage(format!("{unit_price} × {quantity} is no {what}"));
    let price = Money::positive(unit_price, currency).map_err(|_| none("price"))?;
    let count = Quantity::new(quantity).map_err(|_| none("quantity"))?;
    Ok(ChargedLine {
        line: line_id(&line.line_id)?,
        total: price.times(count).map_err(|_| none("amount"))?,
    })
}
