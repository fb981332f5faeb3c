//! What the store promises about searches: which words find a product, and which match is the best.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::lists::{matching, names, query, walk};
use super::{Subject, draft};
use crate::domain::{
    Description, PriceEdit, Product, ProductEdit, ProductName, Rank, SearchText, Sort, words_of,
};

/// A text, and searches that must find it or must not.
#[derive(Deserialize)]
struct Case {
    text: String,
    finds: Vec<String>,
    misses: Vec<String>,
}

async fn search(subject: &Subject, raw: &str) -> Vec<Product> {
    let filter = matching(raw);
    assert!(filter.text.is_some());
    walk(subject, query(filter, Sort::Relevance, 100)).await
}

pub(crate) async fn a_search_finds_all_words_in_name_or_description_the_last_as_a_prefix(
    subject: Subject,
) {
    let mut lamp = draft("Desk lamp", 1, 1);
    lamp.description = Description::parse("Warm light for a café table").unwrap();
    subject.list(lamp).await;
    subject.list(draft("Desk chair", 1, 1)).await;
    for (raw, expected) in [
        ("desk", vec!["Desk chair", "Desk lamp"]),
        ("DESK lamp", vec!["Desk lamp"]),
        ("light desk", vec!["Desk lamp"]),
        ("desk li", vec!["Desk lamp"]),
        ("li desk", vec![]),
        ("cafe", vec!["Desk lamp"]),
        ("cafe\u{301}", vec!["Desk lamp"]),
        ("sofa", vec![]),
    ] {
        let mut found: Vec<Product> = search(&subject, raw).await;
        found.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        assert_eq!(names(&found), expected, "{raw}");
    }
}

pub(crate) async fn a_search_follows_edits(subject: Subject) {
    let lamp = subject.list(draft("Lamp", 1, 1)).await;
    let edit = ProductEdit {
        name: ProductName::parse("Lantern").ok(),
        description: Description::parse("Bright").ok(),
        ..ProductEdit::default()
    };
    subject.edit(&lamp, edit).await;
    assert_eq!(names(&search(&subject, "lamp").await), Vec::<&str>::new());
    assert_eq!(
        names(&search(&subject, "lantern bright").await),
        ["Lantern"]
    );
    let price_only = ProductEdit {
        price: Some(PriceEdit {
            amount: 5,
            currency: None,
        }),
        ..ProductEdit::default()
    };
    subject.edit(&lamp, price_only).await;
    assert_eq!(names(&search(&subject, "lantern").await), ["Lantern"]);
}

pub(crate) async fn no_sign_in_a_search_is_an_operator(subject: Subject) {
    subject.list(draft("Red lamp NEAR the OR-gate", 1, 1)).await;
    subject.list(draft("Blue chair", 1, 1)).await;
    // Each would be an error, or find the chair too, if it were read as syntax.
    for raw in [
        "\"lamp",
        "lamp\"",
        "lamp*",
        "*lamp",
        "(lamp",
        "lamp)",
        "lamp:",
        "^lamp",
        "-lamp",
        "lamp OR",
        "lamp NEAR",
        "NEAR(lamp)",
        "+lamp",
        "name : lamp",
        "{lamp}",
        "lamp'",
        "lamp;--",
        "lamp\\",
        "lamp , the",
        "lamp OR gate",
    ] {
        let found = search(&subject, raw).await;
        let expected: &[&str] = if raw.starts_with("name") {
            &[]
        } else {
            &["Red lamp NEAR the OR-gate"]
        };
        assert_eq!(names(&found), expected, "{raw}");
    }
    for raw in [
        "\"",
        "*",
        "()",
        ":",
        "^",
        "-",
        "\" * ( ) : ^ -",
        "***",
        "''",
    ] {
        assert_eq!(
            names(&search(&subject, raw).await),
            Vec::<&str>::new(),
            "{raw}"
        );
    }
    for raw in [
        "lamp OR chair",
        "lamp AND chair",
        "lamp NOT chair",
        "red -lamp chair",
    ] {
        assert_eq!(
            names(&search(&subject, raw).await),
            Vec::<&str>::new(),
            "{raw}"
        );
    }
}

