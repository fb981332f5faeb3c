//! Checkpoints of the system accounts: the sum of their postings up to some posting. A balance is that sum plus the few postings since.

use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::corrupt;

use crate::audit::{SystemSums, add_to};

/// Moves the checkpoint to the newest posting. Returns how many postings it took in.
pub(super) fn advance(tx: &Connection) -> StoreResult<i64> {
    let (from, mut sums) = read(tx)?;
    let (to, count) = add_postings(tx, from, &mut sums)?;
    if count == 0 {
        return Ok(0);
    }
    for ((account, currency), sum) in &sums {
        tx.prepare_cached(
            "INSERT INTO checkpoints (account, currency, up_to, balance) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, currency) DO UPDATE SET up_to = ?3, balance = ?4",
        )?
        .execute((account, currency, to, sum.to_string()))?;
    }
    Ok(count)
}

/// The checkpoint: up to which posting, and the sums.
pub(crate) fn read(tx: &Connection) -> StoreResult<(i64, SystemSums)> {
    let mut statement =
        tx.prepare_cached("SELECT account, currency, up_to, balance FROM checkpoints")?;
    let mut rows = statement.query([])?;
    let (mut up_to, mut sums): (Option<i64>, SystemSums) = (None, SystemSums::new());
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(2)?;
        if up_to.is_some_and(|up_to| up_to != place) {
            return Err(corrupt("the checkpoints are of different places"));
        }
        up_to = Some(place);
        let sum = row
            .get::<_, String>(3)?
            .parse()
            .map_err(|_| corrupt("a checkpoint's balance is not a number"))?;
        sums.insert((row.get(0)?, row.get(1)?), sum);
    }
    Ok((up_to.unwrap_or(0), sums))
}

/// Adds the postings after `from` to `sums`. Returns the last one's place and how many there were.
pub(crate) fn add_postings(
    tx: &Connection,
    from: i64,
    sums: &mut SystemSums,
) -> StoreResult<(i64, i64)> {
    // Summed in two halves: SQLite's sum() is of 64 bits and fails when it overflows.
    let mut statement = tx.prepare_cached(
        "SELECT account, currency, sum(amount >> 32), sum(amount & 4294967295), max(seq), count(*)
         FROM system_postings WHERE seq > ?1 GROUP BY account, currency",
    )?;
    let mut rows = statement.query([from])?;
    let (mut to, mut count) = (from, 0);
    while let Some(row) = rows.next()? {
        let sum = halves(row.get(2)?, row.get(3)?);
        add_to(sums, row.get(0)?, &row.get::<_, String>(1)?, sum);
        to = to.max(row.get(4)?);
        count += row.get::<_, i64>(5)?;
    }
    Ok((to, count))
}

/// A sum from those of its addends' upper and lower 32 bits.
pub(crate) fn halves(upper: i64, lower: i64) -> i128 {
    (i128::from(upper) << 32) + i128::from(lower)
}
