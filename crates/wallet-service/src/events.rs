//! Replies to the order service: a domain reply as a message of `proto-contracts`. A repeated reply has the same id.

use contracts::{Envelope, id_bytes, wallet};
use kernel::{OrderId, Timestamp};

use crate::domain::Reply;

/// Puts `reply` for `order` into an envelope.
pub(crate) fn seal(order: OrderId, reply: Reply, now: Timestamp) -> Envelope {
    let order_id = id_bytes(order.as_uuid());
    match reply {
        Reply::Debited { transaction } => {
            let message = wallet::OrderDebited {
                order_id,
                transaction_id: id_bytes(transaction.as_uuid()),
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
        Reply::Refunded { transaction } => {
            let message = wallet::OrderRefunded {
                order_id,
                transaction_id: id_bytes(transaction.as_uuid()),
            };
            Envelope::of_step(order, "refunded", &message, now)
        }
        Reply::Released { transaction } => {
            let message = wallet::EscrowReleased {
                order_id,
                transaction_id: id_bytes(transaction.as_uuid()),
            };
            Envelope::of_step(order, "escrow-released", &message, now)
        }
        Reply::Refused { step, reason } => {
            let message = wallet::OrderPaymentRefused {
                order_id,
                command: step.to_owned(),
                reason: reason.as_str().to_owned(),
            };
            Envelope::of_step(order, &format!("payment-refused-{step}"), &message, now)
        }
    }
}
