//! Reads a wallet's file for the audit.

use std::collections::BTreeMap;

use kernel::OrderId;
use rusqlite::{Connection, Row};
use store::StoreResult;
use store_sqlite::{Row as _, SqliteRecord as _};

use super::accounts::{Accounts, Held, Name, Posted, pending};
use super::payments::Facts;
use super::system::{self, Checkpoint};
use super::transactions::Group;
use super::{AuditReport, PaymentRecord, PaymentStatus, SystemSums};
use crate::domain::{Kind, Payment, SystemAccount};
use crate::store::codec::{kind_code, status_code, system_code};
use crate::store::sqlite::checkpoints::{add_postings, halves, read as read_checkpoint};

/// Checks the invariants on one snapshot of the wallet's file.
///
/// # Errors
/// A store error if the file cannot be read. A broken invariant is a finding, not an error.
pub fn audit(connection: &Connection) -> StoreResult<AuditReport> {
    let snapshot = connection.unchecked_transaction()?;
    let mut report = AuditReport::default();
    transactions(&snapshot, &mut report)?;
    accounts(&snapshot, &mut report)?;
    earnings(&snapshot, &mut report)?;
    system_accounts(&snapshot, &mut report)?;
    orders(&snapshot, &mut report)?;
    Ok(report)
}

/// All payments, ordered by order id.
///
/// # Errors
/// A store error.
pub fn payments(connection: &Connection) -> StoreResult<Vec<PaymentRecord>> {
    let sql = format!(
        "SELECT {} FROM {} ORDER BY order_id",
        Payment::COLUMNS.join(", "),
        Payment::TABLE
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut payments = Vec::new();
    while let Some(row) = rows.next()? {
        payments.push(Payment::read(row)?.into());
    }
    Ok(payments)
}

/// The payment of `order`, if the wallet ever received a command for it.
///
/// # Errors
/// A store error.
pub fn payment(connection: &Connection, order: OrderId) -> StoreResult<Option<PaymentRecord>> {
    Ok(Payment::load(connection, &order)?.map(PaymentRecord::from))
}

/// Journal rows and their postings, sorted together. One pass finds rows without postings and postings without a row.
const TRANSACTIONS: &str = "
    SELECT id AS journal_id, 0 AS posting, '' AS currency, 0 AS amount, kind FROM journal
    UNION ALL SELECT journal_id, 1, currency, amount, kind FROM postings
    UNION ALL SELECT journal_id, 1, currency, amount, NULL FROM system_postings
    ORDER BY journal_id, posting";

fn transactions(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    let mut statement = snapshot.prepare(TRANSACTIONS)?;
    let mut rows = statement.query([])?;
    let mut group: Option<Group> = None;
    while let Some(row) = rows.next()? {
        let id: Vec<u8> = row.get(0)?;
        if let Some(last) = group.take_if(|group| group.id() != id) {
            last.close(report);
        }
        let group = group.get_or_insert_with(|| Group::new(id));
        let kind: Option<i32> = row.get(4)?;
        match kind {
            Some(kind) if row.get::<_, i64>(1)? == 0 => group.row(kind, report),
            kind => group.line(kind, row.get(2)?, row.get(3)?, report),
        }
    }
    if let Some(last) = group {
        last.close(report);
    }
    Ok(())
}

fn accounts(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    // Primary key order: SQLite need not sort, and both queries are read side by side.
    let mut postings = snapshot.prepare(
        "SELECT owner, bucket, sequence, currency, amount, balance_after FROM postings
         ORDER BY owner, bucket, created_at, sequence",
    )?;
    let mut balances = snapshot
        .prepare("SELECT owner, bucket, currency, balance, sequence FROM balances ORDER BY owner, bucket, currency")?;
    let mut postings = postings.query([])?;
    let mut balances = balances.query([])?;
    let mut accounts = Accounts::default();
    let (mut posted, mut held) = (next_posted(&mut postings)?, next_held(&mut balances)?);
    loop {
        let comes_first = match (&posted, &held) {
            (Some((posting, _)), Some((balance, _))) => posting <= balance,
            (posted, _) => posted.is_some(),
        };
        if comes_first && let Some((name, line)) = posted {
            accounts.posted(name, line, report);
            posted = next_posted(&mut postings)?;
        } else if let Some((name, balance)) = &held {
            accounts.held(name, balance, report);
            held = next_held(&mut balances)?;
        } else {
            break;
        }
    }
    accounts.end(report);
    Ok(())
}

fn next_posted(rows: &mut rusqlite::Rows<'_>) -> StoreResult<Option<(Name, Posted)>> {
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let posted = Posted {
        sequence: row.get(2)?,
        currency: row.get(3)?,
        amount: row.get(4)?,
        after: row.get(5)?,
    };
    Ok(Some((name(row)?, posted)))
}

fn next_held(rows: &mut rusqlite::Rows<'_>) -> StoreResult<Option<(Name, Held)>> {
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let held = Held {
        currency: row.get(2)?,
        balance: row.get(3)?,
        sequence: row.get(4)?,
    };
    Ok(Some((name(row)?, held)))
}

fn name(row: &Row<'_>) -> StoreResult<Name> {
    Ok(Name {
        owner: row.get(0)?,
        bucket: row.get(1)?,
    })
}

fn earnings(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    let mut statement = snapshot.prepare(
        "SELECT owner, currency, sum(held), sum(waits) FROM (
             SELECT owner, currency, balance AS held, 0 AS waits FROM balances WHERE bucket = 1
             UNION ALL SELECT seller, currency, 0, amount FROM payouts)
         GROUP BY owner, currency HAVING sum(held) <> sum(waits)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (currency, held, waits): (String, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        pending(row.get(0)?, &currency, held.into(), waits.into(), report);
    }
    Ok(())
}

fn system_accounts(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    let mut sums = SystemSums::new();
    add_postings(snapshot, 0, &mut sums)?;
    let mut statement = snapshot.prepare(
        "SELECT currency, sum(amount >> 32), sum(amount & 4294967295) FROM payments WHERE state = ?1 GROUP BY currency",
    )?;
    let mut rows = statement.query([status_code(PaymentStatus::Debited)])?;
    let mut owed: BTreeMap<String, i128> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        owed.insert(row.get(0)?, halves(row.get(1)?, row.get(2)?));
    }
    system::check(&sums, owed, checkpoint(snapshot), report);
    Ok(())
}

