//! Between the saga's words and the contracts: what goes out, what comes in.

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
            let total = Some(order.total.into());
            Envelope::of_step(
                order.id,
                "debit",
                &wallet::DebitForOrder {
                    order_id,
                    buyer_id,
                    total,
                },
                now,
            )
        }
        Command::CancelOrderDebit => Envelope::of_step(
            order.id,
            "cancel-debit",
            &wallet::CancelOrderDebit { order_id, buyer_id },
            now,
        ),
        Command::RefundOrder => {
            let reason = order
                .reason
                .map_or_else(String::new, |reason| reason.as_str().to_owned());
            Envelope::of_step(
                order.id,
                "refund",
                &wallet::RefundOrder { order_id, reason },
                now,
            )
        }
        Command::ReleaseEscrow => {
            let shares = order
                .shares()
                .ok_or_else(|| {
                    MalformedMessage(format!("the lines of order {} overflow", order.id))
                })?
                .into_iter()
                .map(|(seller, amount)| wallet::SellerShare {
                    seller_id: id_bytes(seller.as_uuid()),
                    amount: Some(amount.into()),
                })
                .collect();
            Envelope::of_step(
                order.id,
                "release-escrow",
                &wallet::ReleaseEscrow { order_id, shares },
                now,
            )
        }
        Command::ConfirmReservation => Envelope::of_step(
            order.id,
            "confirm-reservation",
            &product::ConfirmReservation { order_id },
            now,
        ),
        Command::ReleaseReservation => Envelope::of_step(
            order.id,
            "release-reservation",
            &product::ReleaseReservation { order_id },
            now,
        ),
    })
}

/// Full names of the messages that the saga listens to.
pub(crate) fn listened_to() -> Vec<String> {
    fn name<M: Contract>() -> String {
        M::full_name()
    }
    vec![
        name::<wallet::OrderDebited>(),
        name::<wallet::OrderDebitDeclined>(),
        name::<wallet::OrderDebitCancelled>(),
        name::<wallet::OrderRefunded>(),
        name::<wallet::EscrowReleased>(),
        name::<wallet::OrderPaymentRefused>(),
        name::<product::ReservationConfirmed>(),
        name::<product::ReservationExpired>(),
    ]
}

/// Opens what came in: which order it is about and what it means to the saga.
///
/// # Errors
/// [`MalformedMessage`] if its name is not in [`listened_to`] or it does not decode.
pub(crate) fn open(envelope: &Envelope) -> Result<(OrderId, Message), MalformedMessage> {
    fn is<M: Contract>(envelope: &Envelope) -> bool {
        envelope.name == M::full_name()
    }
    let (order, message) = if is::<wallet::OrderDebited>(envelope) {
        (
            envelope.open::<wallet::OrderDebited>()?.order_id,
            Message::Debited,
        )
    } else if is::<wallet::OrderDebitDeclined>(envelope) {
        let body = envelope.open::<wallet::OrderDebitDeclined>()?;
        let reason = match body.reason.as_str() {
            "insufficient_funds" => Reason::InsufficientFunds,
            _ => Reason::PaymentDeclined,
        };
        (body.order_id, Message::DebitDeclined(reason))
    } else if is::<wallet::OrderDebitCancelled>(envelope) {
        (
            envelope.open::<wallet::OrderDebitCancelled>()?.order_id,
            Message::DebitCancelled,
        )
    } else if is::<wallet::OrderRefunded>(envelope) {
        (
            envelope.open::<wallet::OrderRefunded>()?.order_id,
            Message::Refunded,
        )
    } else if is::<wallet::EscrowReleased>(envelope) {
        (
            envelope.open::<wallet::EscrowReleased>()?.order_id,
            Message::EscrowReleased,
        )
    } else if is::<wallet::OrderPaymentRefused>(envelope) {
        (
            envelope.open::<wallet::OrderPaymentRefused>()?.order_id,
            Message::PaymentRefused,
        )
    } else if is::<product::ReservationConfirmed>(envelope) {
        let body = envelope.open::<product::ReservationConfirmed>()?;
        (body.order_id, Message::ReservationConfirmed)
    } else if is::<product::ReservationExpired>(envelope) {
        (
            envelope.open::<product::ReservationExpired>()?.order_id,
            Message::ReservationExpired,
        )
    } else {
        return Err(MalformedMessage(format!(
            "{} is not for the order service",
            envelope.name
        )));
    };
    Ok((contracts::order_id(&order)?, message))
}
