//! Searches. The word index finds the matching products; these are ranked and sorted, and only the page's products are fetched.
//!
//! The query reads a snapshot, so every product that the words lead to exists and is active.

use kernel::ProductId;
use serde::Deserialize;
use store::{Row as _, StoreResult};
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{AggregateOptions, Hint, ReadConcern};
use store_mongo::{Mongo, READ_LIMIT, bson_of, corrupt, decode};
use telemetry::metrics::Read;
use uuid::Uuid;

use super::conditions::{conditions, in_stock};
use crate::domain::{ListQuery, Product, Rank, SearchText, Sort, Term};
use crate::records::SearchWords;
use crate::store::rows::ProductFields;

/// A result row.
#[derive(Deserialize)]
struct Row {
    /// The number of the rank, in a search by relevance.
    #[serde(default)]
    rank: i64,
    product: Vec<ProductFields<String>>,
}

/// A search as the stages of an aggregation over the words. None if there is no word: such a search finds nothing.
pub(in crate::store::mongo) fn stages(
    query: &ListQuery,
    text: &SearchText,
) -> Option<Vec<Document>> {
    if text.terms().is_empty() {
        return None;
    }
    let mut all = vec![conditions(query)];
    all.extend(text.terms().iter().map(|term| doc! { "words": has(term) }));
    // The field to sort by before the id, how it is projected, and the direction.
    let (field, value, step) = match query.sort {
        Sort::Newest | Sort::BestSelling => ("_id", Bson::Int32(1), -1),
        Sort::PriceUp => ("price", Bson::Int32(1), 1),
        Sort::PriceDown => ("price", Bson::Int32(1), -1),
        Sort::Relevance => ("rank", rank(text).into(), -1),
    };
    let mut stages = vec![
        doc! { "$match": { "$and": all } },
        doc! { "$project": { "_id": 1, field: value } },
    ];
    // The server moves this before the projection, unless it is about the rank.
    stages.extend(query.after.map(|place| {
        let op = if step > 0 { "$gt" } else { "$lt" };
        let mut beyond = doc! { "_id": { op: bson_of(&place.product) } };
        let at: Option<Bson> = match query.sort {
            Sort::Newest | Sort::BestSelling => None,
            Sort::PriceUp | Sort::PriceDown => Some(place.price.into()),
            Sort::Relevance => Some(place.rank.number().into()),
        };
        if let Some(at) = at {
            beyond.insert(field, &at);
            beyond = doc! { "$or": [ { field: { op: at } }, beyond ] };
        }
        doc! { "$match": beyond }
    }));
    stages.push(doc! { "$sort": { field: step, "_id": step } });
    let limit = doc! { "$limit": query.limit.and_one() };
    let fetch = doc! { "$lookup": {
        "from": Product::TABLE, "localField": "_id", "foreignField": "_id", "as": "product",
    } };
    if query.filter.only_in_stock {
        // Only the product has the stock: products are fetched in order until the page is full.
        stages.extend([fetch, doc! { "$match": in_stock("product.") }, limit]);
    } else {
        stages.extend([limit, fetch]);
    }
    Some(stages)
}

pub(super) async fn run(
    store: &Mongo,
    query: &ListQuery,
    text: &SearchText,
) -> StoreResult<Vec<(Product, Rank)>> {
    let Some(stages) = stages(query, text) else {
        return Ok(Vec::new());
    };
    let options = AggregateOptions::builder()
        .hint(Hint::Name("by_word".to_owned()))
        .batch_size(u32::try_from(query.limit.and_one()).unwrap_or(u32::MAX))
        .read_concern(ReadConcern::snapshot())
        .max_time(READ_LIMIT)
        .build();
    let _timed = store.reading(Read::List);
    let mut rows = store
        .database()
        .await?
        .collection::<RawDocumentBuf>(SearchWords::TABLE)
        .aggregate(stages)
        .with_options(options)
        .await?;
    let mut all = Vec::with_capacity(query.limit.get() + 1);
    while rows.advance().await? {
        let row: Row = decode(SearchWords::TABLE, rows.current())?;
        let product = row.product.into_iter().next();
        let product = product.ok_or_else(|| corrupt("words of a product that is not there"))?;
        let rank = Rank::of_number(row.rank).ok_or_else(|| corrupt("a rank that is none"))?;
        all.push((Product::from_fields(product)?, rank));
    }
    Ok(all)
}

/// The products that have all words of `text`, with their ranks.
pub(in crate::store::mongo) async fn matches(
    store: &Mongo,
    text: &SearchText,
) -> StoreResult<Vec<(ProductId, Rank)>> {
    if text.terms().is_empty() {
        return Ok(Vec::new());
    }
    let all = text.terms().iter().map(|term| doc! { "words": has(term) });
    let all: Vec<Document> = all.collect();
    let stages = [
        doc! { "$match": { "$and": all } },
        doc! { "$project": { "_id": 1, "rank": rank(text) } },
    ];
    let options = AggregateOptions::builder()
        .hint(Hint::Name("by_word".to_owned()))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .build();
    let _timed = store.reading(Read::List);
    let mut rows = store
        .database()
        .await?
        .collection::<RawDocumentBuf>(SearchWords::TABLE)
        .aggregate(stages)
        .with_options(options)
        .await?;
    let mut found = Vec::new();
    while rows.advance().await? {
        // Field by field: thousands of rows are decoded in a third of the time.
        let row = rows.current();
        let product = row.get_binary("_id").ok();
        let product = product.and_then(|id| Uuid::from_slice(id.bytes).ok());
        let product = product.ok_or_else(|| corrupt("words of a product that is none"))?;
        let rank = row.get_i64("rank").ok().and_then(Rank::of_number);
        let rank = rank.ok_or_else(|| corrupt("a rank that is none"))?;
        found.push((ProductId::from_uuid(product), rank));
    }
    Ok(found)
}

/// The condition on one of a product's words. A prefix is one range of the index.
fn has(term: &Term) -> Bson {
    if term.is_prefix {
        doc! { "$regex": beginning(term) }.into()
    } else {
        term.word.clone().into()
    }
}

/// The pattern of words that begin so. Words contain no ASCII but letters and digits, so no operators.
fn beginning(term: &Term) -> String {
    format!("^{}", term.word)
}

/// The number of the [`Rank`].
fn rank(text: &SearchText) -> Document {
    let in_name = |term: &Term| {
        if term.is_prefix {
            let begins = doc! { "$regexMatch": { "input": "$$word", "regex": beginning(term) } };
            let each = doc! { "input": "$name_words", "as": "word", "in": begins };
            doc! { "$anyElementTrue": [ { "$map": each } ] }
        } else {
            doc! { "$in": [ { "$literal": &term.word }, "$name_words" ] }
        }
    };
    let each: Vec<Document> = text.terms().iter().map(in_name).collect();
    let all = doc! { "$and": &each };
    let size = i64::try_from(text.size()).unwrap_or(i64::MAX);
    let is_size = doc! { "$eq": [ { "$size": "$name_words" }, size ] };
    let then = |case: Document, rank: Rank| doc! { "case": case, "then": rank.number() };
    doc! { "$switch": {
        "branches": [
            then(doc! { "$and": [ is_size, &all ] }, Rank::Exact),
            then(all, Rank::Full),
            then(doc! { "$or": each }, Rank::Partial),
        ],
        "default": Rank::Mention.number(),
    } }
}
