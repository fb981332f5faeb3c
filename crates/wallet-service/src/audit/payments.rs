//! Invariant 5, the wallet's half: every order's payment has exactly the transactions that its state asks for. And what the
//! composition root needs for the other half.

use chassis::sqlite::{corrupt, id};
use chassis::store::StoreResult;
use kernel::{Money, OrderId, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{AuditReport, Invariant, shown};

/// How far the payment of an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The buyer had too little; nothing was posted.
    Declined,
    /// Nothing was debited, and nothing will be.
    Cancelled,
    /// The total is in escrow.
    Debited,
    /// It was, and went back at the payment's deadline.
    Reversed,
    /// It was, and went back later.
    Refunded,
    /// It was, and went to the sellers.
    Released,
}

impl PaymentStatus {
    const fn of(code: i64) -> Option<Self> {
        match code {
            0 => Some(Self::Declined),
            1 => Some(Self::Cancelled),
            2 => Some(Self::Debited),
            3 => Some(Self::Reversed),
            4 => Some(Self::Refunded),
            5 => Some(Self::Released),
            _ => None,
        }
    }
}

/// An order's payment, as the wallet knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The order.
    pub order: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// How far it is.
    pub status: PaymentStatus,
    /// The total; none for a cancelled payment, of which no debit was ever asked.
    pub total: Option<Money>,
}

const SELECT: &str = "SELECT order_id, buyer, state, amount, currency FROM payments";

/// All payments in the order of their orders' ids.
///
/// # Errors
/// A store error.
pub fn payments(connection: &Connection) -> StoreResult<Vec<PaymentRecord>> {
    let mut statement = connection.prepare(&format!("{SELECT} ORDER BY order_id"))?;
    let mut rows = statement.query([])?;
    let mut payments = Vec::new();
    while let Some(row) = rows.next()? {
        payments.push(record(row)?);
    }
    Ok(payments)
}

/// The payment of `order`, if the wallet was ever asked about it.
///
/// # Errors
/// A store error.
pub fn payment(connection: &Connection, order: OrderId) -> StoreResult<Option<PaymentRecord>> {
    connection
        .prepare_cached(&format!("{SELECT} WHERE order_id = ?1"))?
        .query_row([order.as_bytes()], |row| Ok(record(row)))
        .optional()?
        .transpose()
}

fn record(row: &Row<'_>) -> StoreResult<PaymentRecord> {
    let state: i64 = row.get(2)?;
    let amount: Option<i64> = row.get(3)?;
    let currency: Option<String> = row.get(4)?;
    let total: Option<StoreResult<Money>> = amount.zip(currency).map(|(amount, currency)| {
        let currency = currency
            .parse()
            .map_err(|_| corrupt(format!("{currency:?} is no currency")))?;
        Ok(Money::new(amount, currency))
    });
    Ok(PaymentRecord {
        order: id(row, 0)?,
        buyer: id(row, 1)?,
        status: PaymentStatus::of(state)
            .ok_or_else(|| corrupt(format!("{state} is no state of a payment")))?,
        total: total.transpose()?,
    })
}

/// By order: its payment's state and amount, how many transactions of each kind it has, and what they moved into and out of
/// escrow. Kept are the orders where these do not fit: what came in is the amount once debited, what went out is the amount
/// once settled, and the transactions are those that the payment names.
const MISFITS: &str = "
    SELECT order_id, max(state), sum(paid), sum(refunded), sum(released), sum(came_in), sum(went_out), max(amount), sum(named)
    FROM (
        SELECT order_id, state, amount, 0 AS paid, 0 AS refunded, 0 AS released, 0 AS came_in, 0 AS went_out, 0 AS named
        FROM payments
        UNION ALL
        SELECT j.order_id, NULL, NULL, j.kind = 2, j.kind = 3, j.kind = 4, 0, 0, 0
        FROM journal j WHERE j.order_id IS NOT NULL AND j.kind IN (2, 3, 4)
        UNION ALL
        SELECT j.order_id, NULL, NULL, 0, 0, 0, max(s.amount, 0), max(-s.amount, 0), 0
        FROM system_postings s JOIN journal j ON j.id = s.journal_id WHERE s.account = 0
        UNION ALL
        SELECT p.order_id, NULL, NULL, 0, 0, 0, 0, 0, 1 FROM payments p JOIN journal j ON j.id = p.debit_id
        WHERE j.order_id = p.order_id AND j.kind = 2
        UNION ALL
        SELECT p.order_id, NULL, NULL, 0, 0, 0, 0, 0, 1 FROM payments p JOIN journal j ON j.id = p.settlement_id
        WHERE j.order_id = p.order_id AND j.kind = CASE p.state WHEN 5 THEN 4 ELSE 3 END
    )
    GROUP BY order_id
    HAVING max(state) IS NULL
        OR sum(paid) <> (max(state) >= 2)
        OR sum(refunded) <> (max(state) IN (3, 4))
        OR sum(released) <> (max(state) = 5)
        OR sum(came_in) <> CASE WHEN max(state) >= 2 THEN max(amount) ELSE 0 END
        OR sum(went_out) <> CASE WHEN max(state) >= 3 THEN max(amount) ELSE 0 END
        OR sum(named) <> max(0, min(max(state), 3) - 1)";

pub(super) fn check(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    let count: i64 = snapshot.query_row("SELECT count(*) FROM payments", [], |row| row.get(0))?;
    report.payments = u64::try_from(count).unwrap_or(0);
    let mut statement = snapshot.prepare(MISFITS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let order: Option<Vec<u8>> = row.get(0)?;
        let order = order.map_or_else(|| "unknown".to_owned(), |order| shown(&order));
        let [paid, refunded, released, came_in, went_out] = [
            row.get::<_, i64>(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
        ];
        let state = match row.get::<_, Option<i64>>(1)? {
            Some(code) => PaymentStatus::of(code).map_or_else(
                || format!("in state {code}"),
                |s| format!("{s:?}").to_lowercase(),
            ),
            None => "unknown".to_owned(),
        };
        let amount = row
            .get::<_, Option<i64>>(7)?
            .map_or_else(|| "no amount".to_owned(), |amount| amount.to_string());
        report.found(Invariant::PaymentsAreComplete, format!(
            "order {order}: its payment is {state} over {amount}, but the journal has {paid} payments, {refunded} refunds and \
             {released} releases of it, {came_in} into and {went_out} out of escrow"
        ));
    }
    Ok(())
}
