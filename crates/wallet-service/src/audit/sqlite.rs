//! Reads a wallet's file for the audit.

use kernel::OrderId;
use rusqlite::types::Type;
use rusqlite::{Connection, Result, Row};
use serde::de::DeserializeOwned;
use store::{Row as _, StoreResult};
use store_sqlite::{read, walk};

use super::check::Audit;
use super::facts::{Fact, Held, Line, Moved, Name, Paid, Posted, Refunded, Waits, Whose};
use super::{AuditReport, PaymentRecord};
use crate::domain::Payment;

/// Checks the invariants on one snapshot of the wallet's file.
///
/// # Errors
/// A store error if the file cannot be read. A broken invariant is a finding, not an error.
pub fn audit(connection: &Connection) -> StoreResult<AuditReport> {
    let snapshot = connection.unchecked_transaction()?;
    let mut audit = Audit::default();
    for (query, read) in FACTS {
        let mut statement = snapshot.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            audit.take(read(row)?);
        }
    }
    Ok(audit.end())
}

/// All payments, or only that of the order asked for, sorted by order id.
pub fn payments(
    connection: &Connection,
    only: Option<OrderId>,
) -> impl Iterator<Item = StoreResult<PaymentRecord>> {
    let only = only.as_ref().map(|order| &order.as_bytes()[..]);
    walk(connection, "*", Payment::TABLE, only, |row| {
        Ok(PaymentRecord::from(read::<Payment>(row)?))
    })
}

type Read = fn(&Row<'_>) -> Result<Fact>;

/// The queries, and how their rows are read. Where facts of several tables belong together, a column tells which one it is.
const FACTS: [(&str, Read); 3] = [
    // Sorted together. One pass finds rows without postings and postings without a row.
    (
        "SELECT id, 0, kind, NULL, '', 0 FROM journal
         UNION ALL SELECT journal_id, 1, kind, NULL, currency, amount FROM postings
         UNION ALL SELECT journal_id, 1, NULL, account, currency, amount FROM system_postings
         ORDER BY 1, 2",
        of_transaction,
    ),
    // The tables are read side by side in the order of their keys, so SQLite need not sort postings. Balances and earnings (which wait in
    // bucket 1) have no time, and come last.
    (
        "SELECT owner, bucket, created_at, sequence, currency, amount, balance_after FROM postings
         UNION ALL SELECT owner, bucket, 9223372036854775807, sequence, currency, balance, NULL FROM balances
         UNION ALL SELECT seller, 1, 9223372036854775807, NULL, currency, amount, NULL FROM earnings
         ORDER BY 1, 2, 3, 4",
        of_account,
    ),
    // Kinds 2 to 4 and 6 pay, refund, release and reverse an order; accounts 0 and 1 are escrow and fees. The plus keeps SQLite from making
    // an index on the account, through which it would read all of escrow for each transaction. What releases and reversals (4 and 6)
    // move on users' accounts is the sellers'.
    (
        "SELECT id, 0, state, amount, currency, debit, reversal, parts, NULL, NULL FROM payments
         UNION ALL
         SELECT order_id, 1, NULL, amount, NULL, journal_id, reversal, lines, id, fulfilment FROM refunds
         UNION ALL
         SELECT order_id, 2, kind, NULL, NULL, id, NULL, NULL, NULL, NULL FROM journal
         WHERE kind BETWEEN 2 AND 4 OR kind = 6
         UNION ALL
         SELECT order_id, 3, account, amount, NULL, id, NULL, NULL, NULL, NULL FROM journal JOIN system_postings
         ON seq BETWEEN system_from AND system_to WHERE +account < 2
         UNION ALL
         SELECT order_id, 4, NULL, amount, NULL, journal_id, NULL, NULL, owner, NULL FROM postings WHERE kind IN (4, 6)
         ORDER BY 1, 2",
        of_order,
    ),
];

fn of_transaction(row: &Row<'_>) -> Result<Fact> {
    let transaction = row.get(0)?;
    Ok(match row.get(1)? {
        0 => Fact::Transaction(transaction, row.get(2)?),
        _ => Fact::Line(Line {
            transaction,
            kind: row.get(2)?,
            account: row.get(3)?,
            currency: row.get(4)?,
            amount: row.get(5)?,
        }),
    })
}

fn of_account(row: &Row<'_>) -> Result<Fact> {
    let account = Name {
        owner: row.get(0)?,
        bucket: row.get(1)?,
    };
    let (sequence, currency, amount) = (row.get(3)?, row.get(4)?, row.get(5)?);
    Ok(match (sequence, row.get(6)?) {
        (Some(sequence), Some(after)) => Fact::Posted(Posted {
            account,
            sequence,
            currency,
            amount,
            after,
        }),
        (Some(sequence), None) => Fact::Held(Held {
            account,
            sequence,
            currency,
            balance: amount,
        }),
        (None, _) => Fact::Waits(Waits {
            account,
            currency,
            amount,
        }),
    })
}

fn of_order(row: &Row<'_>) -> Result<Fact> {
    let fact = match row.get(1)? {
        0 => Fact::Paid(Paid {
            order: row.get(0)?,
            state: row.get(2)?,
            amount: row.get(3)?,
            currency: row.get(4)?,
            debit: row.get(5)?,
            reversal: row.get(6)?,
            parts: listed(row)?,
        }),
        1 => Fact::Refunded(Refunded {
            order: row.get(0)?,
            refund: row.get(8)?,
            fulfilment: row.get(9)?,
            amount: row.get(3)?,
            lines: listed(row)?,
            transaction: row.get(5)?,
            reversal: row.get(6)?,
        }),
        2 => Fact::Step(row.get(0)?, row.get(5)?, row.get(2)?),
        source => {
            let whose = match (source, row.get::<_, Option<i32>>(2)?) {
                (3, Some(0)) => Whose::Escrow,
                (3, _) => Whose::Fees,
                _ => Whose::User(row.get(8)?),
            };
            let moved = Moved {
                transaction: row.get(5)?,
                whose,
                amount: row.get(3)?,
            };
            Fact::Moved(row.get(0)?, moved)
        }
    };
    Ok(fact)
}

/// Reads the list that is kept as JSON; there is none where the column is NULL.
fn listed<T: DeserializeOwned>(row: &Row<'_>) -> Result<Vec<T>> {
    let Some(json) = row.get::<_, Option<String>>(7)? else {
        return Ok(Vec::new());
    };
    serde_json::from_str(&json)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(7, Type::Text, error.into()))
}
