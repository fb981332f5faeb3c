//! Invariants 2 and 3: each user balance is the sum of its postings, each posting says the balance after it, numbers have no
//! gap, time does not fall, nothing is negative; and what is pending is what waits to be paid out.

use std::collections::BTreeMap;

use chassis::store::StoreResult;
use rusqlite::{Connection, Row};

use super::{AuditReport, Invariant, shown};

/// (owner, bucket) -> per currency: sum and last number.
#[derive(Default)]
struct Walk {
    owner: Vec<u8>,
    bucket: i64,
    last: i64,
    lines: BTreeMap<String, (i128, i64)>,
}

impl Walk {
    fn name(&self) -> String {
        name(&self.owner, self.bucket)
    }
}

fn name(owner: &[u8], bucket: i64) -> String {
    format!(
        "user:{}:{}",
        shown(owner),
        if bucket == 0 { "available" } else { "pending" }
    )
}

pub(super) fn check(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    // The order of the primary keys: nothing is sorted, and the two are read side by side.
    let mut postings = snapshot.prepare(
        "SELECT owner, bucket, sequence, currency, amount, balance_after FROM postings
         ORDER BY owner, bucket, created_at, sequence",
    )?;
    let mut balances = snapshot
        .prepare("SELECT owner, bucket, currency, balance, sequence FROM balances ORDER BY owner, bucket, currency")?;
    let mut postings = postings.query([])?;
    let mut balances = Balances {
        rows: balances.query([])?,
        next: None,
    };
    balances.advance()?;
    let mut walk: Option<Walk> = None;
    while let Some(row) = postings.next()? {
        let (owner, bucket): (Vec<u8>, i64) = (row.get(0)?, row.get(1)?);
        if walk
            .as_ref()
            .is_none_or(|walk| walk.bucket != bucket || walk.owner != owner)
        {
            close(walk.take(), &mut balances, report)?;
        }
        let walk = walk.get_or_insert_with(|| Walk {
            owner,
            bucket,
            ..Walk::default()
        });
        step(walk, row, report)?;
    }
    close(walk, &mut balances, report)?;
    balances.skip_to(None, report)?;
    pending(snapshot, report)
}

fn step(walk: &mut Walk, row: &Row<'_>, report: &mut AuditReport) -> StoreResult<()> {
    let (sequence, currency, amount, after): (i64, String, i64, i64) =
        (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
    if sequence != walk.last + 1 {
        report.found(
            Invariant::BalancesArePostings,
            format!(
                "{}: posting {sequence} follows posting {}",
                walk.name(),
                walk.last
            ),
        );
    }
    walk.last = sequence;
    let line = walk.lines.entry(currency).or_default();
    line.0 += i128::from(amount);
    line.1 = sequence;
    let sum = line.0;
    if sum != i128::from(after) {
        report.found(
            Invariant::BalancesArePostings,
            format!(
                "{}: posting {sequence} says {after} remain, the postings say {sum}",
                walk.name()
            ),
        );
        // Go on from what it says, so that one wrong line is one finding.
        if let Some(line) = walk.lines.values_mut().find(|line| line.1 == sequence) {
            line.0 = i128::from(after);
        }
    }
    Ok(())
}

struct Held {
    owner: Vec<u8>,
    bucket: i64,
    currency: String,
    balance: i64,
    sequence: i64,
}

struct Balances<'a> {
    rows: rusqlite::Rows<'a>,
    next: Option<Held>,
}

impl Balances<'_> {
    fn advance(&mut self) -> StoreResult<Option<Held>> {
        let next = match self.rows.next()? {
            Some(row) => Some(Held {
                owner: row.get(0)?,
                bucket: row.get(1)?,
                currency: row.get(2)?,
                balance: row.get(3)?,
                sequence: row.get(4)?,
            }),
            None => None,
        };
        Ok(std::mem::replace(&mut self.next, next))
    }

    /// Passes the balances before the account (all, if there is none): they have no posting.
    fn skip_to(
        &mut self,
        account: Option<(&[u8], i64)>,
        report: &mut AuditReport,
    ) -> StoreResult<()> {
        while let Some(next) = &self.next
            && account.is_none_or(|account| (next.owner.as_slice(), next.bucket) < account)
        {
            report.balances += 1;
            report.found(
                Invariant::BalancesArePostings,
                format!(
                    "{}: holds {} {} and has no posting",
                    name(&next.owner, next.bucket),
                    next.balance,
                    next.currency
                ),
            );
            self.advance()?;
        }
        Ok(())
    }
}

/// Compares what the postings of an account came to with its balances.
fn close(
    walk: Option<Walk>,
    balances: &mut Balances<'_>,
    report: &mut AuditReport,
) -> StoreResult<()> {
    let Some(mut walk) = walk else { return Ok(()) };
    balances.skip_to(Some((&walk.owner, walk.bucket)), report)?;
    while balances
        .next
        .as_ref()
        .is_some_and(|next| next.owner == walk.owner && next.bucket == walk.bucket)
    {
        let Some(held) = balances.advance()? else {
            break;
        };
        report.balances += 1;
        let currency = &held.currency;
        if held.balance < 0 {
            report.found(
                Invariant::NothingNegative,
                format!(
                    "{}: holds {} {currency}, which is negative",
                    walk.name(),
                    held.balance
                ),
            );
        }
        let (sum, sequence) = walk.lines.remove(currency).unwrap_or_default();
        if i128::from(held.balance) != sum {
            report.found(
                Invariant::BalancesArePostings,
                format!(
                    "{}: holds {} {currency}, its postings sum to {sum}",
                    walk.name(),
                    held.balance
                ),
            );
        }
        if held.sequence != sequence {
            report.found(
                Invariant::BalancesArePostings,
                format!(
                    "{}: its last posting in {currency} is {sequence}, the balance says {}",
                    walk.name(),
                    held.sequence
                ),
            );
        }
    }
    for (currency, (sum, _)) in &walk.lines {
        report.found(
            Invariant::BalancesArePostings,
            format!(
                "{}: has postings of {sum} {currency} and no balance",
                walk.name()
            ),
        );
    }
    Ok(())
}

/// What a seller has pending is what waits to be paid out to them.
fn pending(snapshot: &Connection, report: &mut AuditReport) -> StoreResult<()> {
    let mut statement = snapshot.prepare(
        "SELECT owner, currency, sum(held), sum(waits) FROM (
             SELECT owner, currency, balance AS held, 0 AS waits FROM balances WHERE bucket = 1
             UNION ALL SELECT seller, currency, 0, amount FROM payouts)
         GROUP BY owner, currency HAVING sum(held) <> sum(waits)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (owner, currency, held, waits): (Vec<u8>, String, i64, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        report.found(
            Invariant::BalancesArePostings,
            format!(
                "{}: holds {held} {currency}, {waits} wait to be paid out",
                name(&owner, 1)
            ),
        );
    }
    Ok(())
}
