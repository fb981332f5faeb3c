//! Lists messages that the relay gave up, for operators.

use rusqlite::Connection;
use store::{DeadLetter, DeadLetterPlace, StoreResult};

use super::row::rows;

/// A walk of their index.
const LIST_SQL: &str = "SELECT * FROM dead_letters INDEXED BY dead_letters_by_age
     WHERE (died_at, id) > (?1, ?2) ORDER BY died_at, id LIMIT ?3";

/// All dead letters, the oldest first.
///
/// # Errors
/// A store error.
pub fn dead_letters(db: &Connection) -> StoreResult<Vec<DeadLetter>> {
    after(db, None, usize::MAX)
}

/// At most `most` dead letters, the oldest first, after `place`.
pub(super) fn after(
    db: &Connection,
    place: Option<DeadLetterPlace>,
    most: usize,
) -> StoreResult<Vec<DeadLetter>> {
    // An id is never empty: every place is after this one.
    let (died_at, id) = place.map_or((i64::MIN, Vec::new()), |(died_at, id)| {
        (died_at, id.as_bytes().to_vec())
    });
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    rows(db, LIST_SQL, (died_at, id, most))
}
