//! Reading statements. A page is a walk over neighbouring entries of one index, however long the statement is.

use kernel::{Limit, UserId};
use store::StoreResult;
use store_mongo::bson::{Document, doc};
use store_mongo::{Mongo, MongoRecord, bson_of};

use super::journal::JournalRow;
use crate::domain::{AccountKey, Entry, Kind, Recorded, StatementFilter};
use crate::store::codec::{corrupt, kind_code};

/// A page, and one row more.
pub(super) async fn page(
    db: &Mongo,
    owner: UserId,
    filter: &StatementFilter,
    limit: Limit,
) -> StoreResult<Vec<Entry>> {
    let (found, limit) = (page_filter(owner, filter), limit.and_one());
    let rows: Vec<JournalRow> = db
        .find(Recorded::COLLECTION, found, page_sort(), limit)
        .await?;
    let account = AccountKey::available(owner);
    rows.into_iter()
        .map(|row| {
            let recorded = row.recorded()?;
            let entry = recorded.entry(account);
            entry.ok_or_else(|| corrupt("a statement's transaction has no line"))
        })
        .collect()
}

/// Names the kinds even if all are asked for: the server then walks the index once for each and merges, in the order of time, so
/// one index serves both.
pub(super) fn page_filter(owner: UserId, filter: &StatementFilter) -> Document {
    let kinds: Vec<i32> = match filter.kind {
        Some(kind) => vec![kind_code(kind)],
        None => Kind::IN_STATEMENT.map(kind_code).to_vec(),
    };
    let mut found = doc! { "line.owner": bson_of(&owner), "kind": { "$in": kinds } };
    let mut times = Document::new();
    if let Some(from) = filter.from {
        times.insert("$gte", from.as_millis());
    }
    if let Some(to) = filter.to {
        times.insert("$lt", to.as_millis());
    }
    if let Some(before) = filter.before {
        // Time and number rise together, so what has a smaller number is not later.
        times.insert("$lte", before.at.as_millis());
        found.insert("line.sequence", doc! { "$lt": before.sequence });
    }
    if !times.is_empty() {
        found.insert("at", times);
    }
    found
}

pub(super) fn page_sort() -> Document {
    doc! { "at": -1, "line.sequence": -1 }
}
