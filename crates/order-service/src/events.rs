//! Between the saga's words and the contracts: what goes out, what comes in.

use std::sync::LazyLock;

use bytes::Bytes;
use contracts::{Contract, Envelope, MalformedMessage, id_bytes, product, wallet};
use kernel::{OrderId, Timestamp};

use crate::domain::{Command, Message, Order, Reason};

/// Seals `command` about `order`. Its id depends on the order and the command alone, so a resend has the same.
///
/// # Errors
/// [`MalformedMessage`] if the order's lines do not add up, which its making has ruled out.
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
            };
            Envelope::of_step(order.id, "debit", &debit, now)
        }
        Command::CancelOrderDebit => {
            let cancel = wallet::CancelOrderDebit { order_id, buyer_id };
            Envelope::of_step(order.id, "cancel-debit", &cancel, now)
        }
        Command::RefundOrder => {
            let reason = order.reason.map_or("", Reason::as_str).to_owned();
            let refund = wallet::RefundOrder { order_id, reason };
            Envelope::of_step(order.id, "refund", &refund, now)
        }
        Command::ReleaseEscrow => {
            let overflow = || format!("the lines of order {} overflow", order.id);
            let shares = order.shares().ok_or_else(|| MalformedMessage(overflow()))?;
            let shares = shares
                .into_iter()
                .map(|(seller, amount)| wallet::SellerShare {
                    seller_id: id_bytes(seller.as_uuid()),
                    amount: Some(amount.into()),
                })
                .collect();
            let release = wallet::ReleaseEscrow { order_id, shares };
            Envelope::of_step(order.id, "release-escrow", &release, now)
        }
        Command::ConfirmReservation => {
            let confirm = product::ConfirmReservation { order_id };
            Envelope::of_step(order.id, "confirm-reservation", &confirm, now)
        }
        Command::ReleaseReservation => {
            let release = product::ReleaseReservation { order_id };
            Envelope::of_step(order.id, "release-reservation", &release, now)
        }
    })
}

/// A message that the saga listens to.
struct Reply {
    /// Its full name.
    name: String,
    /// Reads the id of the order it is about, and what it means to the saga.
    read: Box<dyn Fn(&Envelope) -> Read + Send + Sync>,
}

type Read = Result<(Bytes, Message), MalformedMessage>;

fn reply<M: Contract + 'static>(meaning: fn(M) -> (Bytes, Message)) -> Reply {
    Reply {
        name: M::full_name(),
        read: Box::new(move |envelope| envelope.open().map(meaning)),
    }
}

static REPLIES: LazyLock<[Reply; 8]> = LazyLock::new(|| {
    [
        reply(|body: wallet::OrderDebited| (body.order_id, Message::Debited)),
        reply(|body: wallet::OrderDebitDeclined| {
            let reason = match body.reason.as_str() {
                "insufficient_funds" => Reason::InsufficientFunds,
                _ => Reason::PaymentDeclined,
            };
            (body.order_id, Message::DebitDeclined(reason))
        }),
        reply(|body: wallet::OrderDebitCancelled| (body.order_id, Message::DebitCancelled)),
        reply(|body: wallet::OrderRefunded| (body.order_id, Message::Refunded)),
        reply(|body: wallet::EscrowReleased| (body.order_id, Message::EscrowReleased)),
        reply(|body: wallet::OrderPaymentRefused| {
            let message = match body.reason.as_str() {
                "balance_limit" => Message::BalanceLimit,
                _ => Message::PaymentRefused,
            };
            (body.order_id, message)
        }),
        reply(|body: product::ReservationConfirmed| (body.order_id, Message::ReservationConfirmed)),
        reply(|body: product::ReservationExpired| (body.order_id, Message::ReservationExpired)),
    ]
});

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
