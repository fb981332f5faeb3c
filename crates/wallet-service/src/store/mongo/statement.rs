//! Reading balances and statements. A page is a walk over neighbouring entries of one index, however long the statement is.

use std::collections::BTreeMap;

use kernel::{Currency, Limit, Timestamp, UserId};
use store::StoreResult;
use store_mongo::bson::{Document, doc};
use store_mongo::{Mongo, Row, from_id, id_bson};

use super::ledger::user;
use super::rows::{AccountRow, JournalRow, account_id};
use crate::domain::{AccountKey, Entry, Kind, StatementFilter};
use crate::store::Holding;
use crate::store::codec::{corrupt, currency, kind, kind_code, money, reference};

/// One row more than a page.
pub(super) async fn page(
    store: &Mongo,
    filter: &StatementFilter,
    limit: Limit,
) -> StoreResult<Vec<Entry>> {
    let rows: Vec<JournalRow> = store
        .find(
            JournalRow::COLLECTION,
            page_filter(filter),
            page_sort(),
            limit.and_one(),
        )
        .await?;
    rows.iter()
        .map(|row| {
            let (_, entry) =
                entry(row)?.ok_or_else(|| corrupt("a statement's transaction has no line"))?;
            Ok(entry)
        })
        .collect()
}

/// Names the kinds even if all are asked for: the server then walks the index once for each and merges, in the order of time, so
/// one index serves both.
pub(super) fn page_filter(filter: &StatementFilter) -> Document {
    let kinds: Vec<i32> = match filter.kind {
        Some(kind) => vec![kind_code(kind)],
        None => Kind::IN_STATEMENT.map(kind_code).to_vec(),
    };
    let mut found = doc! { "line.owner": id_bson(filter.owner), "kind": { "$in": kinds } };
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

/// A transaction's line on what somebody can spend, and whose that is.
pub(super) fn entry(row: &JournalRow) -> StoreResult<Option<(UserId, Entry)>> {
    let Some(line) = &row.line else {
        return Ok(None);
    };
    let entry = Entry {
        id: from_id(row.id),
        kind: kind(row.kind)?,
        money: money(line.amount, &line.currency)?,
        balance_after: line.balance,
        sequence: line.sequence,
        order: row.order.map(from_id),
        reference: reference(row.reference.as_deref())?,
        at: Timestamp::from_millis(row.at),
    };
    Ok(Some((from_id(line.owner), entry)))
}

/// What `owner` has, by currency.
pub(super) async fn holdings(store: &Mongo, owner: UserId) -> StoreResult<Vec<Holding>> {
    let rows: Vec<AccountRow> = store
        .find(
            AccountRow::COLLECTION,
            holdings_filter(owner),
            Document::new(),
            2,
        )
        .await?;
    let available = account_id(AccountKey::available(owner));
    let mut holdings: BTreeMap<Currency, Holding> = BTreeMap::new();
    for row in &rows {
        for held in &user(row)?.balances {
            let currency = currency(&held.currency)?;
            let holding = holdings.entry(currency).or_insert(Holding {
                currency,
                available: 0,
                pending: 0,
            });
            if row.id == available {
                holding.available = held.balance;
            } else {
                holding.pending = held.balance;
            }
        }
    }
    Ok(holdings.into_values().collect())
}

pub(super) fn holdings_filter(owner: UserId) -> Document {
    let accounts = [AccountKey::available(owner), AccountKey::pending(owner)].map(account_id);
    doc! { "_id": { "$in": accounts.to_vec() } }
}
