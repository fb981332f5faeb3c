//! Between the saga's words and the contracts: what goes out, what comes in.

use std::sync::LazyLock;

use bytes::Bytes;
use contracts::{
    Contract, Envelope, MalformedMessage, fulfilment_id, id_bytes, line_id, product, refund_id,
    return_id, user, wallet,
};
use kernel::{FulfilmentId, LineId, OrderId, RefundId, Timestamp};
use uuid::Uuid;

use crate::domain::{
    Command, Fulfilment, Message, Order, OrderLine, PartLine, PartRefusal, Reason, RefundLine, Told,
};

/// Seals `command` about `order`. Its id depends on the order and the command alone, so a resend has the same.
///
/// # Errors
/// [`MalformedMessage`] if the command is about something that the order does not have, which its making has ruled out.
pub(crate) fn seal(
    order: &Order,
    command: Command,
    now: Timestamp,
) -> Result<Envelope, MalformedMessage> {
    let order_id = id_bytes(order.id.as_uuid());
    let buyer_id = id_bytes(order.buyer.as_uuid());
    Ok(match command {
        Command::DebitForOrder => {
            let debit = wallet::DebitForOrder {
                order_id,
                buyer_id,
                total: Some(order.total.into()),
                parts: order
                    .fulfilments
                    .iter()
                    .map(|part| debit_part(order, part))
                    .collect(),
            };
            Envelope::of_step(order.id, "debit", &debit, now)
        }
        Command::CancelOrderDebit => {
            let cancel = wallet::CancelOrderDebit { order_id, buyer_id };
            Envelope::of_step(order.id, "cancel-debit", &cancel, now)
        }
        Command::RefundPart { fulfilment, refund } => {
            let pending = part(order, fulfilment)?
                .pending_refund(refund)
                .ok_or_else(|| missing(order, "refund", refund.as_uuid()))?;
            let body = wallet::RefundPart {
                order_id,
                fulfilment_id: id_bytes(fulfilment.as_uuid()),
                refund_id: id_bytes(refund.as_uuid()),
                lines: pending.lines.iter().map(refund_line).collect(),
            };
            Envelope::of_step(order.id, &format!("refund {refund}"), &body, now)
        }
        Command::ReleasePart { fulfilment } => {
            let release = wallet::ReleasePart {
                order_id,
                fulfilment_id: id_bytes(fulfilment.as_uuid()),
            };
            Envelope::of_step(order.id, &format!("release {fulfilment}"), &release, now)
        }
        Command::ConfirmReservation => {
            let confirm = product::ConfirmReservation { order_id };
            Envelope::of_step(order.id, "confirm-reservation", &confirm, now)
        }
        Command::ReleaseReservation => {
            let release = product::ReleaseReservation { order_id };
            Envelope::of_step(order.id, "release-reservation", &release, now)
        }
        Command::ReturnStock {
            fulfilment,
            return_id,
        } => {
            let body = product::ReturnStock {
                order_id,
                return_id: id_bytes(return_id),
                lines: returned_lines(order, fulfilment, return_id)?,
            };
            Envelope::of_step(order.id, &format!("return-stock {return_id}"), &body, now)
        }
    })
}

/// Asks for a mail about `order`. Its id depends only on the order and the notification.
pub(crate) fn tell(order: &Order, told: Told, now: Timestamp) -> Envelope {
    let items = told.items.into_iter();
    let amount = told.amount;
    let parcel = told.parcel.unwrap_or_default();
    let message = user::TellOfOrder {
        user_id: id_bytes(told.to.as_uuid()),
        notice: told.notice.as_str().to_owned(),
        news: Some(user::OrderNews {
            order_id: id_bytes(order.id.as_uuid()),
            as_seller: told.as_seller,
            items: items
                .map(|(name, quantity)| user::OrderedItem { name, quantity })
                .collect(),
            amount: amount.unwrap_or_default(),
            currency: amount.map_or_else(String::new, |_| order.total.currency.to_string()),
            until: told.until.map_or(0, Timestamp::as_millis),
            carrier: parcel.carrier,
            tracking_number: parcel.tracking_number,
        }),
    };
    Envelope::of_step(order.id, &format!("tell {}", told.step), &message, now)
}

fn missing(order: &Order, what: &str, id: Uuid) -> MalformedMessage {
    MalformedMessage(format!("order {} has no {what} {id}", order.id))
}

fn part(order: &Order, id: FulfilmentId) -> Result<&Fulfilment, MalformedMessage> {
    order
        .fulfilment(id)
        .ok_or_else(|| missing(order, "fulfilment", id.as_uuid()))
}

