//! Cases in SQLite: walks of the indexes of the table `cases`.

use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::rows;
use uuid::Uuid;

use crate::records::{CaseRecord, CaseState};
use crate::store::{CasesQuery, OpenOrders, Undecided, Whose};
use kernel::Timestamp;

/// How many cases are in a state, of as many as are looked at, and when the oldest of them began.
pub(super) const UNDECIDED_SQL: &str = "SELECT count(*), min(since)
     FROM (SELECT since FROM cases INDEXED BY cases_of_all WHERE state = ?1 LIMIT ?2)";

/// The cases in one state, the newest first.
pub(super) fn list_sql(whose: Whose) -> String {
    let of = match whose {
        Whose::All => "",
        Whose::Seller(_) => "AND seller = ?4",
        Whose::Buyer(_) => "AND buyer = ?4",
    };
    let index = whose.index();
    format!(
        "SELECT * FROM cases INDEXED BY {index} WHERE state = ?1 AND id < ?2 {of} ORDER BY id DESC LIMIT ?3"
    )
}

/// See [`OrderQueries::cases`](crate::store::OrderQueries::cases).
pub(super) fn list(
    db: &Connection,
    query: &CasesQuery,
    after: Option<Uuid>,
    most: i64,
) -> StoreResult<Vec<CaseRecord>> {
    let before = after.map_or([0xff; 16], |case| *case.as_bytes());
    let sql = list_sql(query.whose);
    let mut found: Vec<CaseRecord> = Vec::new();
    for state in &query.states {
        let word = state.to_string();
        found.extend(match query.whose {
            Whose::All => rows(db, &sql, (word, before, most))?,
            Whose::Seller(user) | Whose::Buyer(user) => {
                rows(db, &sql, (word, before, most, user.as_bytes()))?
            }
        });
    }
    found.sort_unstable_by_key(|case| std::cmp::Reverse(case.id));
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(found)
}

/// The cases in `state`.
pub(super) fn undecided(db: &Connection, state: CaseState) -> StoreResult<Undecided> {
    let mut statement = db.prepare_cached(UNDECIDED_SQL)?;
    let values = (state.to_string(), OpenOrders::LOOKED_AT);
    let (count, oldest) = statement.query_row(values, |row| {
        Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?))
    })?;
    Ok(Undecided {
        state,
        count,
        oldest: oldest.map(Timestamp::from_millis),
    })
}
