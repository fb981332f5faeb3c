//! Invariant 1: every journal transaction has its postings, and they sum to zero in each currency.

use std::collections::BTreeMap;

use chassis::store::StoreResult;
use rusqlite::Connection;

use super::{AuditReport, Invariant, shown};

/// Journal rows and the postings that name them, sorted together: one pass finds what misses its other half.
const SQL: &str = "
    SELECT id AS journal_id, 0 AS posting, '' AS currency, 0 AS amount, kind FROM journal
    UNION ALL SELECT journal_id, 1, currency, amount, kind FROM postings
    UNION ALL SELECT journal_id, 1, currency, amount, NULL FROM system_postings
    ORDER BY journal_id, posting";

#[derive(Default)]
struct Group {
    id: Vec<u8>,
    kind: Option<i64>,
    lines: u64,
    sums: BTreeMap<String, i128>,
}

pub(super) fn check(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    let mut statement = snapshot.prepare(SQL)?;
    let mut rows = statement.query([])?;
    let mut group: Option<Group> = None;
    while let Some(row) = rows.next()? {
        let id: Vec<u8> = row.get(0)?;
        if group.as_ref().is_none_or(|group| group.id != id) {
            judge(group.take(), report);
        }
        let group = group.get_or_insert_with(|| Group {
            id,
            ..Group::default()
        });
        let kind: Option<i64> = row.get(4)?;
        if row.get::<_, i64>(1)? == 0 {
            group.kind = kind;
            report.transactions += 1;
            continue;
        }
        report.postings += 1;
        group.lines += 1;
        let amount: i64 = row.get(3)?;
        *group.sums.entry(row.get(2)?).or_default() += i128::from(amount);
        if kind.is_some() && group.kind.is_some() && kind != group.kind {
            report.found(
                Invariant::TransactionsBalance,
                format!(
                    "transaction {}: a posting is of another kind",
                    shown(&group.id)
                ),
            );
        }
    }
    judge(group, report);
    Ok(())
}

fn judge(group: Option<Group>, report: &mut AuditReport) {
    let Some(group) = group else { return };
    let id = shown(&group.id);
    if group.kind.is_none() {
        report.found(
            Invariant::TransactionsBalance,
            format!(
                "transaction {id}: has {} postings and no row in the journal",
                group.lines
            ),
        );
    } else if group.lines < 2 {
        report.found(
            Invariant::TransactionsBalance,
            format!(
                "transaction {id}: has {} postings, not two or more",
                group.lines
            ),
        );
    }
    for (currency, sum) in group.sums.iter().filter(|(_, sum)| **sum != 0) {
        report.found(
            Invariant::TransactionsBalance,
            format!("transaction {id}: its postings sum to {sum} {currency}, not to zero"),
        );
    }
}
