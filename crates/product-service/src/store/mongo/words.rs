//! What a search can find a product by: the words of its name and description, without case and accents.
//!
//! The server's own text index is not used: it finds any of the words where all are wanted, knows no beginnings of words, and takes
//! part in every write of a document. Here a word is found through an ordinary index, exactly or by its beginning.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use store_mongo::bson::Uuid as BsonUuid;
use store_mongo::{Row, id};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::rows::category_key;
use super::schema::SEARCH;
use crate::domain::{Product, SearchText, words_of};

/// A product that can be found: its words, and what a search is narrowed or sorted by. There is one for each active product.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SearchRow {
    #[serde(rename = "_id")]
    id: BsonUuid,
    seller: BsonUuid,
    category_key: String,
    price: i64,
    /// The words of the name, by which what is found is ranked.
    name_words: BTreeSet<String>,
    /// These and those of the description.
    words: BTreeSet<String>,
}

impl Row for SearchRow {
    const COLLECTION: &'static str = SEARCH;
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.id
    }
}

impl SearchRow {
    pub(super) fn of(product: &Product) -> Self {
        let name_words = words(product.name.as_str());
        let mut all = words(product.description.as_str());
        all.extend(name_words.iter().cloned());
        Self {
            id: id(product.id),
            seller: id(product.seller),
            category_key: category_key(&product.category),
            price: product.price.amount,
            name_words,
            words: all,
        }
    }
}

/// The words of a search, as the index has them. The last one may be the beginning of a word.
pub(super) fn sought(text: &SearchText) -> Vec<String> {
    text.words()
        .iter()
        .filter_map(|word| folded(word))
        .collect()
}

/// Without accents. None if nothing else was there.
fn folded(word: &str) -> Option<String> {
    let bare: String = word.nfd().filter(|c| !is_combining_mark(*c)).collect();
    (!bare.is_empty()).then_some(bare)
}

fn words(text: &str) -> BTreeSet<String> {
    words_of(text).filter_map(|word| folded(&word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_there_once() {
        let words: Vec<String> = words("Café CAFE\u{301}, a cafe for Ångström")
            .into_iter()
            .collect();
        assert_eq!(words, ["a", "angstrom", "cafe", "for"]);
    }
}
