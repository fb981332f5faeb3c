//! What a search can find a product by: the words of its name and description, without case and accents, each with its weight.
//!
//! The server's own text index is not used: it finds any of the words where all are wanted, knows no beginnings of words, and takes
//! part in every write of a document. Here a word is found through an ordinary index, exactly or by its beginning.

use std::collections::BTreeMap;

use chassis::mongo::bson::Uuid as BsonUuid;
use chassis::mongo::{Row, id};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::rows::category_key;
use super::schema::SEARCH;
use crate::domain::{Product, SearchText, words_of};

/// A word in the name weighs as much as ten in the description.
const NAME_WEIGHT: i64 = 10;

/// A word of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Term {
    /// The word.
    w: String,
    /// What it adds to the score of a search for it.
    s: i32,
}

/// A product that can be found: its words, and what a search is narrowed or sorted by. There is one for each active product.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SearchRow {
    #[serde(rename = "_id")]
    id: BsonUuid,
    seller: BsonUuid,
    category_key: String,
    price: i64,
    terms: Vec<Term>,
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
        Self {
            id: id(product.id),
            seller: id(product.seller),
            category_key: category_key(&product.category),
            price: product.price.amount,
            terms: terms(product.name.as_str(), product.description.as_str()),
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

fn terms(name: &str, description: &str) -> Vec<Term> {
    let mut weights: BTreeMap<String, i64> = BTreeMap::new();
    let mut length = 0_i64;
    for (text, weight) in [(name, NAME_WEIGHT), (description, 1)] {
        for word in words_of(text).filter_map(|word| folded(&word)) {
            *weights.entry(word).or_default() += weight;
            length += 1;
        }
    }
    weights
        .into_iter()
        .map(|(w, weight)| Term {
            w,
            s: score(weight, length),
        })
        .collect()
}

/// BM25 (k1 = 1.2, b = 0.75) times 10 000: more of a word adds ever less, and a word of a short text says more. Texts are
/// compared with one of 50 words, and how rare a word is does not count: both would change with every product that is listed.
fn score(weight: i64, length: i64) -> i32 {
    let score = 22_000_000 * weight / (1000 * weight + 300 + 18 * length);
    i32::try_from(score).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_counted_once() {
        let words: Vec<String> = terms("Café CAFE\u{301}", "a cafe, for Ångström")
            .into_iter()
            .map(|term| term.w)
            .collect();
        assert_eq!(words, ["a", "angstrom", "cafe", "for"]);
    }

    #[test]
    fn a_word_weighs_more_in_the_name_more_often_and_in_a_short_text() {
        let of = |name: &str, description: &str| {
            let terms = terms(name, description);
            terms.iter().find(|term| term.w == "lamp").unwrap().s
        };
        assert!(of("lamp", "") > of("table", "lamp"));
        assert!(of("table", "lamp lamp") > of("table", "lamp and"));
        assert!(of("lamp", "") > of("lamp", &"light ".repeat(100)));
    }
}
