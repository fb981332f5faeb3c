//! What the wallet does with an order's commands: the rules of the ledger on a few sums, without the ledger.

use std::collections::BTreeMap;

use contracts::wallet::{
    CancelOrderDebit, DebitForOrder, LineCommission, OrderDebitCancelled, OrderDebitDeclined,
    OrderDebited, OrderPaymentRefused, PartRefunded, PartRefused, PartReleased, RefundPart,
    ReleasePart,
};
use contracts::{Contract, Envelope, fulfilment_id, line_id, refund_id, user_id};
use kernel::{FulfilmentId, LineId, OrderId, RefundId, Timestamp, UserId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payment {
    Unknown,
    Declined,
    /// Cancelled before it was asked for.
    Tombstone,
    Debited,
    Reversed,
}

/// A line of a payment part.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: LineId,
    pub(super) total: i64,
    pub(super) commission: i64,
    pub(super) refunded: i64,
    pub(super) reversed: i64,
}

/// A payment part.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) seller: UserId,
    pub(super) lines: Vec<Line>,
    pub(super) released: bool,
}

impl Part {
    pub(super) fn left(&self) -> i64 {
        self.lines
            .iter()
            .map(|line| line.total - line.refunded)
            .sum()
    }
}

pub(super) struct Wallet {
    order: OrderId,
    /// Whether the buyer can pay.
    pub(super) funds: bool,
    /// Whether the wallet that money has to go to has no room for it.
    pub(super) full: bool,
    /// Hundredths of a percent.
    rate: i64,
    pub(super) payment: Payment,
    pub(super) parts: BTreeMap<FulfilmentId, Part>,
    refunds: BTreeMap<RefundId, Vec<LineCommission>>,
    /// What the buyer has, against what they had.
    pub(super) buyer: i64,
    pub(super) escrow: i64,
    pub(super) fees: i64,
    /// Below zero: what they owe.
    pub(super) sellers: BTreeMap<UserId, i64>,
    pub(super) debits: u32,
    now: Timestamp,
}

/// `part` of `whole` of `amount`, rounded to the nearest, half to even.
fn rounded(amount: i64, part: i64, whole: i64) -> i64 {
    let product = i128::from(amount) * i128::from(part);
    let whole = i128::from(whole);
    let (down, rest) = (product / whole, product % whole);
    let up = match (rest * 2).cmp(&whole) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => down % 2,
        std::cmp::Ordering::Greater => 1,
    };
    i64::try_from(down + up).unwrap()
}

impl Wallet {
    pub(super) fn new(order: OrderId, funds: bool, rate: i64) -> Self {
        Self {
            order,
            funds,
            full: false,
            rate,
            payment: Payment::Unknown,
            parts: BTreeMap::new(),
            refunds: BTreeMap::new(),
            buyer: 0,
            escrow: 0,
            fees: 0,
            sellers: BTreeMap::new(),
            debits: 0,
            now: Timestamp::from_millis(0),
        }
    }

    fn say<M: Contract>(&self, step: &str, message: &M) -> Envelope {
        Envelope::of_step(self.order, step, message, self.now)
    }

    /// The answer to a command, if it is one for the wallet.
    pub(super) fn obey(&mut self, command: &Envelope) -> Option<Envelope> {
        if let Ok(debit) = command.open::<DebitForOrder>() {
            Some(self.debit(&debit))
        } else if let Ok(cancel) = command.open::<CancelOrderDebit>() {
            Some(self.cancel(&cancel))
        } else if let Ok(refund) = command.open::<RefundPart>() {
            Some(self.refund(&refund))
        } else if let Ok(release) = command.open::<ReleasePart>() {
            Some(self.release(&release))
        } else {
            None
        }
    }

    fn debit(&mut self, debit: &DebitForOrder) -> Envelope {
        let order_id = debit.order_id.clone();
        if self.payment == Payment::Unknown && self.funds {
            self.payment = Payment::Debited;
            self.debits += 1;
            for part in &debit.parts {
                let lines = part.lines.iter().map(|line| {
                    let total = line.unit_price * line.quantity;
                    Line {
                        id: line_id(&line.line_id).unwrap(),
                        total,
                        commission: rounded(total, self.rate, 10_000),
                        refunded: 0,
                        reversed: 0,
                    }
                });
                let recorded = Part {
                    seller: user_id(&part.seller_id).unwrap(),
                    lines: lines.collect(),
                    released: false,
                };
                let id = fulfilment_id(&part.fulfilment_id).unwrap();
                assert!(self.parts.insert(id, recorded).is_none());
            }
            let captured: i64 = self.parts.values().map(Part::left).sum();
            assert_eq!(
                captured,
                debit.total.as_ref().unwrap().amount,
                "the parts are the debit"
            );
            self.buyer -= captured;
            self.escrow += captured;
        }
        match self.payment {
            Payment::Debited => {
                let lines = self.parts.values().flat_map(|part| &part.lines);
                let commissions = lines
                    .map(|line| commission(line.id, line.commission))
                    .collect();
                let debited = OrderDebited {
                    order_id,
                    commissions,
                    ..OrderDebited::default()
                };
                self.say("debited", &debited)
            }
            Payment::Unknown | Payment::Declined => {
                self.payment = Payment::Declined;
                let declined = OrderDebitDeclined {
                    order_id,
                    reason: "insufficient_funds".to_owned(),
                };
                self.say("debit-declined", &declined)
            }
            Payment::Tombstone | Payment::Reversed => self.cancelled(order_id),
        }
    }