pub(crate) async fn a_search_finds_what_it_should_in_the_scripts_of_the_world(subject: Subject) {
    let cases: Vec<Case> = serde_json::from_str(include_str!("search.json")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let named = subject.list(draft(&case.text, 1, 1)).await;
        let mut described = draft("§", 1, 1);
        described.description = Description::parse(&format!("({})", case.text)).unwrap();
        let described = subject.list(described).await;
        for (searches, expected) in [(&case.finds, true), (&case.misses, false)] {
            for raw in searches {
                let found = search(&subject, raw).await;
                for product in [&named, &described] {
                    if found.contains(product) != expected {
                        let word = if expected { "misses" } else { "finds" };
                        wrong.push(format!("{raw} {word} {}", case.text));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What a search is to answer with, worked out from the words alone.
fn expected(all: &[Product], raw: &str) -> Vec<Product> {
    let text = SearchText::parse(raw).unwrap().unwrap();
    let has = |words: &BTreeSet<String>| -> Vec<bool> {
        let terms = text.terms().iter();
        terms
            .map(|term| {
                words.iter().any(|word| {
                    *word == term.word || term.is_prefix && word.starts_with(&term.word)
                })
            })
            .collect()
    };
    let mut found: Vec<(Rank, &Product)> = Vec::new();
    for product in all {
        let name = words_of(product.name.as_str());
        let mut words = words_of(product.description.as_str());
        words.extend(name.iter().cloned());
        let hits = has(&name);
        let rank = if hits.iter().all(|hit| *hit) && name.len() == text.size() {
            Rank::Exact
        } else if hits.iter().all(|hit| *hit) {
            Rank::Full
        } else if hits.contains(&true) {
            Rank::Partial
        } else {
            Rank::Mention
        };
        if !text.terms().is_empty() && has(&words).iter().all(|hit| *hit) {
            found.push((rank, product));
        }
    }
    found.sort_by_key(|(rank, product)| std::cmp::Reverse((*rank, product.id)));
    found.into_iter().map(|(_, one)| one.clone()).collect()
}

pub(crate) async fn relevance_follows_from_the_name_then_from_age_and_from_nothing_else(
    subject: Subject,
) {
    const WORDS: [&str; 9] = [
        "lamp",
        "lampshade",
        "red",
        "desk",
        "O'Neil",
        "耳機",
        "藍牙耳機",
        "a",
        "🎧",
    ];
    let mut all = Vec::new();
    for number in 0..120_usize {
        let words = |from: usize, count: usize| {
            let words = (0..count).map(|step| WORDS[(from + step * (1 + from % 4)) % WORDS.len()]);
            words.collect::<Vec<_>>().join(" ")
        };
        let mut new = draft(&words(number, 1 + number / 9 % 4), 1, 1);
        new.description = Description::parse(&words(number * 5 + 1, number % 7)).unwrap();
        all.push(subject.list(new).await);
    }
    for raw in [
        "lamp",
        "lam",
        "lampshade",
        "red lamp",
        "lamp red",
        "red la",
        "desk red lamp",
        "oneil",
        "o'neil lamp",
        "耳機",
        "耳",
        "藍牙",
        "red 耳機",
        "a",
        "a desk",
        "🎧",
        "🎧 lamp",
        "sofa",
        "**",
    ] {
        for limit in [7, 100] {
            let found = walk(&subject, query(matching(raw), Sort::Relevance, limit)).await;
            assert_eq!(names(&found), names(&expected(&all, raw)), "{raw}");
            assert_eq!(found, expected(&all, raw), "{raw}");
        }
    }
    let ranks = |raw| names(&expected(&all, raw)).len();
    assert!(
        ranks("red lamp") > 10 && ranks("耳機") > 10,
        "the test tests something"
    );
}