fn debit_part(order: &Order, part: &Fulfilment) -> wallet::DebitPart {
    let line = |(line, _): (&OrderLine, &PartLine)| wallet::DebitLine {
        line_id: id_bytes(line.id.as_uuid()),
        product_id: id_bytes(line.product.as_uuid()),
        category: line.category.clone(),
        unit_price: line.unit_price.amount,
        quantity: line.quantity.into(),
    };
    wallet::DebitPart {
        fulfilment_id: id_bytes(part.id.as_uuid()),
        seller_id: id_bytes(part.seller.as_uuid()),
        lines: order.lines_of(part).map(line).collect(),
    }
}

fn refund_line(line: &RefundLine) -> wallet::RefundLine {
    wallet::RefundLine {
        line_id: id_bytes(line.line.as_uuid()),
        amount: line.amount,
    }
}

fn returned_lines(
    order: &Order,
    fulfilment: FulfilmentId,
    id: Uuid,
) -> Result<Vec<product::ReturnedLine>, MalformedMessage> {
    let mut returns = part(order, fulfilment)?.stock_returns.iter();
    let pending = returns
        .find(|back| back.id == id)
        .ok_or_else(|| missing(order, "return", id))?;
    let lines = pending.lines.iter().map(|back| {
        let line = order
            .line(back.line)
            .ok_or_else(|| missing(order, "line", back.line.as_uuid()))?;
        Ok(product::ReturnedLine {
            product_id: id_bytes(line.product.as_uuid()),
            restocked: back.restocked.into(),
            written_off: back.written_off.into(),
            variant_id: line
                .variant
                .map_or_else(Bytes::new, |id| id_bytes(id.as_uuid())),
        })
    });
    lines.collect()
}

/// A message that the saga listens to.
struct Reply {
    /// Its full name.
    name: String,
    /// Reads the id of the order it is about, and what it means to the saga.
    read: Box<dyn Fn(&Envelope) -> Read + Send + Sync>,
}

type Read = Result<(Bytes, Message), MalformedMessage>;

fn reply<M: Contract + 'static>(meaning: fn(M) -> Read) -> Reply {
    Reply {
        name: M::full_name(),
        read: Box::new(move |envelope| envelope.open().and_then(meaning)),
    }
}

static REPLIES: LazyLock<[Reply; 11]> = LazyLock::new(|| {
    [
        reply(|body: wallet::OrderDebited| {
            let commissions = amounts(&body.commissions)?;
            Ok((body.order_id, Message::Debited { commissions }))
        }),
        reply(|body: wallet::OrderDebitDeclined| {
            let reason = match body.reason.as_str() {
                "insufficient_funds" => Reason::InsufficientFunds,
                _ => Reason::PaymentDeclined,
            };
            Ok((body.order_id, Message::DebitDeclined(reason)))
        }),
        reply(|body: wallet::OrderDebitCancelled| Ok((body.order_id, Message::DebitCancelled))),
        reply(|body: wallet::OrderPaymentRefused| {
            let message = match body.reason.as_str() {
                "balance_limit" => Message::BalanceLimit,
                _ => Message::PaymentRefused,
            };
            Ok((body.order_id, message))
        }),
        reply(|body: wallet::PartRefunded| {
            let message = Message::PartRefunded {
                refund: refund_id(&body.refund_id)?,
                reversed: amounts(&body.reversed)?,
            };
            Ok((body.order_id, message))
        }),
        reply(|body: wallet::PartReleased| {
            let fulfilment = fulfilment_id(&body.fulfilment_id)?;
            Ok((body.order_id, Message::PartReleased { fulfilment }))
        }),
        reply(|body: wallet::PartRefused| {
            let message = Message::PartRefused {
                fulfilment: fulfilment_id(&body.fulfilment_id)?,
                refund: refund_if_any(&body.refund_id)?,
                reason: match body.reason.as_str() {
                    "balance_limit" => PartRefusal::BalanceLimit,
                    _ => PartRefusal::DoesNotFit,
                },
            };
            Ok((body.order_id, message))
        }),
        reply(|body: product::ReservationConfirmed| {
            Ok((body.order_id, Message::ReservationConfirmed))
        }),
        reply(|body: product::ReservationExpired| Ok((body.order_id, Message::ReservationExpired))),
        reply(|body: product::StockReturned| {
            let id = return_id(&body.return_id)?;
            Ok((body.order_id, Message::StockReturned { id }))
        }),
        reply(|body: product::StockReturnRefused| {
            let id = return_id(&body.return_id)?;
            Ok((body.order_id, Message::StockReturnRefused { id }))
        }),
    ]
});

fn amounts(lines: &[wallet::LineCommission]) -> Result<Vec<(LineId, i64)>, MalformedMessage> {
    lines
        .iter()
        .map(|line| Ok((line_id(&line.line_id)?, line.amount)))
        .collect()
}

