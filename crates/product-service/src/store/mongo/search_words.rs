//! Search words as documents of their own, which orders never touch.
//!
//! MongoDB's text index does not fit: it matches any word instead of all, has no prefix search, and is updated by every write of the
//! document. An ordinary index finds words here, exactly or by prefix.

use std::collections::BTreeSet;

use kernel::ProductId;
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Bson, Uuid as BsonUuid};
use store_mongo::{MongoRecord, decode, encode, from_id, id, id_bson};

use super::product::category_key;
use super::schema::SEARCH;
use crate::domain::Category;
use crate::records::SearchWords;

#[derive(Serialize, Deserialize)]
struct SearchRow {
    #[serde(rename = "_id")]
    id: BsonUuid,
    seller: BsonUuid,
    category_key: String,
    price: i64,
    name_words: BTreeSet<String>,
    words: BTreeSet<String>,
}

impl MongoRecord for SearchWords {
    const COLLECTION: &'static str = SEARCH;

    fn id(key: &ProductId) -> Bson {
        id_bson(*key)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&SearchRow {
            id: id(self.product),
            seller: id(self.seller),
            category_key: category_key(&self.category),
            price: self.price,
            name_words: self.name_words.clone(),
            words: self.words.clone(),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        let row: SearchRow = decode(SEARCH, document)?;
        Ok(Self {
            product: from_id(row.id),
            seller: from_id(row.seller),
            category: Category::stored(row.category_key),
            price: row.price,
            name_words: row.name_words,
            words: row.words,
        })
    }
}
