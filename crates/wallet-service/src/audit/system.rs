//! Invariants 3 and 4 of the system accounts: escrow and fees are not negative, escrow is what debited orders paid, and a
//! checkpoint is the sum that it stands for.

use std::collections::BTreeMap;

use chassis::store::StoreResult;
use rusqlite::Connection;

use super::{AuditReport, Invariant};
use crate::store::checkpoints::{SystemSums, add_postings, halves, read as read_checkpoint};

const NAMES: [&str; 4] = [
    "escrow",
    "platform:fees",
    "external:topup",
    "external:withdrawal",
];
const ESCROW: i64 = 0;
const FEES: i64 = 1;

fn name(account: i64) -> &'static str {
    usize::try_from(account)
        .ok()
        .and_then(|account| NAMES.get(account))
        .copied()
        .unwrap_or("an unknown account")
}

pub(super) fn check(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    let mut sums = SystemSums::new();
    add_postings(snapshot, 0, &mut sums)?;
    for ((account, currency), sum) in &sums {
        if (*account == ESCROW || *account == FEES) && *sum < 0 {
            report.found(
                Invariant::NothingNegative,
                format!("{}: is {sum} {currency}, which is negative", name(*account)),
            );
        }
    }
    escrow(snapshot, &sums, report)?;
    checkpoint(snapshot, &sums, report)
}

fn escrow(snapshot: &Connection, sums: &SystemSums, report: &mut AuditReport) -> StoreResult<()> {
    let mut statement = snapshot.prepare(
        "SELECT currency, sum(amount >> 32), sum(amount & 4294967295) FROM payments WHERE state = 2 GROUP BY currency",
    )?;
    let mut rows = statement.query([])?;
    let mut owed: BTreeMap<String, i128> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        owed.insert(row.get(0)?, halves(row.get(1)?, row.get(2)?));
    }
    let held = sums.iter().filter(|((account, _), _)| *account == ESCROW);
    let held: BTreeMap<&String, i128> = held.map(|((_, currency), sum)| (currency, *sum)).collect();
    for (currency, sum) in &held {
        let paid = owed.remove(*currency).unwrap_or(0);
        if paid != *sum {
            report.found(Invariant::EscrowIsOwed, format!("escrow: is {sum} {currency}, the orders that are paid and not settled sum to {paid}"));
        }
    }
    for (currency, paid) in owed {
        report.found(
            Invariant::EscrowIsOwed,
            format!(
                "escrow: is 0 {currency}, the orders that are paid and not settled sum to {paid}"
            ),
        );
    }
    Ok(())
}

/// The checkpoint and the postings since it are all postings.
fn checkpoint(
    snapshot: &Connection,
    all: &SystemSums,
    report: &mut AuditReport,
) -> StoreResult<()> {
    let (up_to, mut sums) = match read_checkpoint(snapshot) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            report.found(
                Invariant::EscrowIsOwed,
                format!("checkpoint: cannot be read: {error}"),
            );
            return Ok(());
        }
    };
    let checkpoints = sums.clone();
    add_postings(snapshot, up_to, &mut sums)?;
    for ((account, currency), sum) in all {
        let found = sums.remove(&(*account, currency.clone())).unwrap_or(0);
        if found != *sum {
            let kept = checkpoints.get(&(*account, currency.clone())).unwrap_or(&0);
            let right = kept + sum - found;
            report.found(Invariant::EscrowIsOwed, format!(
                "{}: its checkpoint at {up_to} says {kept} {currency}, its postings up to there sum to {right}",
                name(*account)
            ));
        }
    }
    for ((account, currency), sum) in sums {
        if sum != 0 {
            report.found(
                Invariant::EscrowIsOwed,
                format!(
                    "{}: its checkpoint says {sum} {currency}, it has no posting",
                    name(account)
                ),
            );
        }
    }
    Ok(())
}