/// The refund that was refused; none if it was a release.
fn refund_if_any(id: &Bytes) -> Result<Option<RefundId>, MalformedMessage> {
    if id.is_empty() {
        return Ok(None);
    }
    refund_id(id).map(Some)
}

/// Full names of the messages that the saga listens to.
pub(crate) fn listened_to() -> Vec<String> {
    REPLIES.iter().map(|reply| reply.name.clone()).collect()
}

/// Opens what came in: which order it is about and what it means to the saga.
///
/// # Errors
/// [`MalformedMessage`] if its name is not in [`listened_to`] or it does not decode.
pub(crate) fn open(envelope: &Envelope) -> Result<(OrderId, Message), MalformedMessage> {
    let name = &envelope.name;
    let reply = REPLIES
        .iter()
        .find(|reply| reply.name == *name)
        .ok_or_else(|| MalformedMessage(format!("{name} is not for the order service")))?;
    let (order, message) = (reply.read)(envelope)?;
    Ok((contracts::order_id(&order)?, message))
}

#[cfg(test)]
mod tests {
    use contracts::reservations::Delivery;
    use kernel::{MessageId, SystemIds};

    use super::*;
    use crate::domain::examples::*;
    use crate::domain::make_move;

    #[test]
    fn a_debit_names_each_part_with_its_lines() {
        let order = placed(&[
            (0, 500, 2, Delivery::Shipped),
            (1, 300, 1, Delivery::None),
            (0, 200, 1, Delivery::None),
        ]);
        let sealed = seal(&order, Command::DebitForOrder, start()).unwrap();
        let debit: wallet::DebitForOrder = sealed.open().unwrap();
        let parts: Vec<Vec<(i64, i64)>> = debit
            .parts
            .iter()
            .map(|part| {
                part.lines
                    .iter()
                    .map(|line| (line.unit_price, line.quantity))
                    .collect()
            })
            .collect();
        assert_eq!(parts, [vec![(500, 2), (200, 1)], vec![(300, 1)]]);
        assert_eq!(debit.total.unwrap().amount, 1500);
    }

    #[test]
    fn a_command_about_a_part_has_the_id_that_follows_from_what_it_is_about() {
        let order = ready(&[(0, 500, 2, Delivery::Shipped)]);
        let fulfilment = order.fulfilments[0].id;
        let moved = make_move(
            &order,
            fulfilment,
            &cancel(None),
            &admin(),
            start(),
            &TIMING,
        );
        let order = *moved.unwrap().order;
        let refund = order.fulfilments[0].refunds[0].id;
        let return_id = refund.as_uuid();
        for (command, step) in [
            (
                Command::RefundPart { fulfilment, refund },
                format!("refund {refund}"),
            ),
            (
                Command::ReleasePart { fulfilment },
                format!("release {fulfilment}"),
            ),
            (
                Command::ReturnStock {
                    fulfilment,
                    return_id,
                },
                format!("return-stock {refund}"),
            ),
        ] {
            let sealed = seal(&order, command, start()).unwrap();
            assert_eq!(sealed.id, MessageId::of_step(order.id, &step));
            assert_eq!(sealed.subject, order.id.as_uuid());
        }
        let sealed = seal(&order, Command::RefundPart { fulfilment, refund }, start()).unwrap();
        let body: wallet::RefundPart = sealed.open().unwrap();
        let amounts: Vec<i64> = body.lines.iter().map(|line| line.amount).collect();
        assert_eq!(amounts, [1000]);
        let unknown = RefundId::new(&SystemIds::default());
        let command = Command::RefundPart {
            fulfilment,
            refund: unknown,
        };
        assert!(seal(&order, command, start()).is_err());
    }

    #[test]
    fn a_refusal_without_a_refund_is_about_the_release_of_the_part() {
        let order = placed(&[(0, 500, 2, Delivery::Shipped)]);
        let fulfilment = order.fulfilments[0].id;
        let some = RefundId::new(&SystemIds::default());
        for (refund_id, refund) in [(Bytes::new(), None), (id_bytes(some.as_uuid()), Some(some))] {
            for (word, reason) in [
                ("balance_limit", PartRefusal::BalanceLimit),
                ("exceeds_part", PartRefusal::DoesNotFit),
            ] {
                let refused = wallet::PartRefused {
                    order_id: id_bytes(order.id.as_uuid()),
                    fulfilment_id: id_bytes(fulfilment.as_uuid()),
                    refund_id: refund_id.clone(),
                    reason: word.to_owned(),
                };
                let sealed = Envelope::of_step(order.id, "refused", &refused, start());
                let message = Message::PartRefused {
                    fulfilment,
                    refund,
                    reason,
                };
                assert_eq!(open(&sealed), Ok((order.id, message)));
            }
        }
    }
}
