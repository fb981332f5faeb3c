//! Invariants 3 and 4 for the system accounts: escrow and fees are not negative, escrow equals what debited orders paid, and
//! each checkpoint equals the sum of the postings up to it.

use std::collections::BTreeMap;

use store::StoreResult;

use super::{AuditReport, Invariant};

/// Sums of the system's postings, by account code and currency. 128 bits, because the sum of an external account may exceed 64.
pub(crate) type SystemSums = BTreeMap<(i32, String), i128>;

/// Adds `amount` to the sum of an account in a currency.
pub(crate) fn add_to(sums: &mut SystemSums, account: i32, currency: &str, amount: i128) {
    *sums.entry((account, currency.to_owned())).or_default() += amount;
}

/// A checkpoint.
pub(super) struct Checkpoint {
    /// Number of the last posting it includes.
    pub(super) up_to: i64,
    /// Its recorded sums.
    pub(super) sums: SystemSums,
    /// Sums of the postings since.
    pub(super) since: SystemSums,
}

const NAMES: [&str; 4] = [
    "escrow",
    "platform:fees",
    "external:topup",
    "external:withdrawal",
];
const ESCROW: i32 = 0;
const FEES: i32 = 1;

fn name(account: i32) -> &'static str {
    usize::try_from(account)
        .ok()
        .and_then(|account| NAMES.get(account))
        .copied()
        .unwrap_or("an unknown account")
}

/// Checks the sums of all postings and the checkpoint. `owed` is the amount that escrow should hold for orders in each currency.
pub(super) fn check(
    sums: &SystemSums,
    owed: BTreeMap<String, i128>,
    checkpoint: StoreResult<Checkpoint>,
    report: &mut AuditReport,
) {
    for ((account, currency), sum) in sums {
        if (*account == ESCROW || *account == FEES) && *sum < 0 {
            report.found(
                Invariant::NothingNegative,
                format!("{}: is {sum} {currency}, which is negative", name(*account)),
            );
        }
    }
    escrow(sums, owed, report);
    match checkpoint {
        Ok(checkpoint) => compare(sums, checkpoint, report),
        Err(error) => report.found(
            Invariant::EscrowIsOwed,
            format!("checkpoint: cannot be read: {error}"),
        ),
    }
}

fn escrow(sums: &SystemSums, mut owed: BTreeMap<String, i128>, report: &mut AuditReport) {
    let held = sums.iter().filter(|((account, _), _)| *account == ESCROW);
    let held = held.map(|((_, currency), sum)| (currency.clone(), *sum));
    let mut compared: BTreeMap<String, (i128, i128)> = held
        .map(|(currency, sum)| {
            let paid = owed.remove(&currency).unwrap_or(0);
            (currency, (sum, paid))
        })
        .collect();
    compared.extend(
        owed.into_iter()
            .map(|(currency, paid)| (currency, (0, paid))),
    );
    for (currency, (sum, paid)) in compared {
        if paid != sum {
            report.found(
                Invariant::EscrowIsOwed,
                format!(
                    "escrow: is {sum} {currency}, the orders that are paid and not settled sum to {paid}"
                ),
            );
        }
    }
}

/// Checks that the checkpoint plus the postings since it equal the sums of all postings.
fn compare(all: &SystemSums, checkpoint: Checkpoint, report: &mut AuditReport) {
    let Checkpoint { up_to, sums, since } = checkpoint;
    let mut found = sums.clone();
    for ((account, currency), sum) in &since {
        add_to(&mut found, *account, currency, *sum);
    }
    for (key, sum) in all {
        let found = found.remove(key).unwrap_or(0);
        if found != *sum {
            let (account, currency) = key;
            let kept = sums.get(key).unwrap_or(&0);
            let right = kept + sum - found;
            report.found(
                Invariant::EscrowIsOwed,
                format!(
                    "{}: its checkpoint at {up_to} says {kept} {currency}, its postings up to there sum to {right}",
                    name(*account)
                ),
            );
        }
    }
    for ((account, currency), sum) in found.into_iter().filter(|(_, sum)| *sum != 0) {
        report.found(
            Invariant::EscrowIsOwed,
            format!(
                "{}: its checkpoint says {sum} {currency}, it has no posting",
                name(account)
            ),
        );
    }
}
