//! Replies to the order service: a domain reply as a message of `proto-contracts`. A repeated reply has the same id.

use contracts::{Envelope, id_bytes, wallet};
use kernel::{LineId, OrderId, Timestamp};

use crate::domain::{Refusal, Refused, Reply};

/// Puts `reply` for `order` into an envelope.
pub(crate) fn seal(order: OrderId, reply: Reply, now: Timestamp) -> Envelope {
    let order_id = id_bytes(order.as_uuid());
    match reply {
        Reply::Debited {
            transaction,
            commissions,
        } => {
            let message = wallet::OrderDebited {
                order_id,
                transaction_id: id_bytes(transaction.as_uuid()),
                commissions: by_line(&commissions),
            };
            Envelope::of_step(order, "debited", &message, now)
        }
        Reply::Declined => {
            let message = wallet::OrderDebitDeclined {
                order_id,
                reason: "insufficient_funds".to_owned(),
            };
            Envelope::of_step(order, "debit-declined", &message, now)
        }
        Reply::Cancelled { refunded } => {
            let message = wallet::OrderDebitCancelled { order_id, refunded };
            Envelope::of_step(order, "debit-cancelled", &message, now)
        }
        Reply::Refunded {
            fulfilment,
            refund,
            transaction,
            reversed,
        } => {
            let message = wallet::PartRefunded {
                order_id,
                fulfilment_id: id_bytes(fulfilment.as_uuid()),
                refund_id: id_bytes(refund.as_uuid()),
                transaction_id: id_bytes(transaction.as_uuid()),
                reversed: by_line(&reversed),
            };
            Envelope::of_step(order, &format!("refunded {refund}"), &message, now)
        }
        Reply::Released {
            fulfilment,
            transaction,
        } => {
            let transaction = transaction.map(|transaction| id_bytes(transaction.as_uuid()));
            let message = wallet::PartReleased {
                order_id,
                fulfilment_id: id_bytes(fulfilment.as_uuid()),
                transaction_id: transaction.unwrap_or_default(),
            };
            Envelope::of_step(order, &format!("released {fulfilment}"), &message, now)
        }
        Reply::Refused { what, reason } => refused(order, what, reason, now),
    }
}

fn by_line(amounts: &[(LineId, i64)]) -> Vec<wallet::LineCommission> {
    let amounts = amounts.iter().map(|(line, amount)| wallet::LineCommission {
        line_id: id_bytes(line.as_uuid()),
        amount: *amount,
    });
    amounts.collect()
}

fn refused(order: OrderId, what: Refused, reason: Refusal, now: Timestamp) -> Envelope {
    let (order_id, reason) = (id_bytes(order.as_uuid()), reason.as_str().to_owned());
    let whole = |command: &str| {
        let message = wallet::OrderPaymentRefused {
            order_id: order_id.clone(),
            command: command.to_owned(),
            reason: reason.clone(),
        };
        Envelope::of_step(order, &format!("payment-refused-{command}"), &message, now)
    };
    match what {
        Refused::Debit => whole("debit"),
        Refused::Cancel => whole("cancel-debit"),
        Refused::Refund(fulfilment, refund) => {
            let message = wallet::PartRefused {
                order_id,
                fulfilment_id: id_bytes(fulfilment.as_uuid()),
                refund_id: id_bytes(refund.as_uuid()),
                reason,
            };
            let step = format!("part-refused-refund {refund}");
            Envelope::of_step(order, &step, &message, now)
        }
        Refused::Release(fulfilment) => {
            let message = wallet::PartRefused {
                order_id,
                fulfilment_id: id_bytes(fulfilment.as_uuid()),
                refund_id: Vec::new().into(),
                reason,
            };
            let step = format!("part-refused-release {fulfilment}");
            Envelope::of_step(order, &step, &message, now)
        }
    }
}
