//! Searches. The word index finds the matching products; these are scored and sorted, and only the page's products are fetched.
//!
//! The query reads a snapshot, so every product that the words lead to exists and is active.

use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{AggregateOptions, Hint, ReadConcern};
use store_mongo::{Mongo, READ_LIMIT, decode, id_bson};
use telemetry::metrics::Read;

use super::super::product::ProductRow;
use super::super::schema::{BY_WORD, PRODUCTS, SEARCH};
use super::{conditions, in_stock};
use crate::domain::{Direction, Found, ListQuery, Number, Order, Product};
use crate::store::corrupt;

/// A search, as the stages of an aggregation over the words.
pub(in crate::store::mongo) struct Search {
    pub(in crate::store::mongo) stages: Vec<Document>,
}

/// A result row.
#[derive(Deserialize)]
struct Row {
    /// The score, in a search by relevance.
    #[serde(default)]
    score: i32,
    product: Vec<ProductRow>,
}

impl Search {
    /// None if there is no word: such a search finds nothing.
    pub(in crate::store::mongo) fn of(query: &ListQuery, words: &[String]) -> Option<Self> {
        let (last, whole) = words.split_last()?;
        let mut all = vec![conditions(&query.filter)];
        all.extend(whole.iter().map(|word| doc! { "words": word }));
        all.push(doc! { "words": { "$regex": beginning(last) } });
        // The fields to sort by, the order, and the condition for what comes after the cursor.
        let (fields, sort, beyond) = match query.order {
            Order::Newest(after) => (
                doc! { "_id": 1 },
                doc! { "_id": -1 },
                after.map(|number| doc! { "_id": { "$lt": id_bson(number.id()) } }),
            ),
            Order::Price(direction, after) => {
                let (step, op) = match direction {
                    Direction::Up => (1, "$gt"),
                    Direction::Down => (-1, "$lt"),
                };
                let after = after.map(|(at, number)| beyond("price", at, op, number));
                (
                    doc! { "price": 1 },
                    doc! { "price": step, "_id": step },
                    after,
                )
            }
            Order::Relevance(after) => (
                doc! { "score": score(whole, last) },
                doc! { "score": -1, "_id": -1 },
                after.map(|(at, number)| beyond("score", at, "$lt", number)),
            ),
        };
        let is_scored = matches!(query.order, Order::Relevance(_));
        let (before, after) = if is_scored {
            (None, beyond)
        } else {
            (beyond, None)
        };
        all.extend(before);
        let mut stages = vec![
            doc! { "$match": { "$and": all } },
            doc! { "$project": fields },
        ];
        // The score is known only once it is projected.
        stages.extend(after.map(|beyond| doc! { "$match": beyond }));
        stages.push(doc! { "$sort": sort });
        let limit = doc! { "$limit": query.limit.and_one() };
        let fetch = doc! { "$lookup": {
            "from": PRODUCTS, "localField": "_id", "foreignField": "_id", "as": "product",
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
        Some(Self { stages })
    }

    pub(super) async fn run(self, store: &Mongo, query: &ListQuery) -> StoreResult<Vec<Found>> {
        let options = AggregateOptions::builder()
            .hint(Hint::Name(BY_WORD.to_owned()))
            .batch_size(u32::try_from(query.limit.and_one()).unwrap_or(u32::MAX))
            .read_concern(ReadConcern::snapshot())
            .max_time(READ_LIMIT)
            .build();
        let _timed = store.reading(Read::List);
        let mut rows = store
            .database()
            .await?
            .collection::<RawDocumentBuf>(SEARCH)
            .aggregate(self.stages)
            .with_options(options)
            .await?;
        let mut all = Vec::with_capacity(query.limit.get() + 1);
        while rows.advance().await? {
            let row: Row = decode(SEARCH, rows.current())?;
            let product = row.product.into_iter().next();
            let product = Product::try_from(
                product.ok_or_else(|| corrupt("words of a product that is not there"))?,
            )?;
            all.push(Found {
                number: product.id.into(),
                product,
                score: row.score.into(),
            });
        }
        Ok(all)
    }
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

/// The condition for what comes after the cursor: `field` beyond `at`, or equal to it with the number beyond.
fn beyond(field: &str, at: impl Into<Bson>, op: &str, number: Number) -> Document {
    let at = at.into();
    let same = doc! { field: &at, "_id": { op: id_bson(number.id()) } };
    doc! { "$or": [ { field: { op: at } }, same ] }
}