    fn cancelled(&self, order_id: bytes::Bytes) -> Envelope {
        let cancelled = OrderDebitCancelled {
            order_id,
            refunded: self.payment == Payment::Reversed,
        };
        self.say("debit-cancelled", &cancelled)
    }

    fn cancel(&mut self, cancel: &CancelOrderDebit) -> Envelope {
        let order_id = cancel.order_id.clone();
        match self.payment {
            Payment::Debited if self.full => {
                let refused = OrderPaymentRefused {
                    order_id,
                    command: "CancelOrderDebit".to_owned(),
                    reason: "balance_limit".to_owned(),
                };
                return self.say("payment-refused", &refused);
            }
            Payment::Debited => {
                let left: i64 = self.parts.values().map(Part::left).sum();
                self.escrow -= left;
                self.buyer += left;
                self.parts.clear();
                self.payment = Payment::Reversed;
            }
            Payment::Unknown => self.payment = Payment::Tombstone,
            Payment::Declined | Payment::Tombstone | Payment::Reversed => {}
        }
        self.cancelled(order_id)
    }

    fn refund(&mut self, refund: &RefundPart) -> Envelope {
        assert_eq!(self.payment, Payment::Debited, "refunded what was not paid");
        let id = refund_id(&refund.refund_id).unwrap();
        if !self.refunds.contains_key(&id) {
            if self.full {
                return self.refused(&refund.fulfilment_id, &refund.refund_id);
            }
            let reversed = self.give_back(refund);
            self.refunds.insert(id, reversed);
        }
        let refunded = PartRefunded {
            order_id: refund.order_id.clone(),
            fulfilment_id: refund.fulfilment_id.clone(),
            refund_id: refund.refund_id.clone(),
            reversed: self.refunds[&id].clone(),
            ..PartRefunded::default()
        };
        self.say(&format!("refunded {id}"), &refunded)
    }

    fn give_back(&mut self, refund: &RefundPart) -> Vec<LineCommission> {
        let id = fulfilment_id(&refund.fulfilment_id).unwrap();
        let part = self.parts.get_mut(&id).unwrap();
        let mut given = Vec::new();
        for line in &refund.lines {
            let line_id = line_id(&line.line_id).unwrap();
            let mut lines = part.lines.iter_mut();
            let of = lines.find(|of| of.id == line_id).unwrap();
            assert!(line.amount > 0);
            of.refunded += line.amount;
            assert!(of.refunded <= of.total, "more than was captured");
            let due = rounded(of.commission, of.refunded, of.total);
            let back = due - of.reversed;
            of.reversed = due;
            self.buyer += line.amount;
            if part.released {
                self.fees -= back;
                *self.sellers.entry(part.seller).or_default() -= line.amount - back;
            } else {
                self.escrow -= line.amount;
            }
            given.push(commission(line_id, back));
        }
        given
    }

    fn release(&mut self, release: &ReleasePart) -> Envelope {
        assert_eq!(self.payment, Payment::Debited, "released what was not paid");
        let id = fulfilment_id(&release.fulfilment_id).unwrap();
        if self.full && !self.parts[&id].released {
            return self.refused(&release.fulfilment_id, &bytes::Bytes::new());
        }
        let part = self.parts.get_mut(&id).unwrap();
        if !part.released {
            part.released = true;
            let left = part.left();
            let fee: i64 = part
                .lines
                .iter()
                .map(|line| line.commission - line.reversed)
                .sum();
            self.escrow -= left;
            self.fees += fee;
            *self.sellers.entry(part.seller).or_default() += left - fee;
        }
        let released = PartReleased {
            order_id: release.order_id.clone(),
            fulfilment_id: release.fulfilment_id.clone(),
            ..PartReleased::default()
        };
        self.say(&format!("released {id}"), &released)
    }

    fn refused(&self, part: &bytes::Bytes, refund: &bytes::Bytes) -> Envelope {
        let refused = PartRefused {
            order_id: contracts::id_bytes(self.order.as_uuid()),
            fulfilment_id: part.clone(),
            refund_id: refund.clone(),
            reason: "balance_limit".to_owned(),
        };
        self.say(&format!("part-refused {part:?} {refund:?}"), &refused)
    }

    /// Holds at every moment.
    pub(super) fn check(&self) {
        assert!(self.debits <= 1, "debited twice");
        let sellers: i64 = self.sellers.values().sum();
        assert_eq!(
            self.buyer + self.escrow + self.fees + sellers,
            0,
            "money appeared or vanished"
        );
        let parts = self.parts.values().filter(|part| !part.released);
        assert_eq!(self.escrow, parts.map(Part::left).sum::<i64>());
        for line in self.parts.values().flat_map(|part| &part.lines) {
            assert!(line.reversed <= line.commission);
            assert!(line.refunded < line.total || line.reversed == line.commission);
        }
    }
}

fn commission(line: LineId, amount: i64) -> LineCommission {
    LineCommission {
        line_id: contracts::id_bytes(line.as_uuid()),
        amount,
    }
}
