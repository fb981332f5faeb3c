//! A list of what a search finds. The words lead to what has them; that is scored, sorted, and only a page's products are fetched.
//!
//! All of it is read at one moment (`snapshot`): what the words lead to is then there, and active.

use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::{AggregateOptions, Hint, ReadConcern};
use store_mongo::{Mongo, READ_LIMIT, decode, id_bson};
use telemetry::metrics::Read;

use super::super::product::ProductRow;
use super::super::schema::{BY_WORD, PRODUCTS, SEARCH};
use super::{conditions, in_stock};
use crate::domain::{ListQuery, Number, Place, Product, Sort};
use crate::store::{corrupt, wrong_place};

/// A search, as the stages of an aggregation over the words.
pub(in crate::store::mongo) struct Search {
    pub(in crate::store::mongo) stages: Vec<Document>,
}

/// What is found.
#[derive(Deserialize)]
struct Found {
    /// The score, where it was asked for.
    #[serde(default)]
    score: i32,
    product: Vec<ProductRow>,
}

impl Search {
    /// None if there is no word to look for: then nothing is found.
    pub(in crate::store::mongo) fn of(
        query: &ListQuery,
        words: &[String],
    ) -> StoreResult<Option<Self>> {
        let Some((last, whole)) = words.split_last() else {
            return Ok(None);
        };
        let mut all = vec![conditions(&query.filter)];
        all.extend(whole.iter().map(|word| doc! { "words": word }));
        all.push(doc! { "words": { "$regex": beginning(last) } });
        all.extend(beyond_in_match(query)?);
        let mut stages = vec![doc! { "$match": { "$and": all } }];
        match query.sort {
            Sort::Newest => stages.push(doc! { "$project": { "_id": 1 } }),
            Sort::PriceUp | Sort::PriceDown => stages.push(doc! { "$project": { "price": 1 } }),
            Sort::Relevance => {
                stages.push(doc! { "$project": { "score": score(whole, last) } });
            }
        }
        if let (Sort::Relevance, Some(Place::Relevance(score, number))) = (query.sort, query.after)
        {
            let same = doc! { "score": score, "_id": { "$lt": id_bson(number.id()) } };
            stages.push(doc! { "$match": { "$or": [ { "score": { "$lt": score } }, same ] } });
        }
        stages.push(doc! { "$sort": match query.sort {
            Sort::Newest => doc! { "_id": -1 },
            Sort::PriceUp => doc! { "price": 1, "_id": 1 },
            Sort::PriceDown => doc! { "price": -1, "_id": -1 },
            Sort::Relevance => doc! { "score": -1, "_id": -1 },
        } });
        let limit = doc! { "$limit": query.limit.and_one() };
        let fetch = doc! { "$lookup": {
            "from": PRODUCTS, "localField": "_id", "foreignField": "_id", "as": "product",
        } };
        if query.filter.only_in_stock {
            // Stock stands with the product alone: products are fetched, in order, until the page is full.
            stages.extend([
                fetch,
                doc! { "$match": in_stock("product.available") },
                limit,
            ]);
        } else {
            stages.extend([limit, fetch]);
        }
        Ok(Some(Self { stages }))
    }

    pub(super) async fn run(
        self,
        store: &Mongo,
        query: &ListQuery,
    ) -> StoreResult<Vec<(Place, Product)>> {
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
            let found: Found = decode(SEARCH, rows.current())?;
            let product = found.product.into_iter().next();
            let product = Product::try_from(
                product.ok_or_else(|| corrupt("words of a product that is not there"))?,
            )?;
            let number = Number::from(product.id);
            let place = match query.sort {
                Sort::Newest => Place::Newest(number),
                Sort::PriceUp | Sort::PriceDown => Place::Price(product.price.amount, number),
                Sort::Relevance => Place::Relevance(f64::from(found.score), number),
            };
            all.push((place, product));
        }
        Ok(all)
    }
}

/// What begins with `word`: one stretch of the index. Words hold letters and digits only, so nothing in them is an operator.
fn beginning(word: &str) -> String {
    format!("^{word}")
}

/// How well a product fits: a thousand for each of the words that stands in its name, and up to a thousand for how much of the name
/// they are. Equals are listed newest first. Counting words of the description, too, would cost a look at each of them.
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

/// What lies beyond the place of the cursor, as far as the words' documents know.
fn beyond_in_match(query: &ListQuery) -> StoreResult<Option<Document>> {
    let beyond = |op: &str, amount: i64, number: Number| {
        let same = doc! { "price": amount, "_id": { op: id_bson(number.id()) } };
        doc! { "$or": [ { "price": { op: amount } }, same ] }
    };
    Ok(match (query.sort, query.after) {
        // By relevance, it is compared once the score is known.
        (_, None) | (Sort::Relevance, Some(Place::Relevance(..))) => None,
        (Sort::Newest, Some(Place::Newest(number))) => {
            Some(doc! { "_id": { "$lt": id_bson(number.id()) } })
        }
        (Sort::PriceUp, Some(Place::Price(amount, number))) => Some(beyond("$gt", amount, number)),
        (Sort::PriceDown, Some(Place::Price(amount, number))) => {
            Some(beyond("$lt", amount, number))
        }
        (_, Some(_)) => return Err(wrong_place(query)),
    })
}
