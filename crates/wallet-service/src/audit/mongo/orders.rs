//! Reads orders' payments alongside their transactions.

use std::collections::BTreeMap;

use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::{Document, Uuid as BsonUuid, doc};
use store_mongo::{MongoRecord, Rows, Snapshot};

use super::super::AuditReport;
use super::super::PaymentStatus;
use super::super::payments::Facts;
use crate::domain::{Kind, Payment, Recorded, SystemAccount};
use crate::store::codec::{kind_code, status_code, system_code};
use crate::store::mongo::journal::SystemLineRow;
use crate::store::mongo::payments::PaymentRow;

/// The part of a transaction that concerns an order.
#[derive(Deserialize)]
struct StepRow {
    id: BsonUuid,
    kind: i32,
    order: Option<BsonUuid>,
    #[serde(default)]
    system: Vec<SystemLineRow>,
}

const PAYMENT: i32 = kind_code(Kind::OrderPayment);
const REFUND: i32 = kind_code(Kind::OrderRefund);
const RELEASE: i32 = kind_code(Kind::OrderRelease);
const DEBITED: i32 = status_code(PaymentStatus::Debited);
const ESCROW: i32 = system_code(SystemAccount::Escrow);

/// All transactions for orders or on escrow, ordered by order. Transactions without an order come first.
fn steps() -> Vec<Document> {
    vec![
        doc! { "$match": { "$or": [
            { "kind": { "$in": [PAYMENT, REFUND, RELEASE] } },
            { "system.account": ESCROW },
        ] } },
        doc! { "$project": { "id": 1, "kind": 1, "order": 1, "system": 1 } },
        doc! { "$sort": { "order": 1 } },
    ]
}

/// One order: its recorded payment and the transactions found for it.
#[derive(Default)]
struct Order {
    facts: Facts,
    debit: Option<BsonUuid>,
    settlement: Option<BsonUuid>,
}

impl Order {
    fn new(order: Option<BsonUuid>) -> Self {
        let order = order.map(|order| order.bytes().to_vec());
        Self {
            facts: Facts {
                order,
                ..Facts::default()
            },
            ..Self::default()
        }
    }

    fn payment(&mut self, row: &PaymentRow) {
        self.facts.state = Some(row.state);
        self.facts.amount = row.amount;
        self.debit = row.debit;
        self.settlement = row.settlement;
    }

    fn step(&mut self, row: &StepRow) {
        let facts = &mut self.facts;
        for line in row.system.iter().filter(|line| line.account == ESCROW) {
            let amount = i128::from(line.amount);
            facts.came_in += amount.max(0);
            facts.went_out += (-amount).max(0);
        }
        let settles = if facts.status() == Some(PaymentStatus::Released) {
            RELEASE
        } else {
            REFUND
        };
        facts.paid += i64::from(row.kind == PAYMENT);
        facts.refunded += i64::from(row.kind == REFUND);
        facts.released += i64::from(row.kind == RELEASE);
        facts.named += i64::from(self.debit == Some(row.id) && row.kind == PAYMENT);
        facts.named += i64::from(self.settlement == Some(row.id) && row.kind == settles);
    }
}

/// Checks every order. Returns what escrow should hold for the paid but unsettled ones, by currency.
pub(super) async fn check(
    snapshot: &mut Snapshot,
    report: &mut AuditReport,
) -> StoreResult<BTreeMap<String, i128>> {
    let mut owed: BTreeMap<String, i128> = BTreeMap::new();
    let mut payments: Rows<PaymentRow> = snapshot
        .find(Payment::COLLECTION, Document::new(), doc! { "_id": 1 })
        .await?;
    let mut steps: Rows<StepRow> = snapshot.aggregate(Recorded::COLLECTION, steps()).await?;
    let (mut payment, mut step) = (payments.next(snapshot).await?, steps.next(snapshot).await?);
    loop {
        // The next order: the smaller of the two ids.
        let ids = [
            payment.as_ref().map(|row| Some(row.order)),
            step.as_ref().map(|row| row.order),
        ];
        let next = ids.into_iter().flatten();
        let Some(id) = next.min_by_key(|id| id.map(BsonUuid::bytes)) else {
            break;
        };
        let mut order = Order::new(id);
        if let Some(row) = payment.take_if(|row| Some(row.order) == id) {
            report.payments += 1;
            order.payment(&row);
            if row.state == DEBITED
                && let (Some(amount), Some(currency)) = (row.amount, row.currency)
            {
                *owed.entry(currency).or_default() += i128::from(amount);
            }
            payment = payments.next(snapshot).await?;
        }
        while let Some(row) = step.take_if(|row| row.order == id) {
            order.step(&row);
            step = steps.next(snapshot).await?;
        }
        // A transaction without an order is wrong only if it touches escrow.
        let facts = order.facts;
        if facts.order.is_some() || facts.came_in != 0 || facts.went_out != 0 {
            facts.judge(report);
        }
    }
    Ok(owed)
}
