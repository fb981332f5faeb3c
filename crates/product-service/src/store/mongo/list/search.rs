//! Searches. The word index finds the matching products; these are scored and sorted, and only the page's products are fetched.
//!
//! The query reads a snapshot, so every product that the words lead to exists and is active.

use serde::Deserialize;
use store::{Row as _, StoreResult};
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{AggregateOptions, Hint, ReadConcern};
use store_mongo::{Mongo, READ_LIMIT, bson_of, corrupt, decode};
use telemetry::metrics::Read;

use super::conditions::{conditions, in_stock};
use crate::domain::{ListQuery, Product, Sort};
use crate::records::SearchWords;
use crate::store::rows::ProductFields;

/// A result row.
#[derive(Deserialize)]
struct Row {
    /// The score, in a search by relevance.
    #[serde(default)]
    score: i32,
    product: Vec<ProductFields<String>>,
}

/// A search as the stages of an aggregation over the words. None if there is no word: such a search finds nothing.
pub(in crate::store::mongo) fn stages(
    query: &ListQuery,
    words: &[String],
) -> Option<Vec<Document>> {
    let (last, whole) = words.split_last()?;
    let mut all = vec![conditions(&query.filter)];
    all.extend(whole.iter().map(|word| doc! { "words": word }));
    all.push(doc! { "words": { "$regex": beginning(last) } });
    // The field to sort by before the id, how it is projected, and the direction.
    let (field, value, step) = match query.sort {
        Sort::Newest => ("_id", Bson::Int32(1), -1),
        Sort::PriceUp => ("price", Bson::Int32(1), 1),
        Sort::PriceDown => ("price", Bson::Int32(1), -1),
        Sort::Relevance => ("score", score(whole, last).into(), -1),
    };
    let mut stages = vec![
        doc! { "$match": { "$and": all } },
        doc! { "$project": { "_id": 1, field: value } },
    ];
    // The server moves this before the projection, unless it is about the score.
    stages.extend(query.after.map(|place| {
        let op = if step > 0 { "$gt" } else { "$lt" };
        let mut beyond = doc! { "_id": { op: bson_of(&place.product) } };
        let at: Option<Bson> = match query.sort {
            Sort::Newest => None,
            Sort::PriceUp | Sort::PriceDown => Some(place.price.into()),
            Sort::Relevance => Some(place.score.into()),
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
        stages.extend([
            fetch,
            doc! { "$match": in_stock("product.available") },
            limit,
        ]);
    } else {
        stages.extend([limit, fetch]);
    }
    Some(stages)
}

pub(super) async fn run(
    store: &Mongo,
    query: &ListQuery,
    words: &[String],
) -> StoreResult<Vec<(Product, f64)>> {
    let Some(stages) = stages(query, words) else {
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
        all.push((Product::from_fields(product)?, row.score.into()));
    }
    Ok(all)
}

/// The pattern of words that begin with `word`: one range of the index. Words contain only letters and digits, so no operators.
fn beginning(word: &str) -> String {
    format!("^{word}")
}

/// The score: 1000 for each search word in the product's name, plus up to 999 for the share of the name that they make up. Words of the
/// description do not count, because that would read each of them.
fn score(whole: &[String], last: &str) -> Document {
    let begins = doc! { "$regexMatch": { "input": "$$word", "regex": beginning(last) } };
    let begun = doc! { "$anyElementTrue": [ { "$map": { "input": "$name_words", "as": "word", "in": begins } } ] };
    let hits = doc! { "$add": [
        { "$size": { "$setIntersection": [ "$name_words", { "$literal": whole } ] } },
        { "$cond": [ begun, 1, 0 ] },
    ] };
    let length = doc! { "$max": [ { "$size": "$name_words" }, 1 ] };
    let share = doc! { "$toInt": { "$divide": [ { "$multiply": [ "$$hits", 1000 ] }, length ] } };
    doc! { "$let": {
        "vars": { "hits": hits },
        "in": { "$add": [ { "$multiply": [ "$$hits", 1000 ] }, { "$min": [ share, 999 ] } ] },
    } }
}
