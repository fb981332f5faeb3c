//! The wallet and the product service, as stubs with scripted replies.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bus::{Handler, Outcome};
use contracts::{Envelope, product, wallet};
use kernel::OrderId;

use super::name;

/// How the wallet answers a debit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Pays,
    Declines,
    Silent,
    /// Sends no reply and fails to handle the message.
    Fails,
}

/// How the wallet answers a refund or a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refunds {
    /// It is done. A refund gives back a tenth as commission.
    Done,
    /// Not at all.
    Silent,
    /// A refund does not fit.
    Refused,
}

/// The wallet and the product service.
pub(super) struct Neighbours {
    pub(super) script: Arc<Mutex<Script>>,
    pub(super) refunds: Arc<Mutex<Refunds>>,
    /// Whether the product service confirms that stock is sold.
    pub(super) confirms: Arc<Mutex<bool>>,
    pub(super) replies: Replies,
    pub(super) heard: Heard,
}

/// The commands that the neighbours have received, in order.
pub(crate) type Heard = Arc<Mutex<Vec<Arc<Envelope>>>>;

/// Delivers replies directly to the order service's queue, through the handler that the bus would call.
pub(crate) type Replies = Arc<Mutex<Arc<dyn Handler>>>;

impl Neighbours {
    /// The reply to a command, if there is one.
    fn reply(&self, command: &Envelope) -> Option<Envelope> {
        let order = OrderId::from_uuid(command.subject);
        let order_id = contracts::id_bytes(command.subject);
        let given = command.name.as_str();
        let at = command.time;
        if given == name::<wallet::DebitForOrder>() {
            return self.debit(command);
        }
        if given == name::<wallet::RefundPart>() {
            return self.refund(command);
        }
        if given == name::<wallet::CancelOrderDebit>() {
            let cancelled = wallet::OrderDebitCancelled {
                order_id,
                refunded: false,
            };
            return Some(Envelope::of_step(order, "debit-cancelled", &cancelled, at));
        }
        if given == name::<wallet::ReleasePart>() {
            if *self.refunds.lock().unwrap() == Refunds::Silent {
                return None;
            }
            let release: wallet::ReleasePart = command.open().unwrap();
            let step = format!("released {}", hex(&release.fulfilment_id));
            let released = wallet::PartReleased {
                order_id,
                fulfilment_id: release.fulfilment_id,
                transaction_id: contracts::id_bytes(command.id.as_uuid()),
            };
            return Some(Envelope::of_step(order, &step, &released, at));
        }
        if given == name::<product::ConfirmReservation>() {
            let confirmed = product::ReservationConfirmed { order_id };
            let step = "reservation-confirmed";
            let confirms = *self.confirms.lock().unwrap();
            return confirms.then(|| Envelope::of_step(order, step, &confirmed, at));
        }
        if given == name::<product::ReturnStock>() {
            let back: product::ReturnStock = command.open().unwrap();
            let step = format!("stock-returned {}", hex(&back.return_id));
            let returned = product::StockReturned {
                order_id,
                return_id: back.return_id,
            };
            return Some(Envelope::of_step(order, &step, &returned, at));
        }
        None
    }

    fn debit(&self, command: &Envelope) -> Option<Envelope> {
        let order = OrderId::from_uuid(command.subject);
        let order_id = contracts::id_bytes(command.subject);
        match *self.script.lock().unwrap() {
            Script::Pays => {
                let debit: wallet::DebitForOrder = command.open().unwrap();
                let lines = debit.parts.iter().flat_map(|part| &part.lines);
                let debited = wallet::OrderDebited {
                    transaction_id: order_id.clone(),
                    order_id,
                    commissions: lines
                        .map(|line| wallet::LineCommission {
                            line_id: line.line_id.clone(),
                            amount: line.unit_price * line.quantity / 10,
                        })
                        .collect(),
                };
                Some(Envelope::of_step(order, "debited", &debited, command.time))
            }
            Script::Declines => {
                let declined = wallet::OrderDebitDeclined {
                    order_id,
                    reason: "insufficient_funds".to_owned(),
                };
                let step = "debit-declined";
                Some(Envelope::of_step(order, step, &declined, command.time))
            }
            Script::Silent | Script::Fails => None,
        }
    }

    fn refund(&self, command: &Envelope) -> Option<Envelope> {
        let order = OrderId::from_uuid(command.subject);
        let refund: wallet::RefundPart = command.open().unwrap();
        let id = hex(&refund.refund_id);
        match *self.refunds.lock().unwrap() {
            Refunds::Silent => None,
            Refunds::Done => {
                let reversed = refund.lines.iter().map(|line| wallet::LineCommission {
                    line_id: line.line_id.clone(),
                    amount: line.amount / 10,
                });
                let done = wallet::PartRefunded {
                    reversed: reversed.collect(),
                    order_id: refund.order_id,
                    fulfilment_id: refund.fulfilment_id,
                    transaction_id: refund.refund_id.clone(),
                    refund_id: refund.refund_id,
                };
                let step = format!("refunded {id}");
                Some(Envelope::of_step(order, &step, &done, command.time))
            }
            Refunds::Refused => {
                let refused = wallet::PartRefused {
                    order_id: refund.order_id,
                    fulfilment_id: refund.fulfilment_id,
                    refund_id: refund.refund_id,
                    reason: "exceeds_part".to_owned(),
                };
                let step = format!("part-refused-refund {id}");
                Some(Envelope::of_step(order, &step, &refused, command.time))
            }
        }
    }
}

/// An id in a message, as text.
fn hex(id: &[u8]) -> String {
    uuid::Uuid::from_slice(id).unwrap().to_string()
}

#[async_trait]
impl Handler for Neighbours {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        for command in &batch {
            self.heard.lock().unwrap().push(command.clone());
            let reply = self.reply(command);
            let handler = self.replies.lock().unwrap().clone();
            if let Some(reply) = reply {
                handler.handle(vec![Arc::new(reply)]).await;
            }
        }
        let outcome = match *self.script.lock().unwrap() {
            Script::Fails => Outcome::Retry("on purpose".to_owned()),
            Script::Pays | Script::Declines | Script::Silent => Outcome::Done,
        };
        vec![outcome; batch.len()]
    }
}