fn checkpoint(snapshot: &Connection) -> StoreResult<Checkpoint> {
    let (up_to, sums) = read_checkpoint(snapshot)?;
    let mut since = SystemSums::new();
    add_postings(snapshot, up_to, &mut since)?;
    Ok(Checkpoint { up_to, sums, since })
}

/// The [`Facts`] of each order, collected with one sort.
fn facts() -> String {
    let [paid, refunded, released] =
        [Kind::OrderPayment, Kind::OrderRefund, Kind::OrderRelease].map(kind_code);
    let (escrow, settled) = (
        system_code(SystemAccount::Escrow),
        status_code(PaymentStatus::Released),
    );
    format!(
        "SELECT order_id, max(state), max(amount), sum(paid), sum(refunded), sum(released), sum(came_in), sum(went_out), sum(named)
        FROM (
            SELECT order_id, state, amount, 0 AS paid, 0 AS refunded, 0 AS released, 0 AS came_in, 0 AS went_out, 0 AS named
            FROM payments
            UNION ALL
            SELECT order_id, NULL, NULL, kind = {paid}, kind = {refunded}, kind = {released}, 0, 0, 0
            FROM journal WHERE order_id IS NOT NULL AND kind IN ({paid}, {refunded}, {released})
            UNION ALL
            SELECT j.order_id, NULL, NULL, 0, 0, 0, max(s.amount, 0), max(-s.amount, 0), 0
            FROM journal j JOIN system_postings s ON s.seq BETWEEN j.system_from AND j.system_to
            WHERE s.account = {escrow}
            UNION ALL
            SELECT p.order_id, NULL, NULL, 0, 0, 0, 0, 0, 1 FROM journal j JOIN payments p ON p.order_id = j.order_id
            WHERE j.id = p.debit_id AND j.kind = {paid}
            UNION ALL
            SELECT p.order_id, NULL, NULL, 0, 0, 0, 0, 0, 1 FROM journal j JOIN payments p ON p.order_id = j.order_id
            WHERE j.id = p.settlement_id AND j.kind = CASE p.state WHEN {settled} THEN {released} ELSE {refunded} END
        )
        GROUP BY order_id"
    )
}

fn orders(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    let count: i64 = snapshot.query_row("SELECT count(*) FROM payments", [], |row| row.get(0))?;
    report.payments = u64::try_from(count).unwrap_or(0);
    let mut statement = snapshot.prepare(&facts())?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let facts = Facts {
            order: row.get(0)?,
            state: row.get(1)?,
            amount: row.get(2)?,
            paid: row.get(3)?,
            refunded: row.get(4)?,
            released: row.get(5)?,
            came_in: row.get::<_, i64>(6)?.into(),
            went_out: row.get::<_, i64>(7)?.into(),
            named: row.get(8)?,
        };
        facts.judge(report);
    }
    Ok(())
}
