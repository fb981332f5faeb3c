//! What a walk of all pages meets while the catalogue changes.

use super::lists::{matching, next, page, query, walk};
use super::{LATER, Subject, change, draft};
use crate::app::Asked;
use crate::domain::{Description, PriceEdit, Product, ProductEdit, ProductName, Sort};

/// Reads a list page by page, and calls `between` with the last product of each page and the number of the page.
async fn walk_while(
    subject: &Subject,
    mut query: Asked,
    mut between: impl AsyncFnMut(&Product, usize),
) -> Vec<Product> {
    let mut all = Vec::new();
    for number in 0.. {
        let page = page(subject, query.clone()).await;
        let next = next(&query, &page);
        all.extend(page.items);
        if next.is_none() {
            break;
        }
        query.after = next;
        between(all.last().unwrap(), number).await;
    }
    all
}

/// How often each of `all` was met.
fn times(all: &[Product], met: &[Product]) -> Vec<usize> {
    all.iter()
        .map(|one| met.iter().filter(|other| other.id == one.id).count())
        .collect()
}

/// Products that match "red lamp" with every rank.
async fn lamps(subject: &Subject) -> Vec<Product> {
    let mut all = Vec::new();
    for number in 0..60_i64 {
        let name =
            ["Red lamp", "Red desk lamp", "Lamp", "Light"][usize::try_from(number % 4).unwrap()];
        let mut new = draft(name, 100 + number * 7 % 13, 1);
        new.description = Description::parse("A lamp, red").unwrap();
        all.push(subject.list(new).await);
    }
    all
}

pub(crate) async fn each_match_is_met_once_whatever_is_added_meanwhile(subject: Subject) {
    for sort in Sort::ALL {
        let all = lamps(&subject).await;
        let met = walk_while(
            &subject,
            query(matching("red lamp"), sort, 7),
            async |_, _| {
                subject.list(draft("Sofa", 1, 1)).await;
                let mut long = draft("Lamp", 106, 1);
                long.description = Description::parse(&"red and ".repeat(400)).unwrap();
                subject.list(long).await;
                subject.list(draft("Red lamp", 1, 1)).await;
            },
        )
        .await;
        assert_eq!(times(&all, &met), vec![1; all.len()], "{sort:?}");
        assert!(
            times(&met, &met).iter().all(|times| *times == 1),
            "{sort:?}"
        );
        for product in &met {
            subject.remove(change(product, ()), LATER).await.unwrap();
        }
    }
}

pub(crate) async fn a_product_that_stays_in_its_place_is_met_once_whatever_moves(subject: Subject) {
    for (raw, sort) in [
        ("", Sort::PriceUp),
        ("", Sort::PriceDown),
        ("", Sort::Newest),
        ("red lamp", Sort::PriceUp),
        ("red lamp", Sort::PriceDown),
        ("red lamp", Sort::Relevance),
        ("red lamp", Sort::Newest),
    ] {
        let mut all = lamps(&subject).await;
        let mut movers = all.split_off(40);
        let met = walk_while(
            &subject,
            query(matching(raw), sort, 7),
            async |last, number| {
                // Moves one to either end of the list.
                let mover = &movers[number % 2];
                let cheap = number % 4 < 2;
                let edit = ProductEdit {
                    price: Some(PriceEdit {
                        amount: if cheap { 1 } else { 999 },
                        currency: None,
                    }),
                    name: ProductName::parse(if cheap { "Red lamp" } else { "Light" }).ok(),
                    ..ProductEdit::default()
                };
                subject.edit(mover, edit.clone()).await;
                // Takes the product away that the cursor was made from, or moves it, unless it has to stay.
                if let Some(place) = movers.iter().position(|mover| mover.id == last.id) {
                    if number % 2 == 0 && place > 1 {
                        subject
                            .remove(change(&movers.remove(place), ()), LATER)
                            .await
                            .unwrap();
                    } else {
                        subject.edit(&movers[place], edit).await;
                    }
                }
            },
        )
        .await;
        assert_eq!(times(&all, &met), vec![1; all.len()], "{raw:?} by {sort:?}");
        if sort == Sort::Newest {
            assert!(
                times(&met, &met).iter().all(|times| *times == 1),
                "none moves in a list by age"
            );
        }
        for product in all.iter().chain(&movers) {
            subject.remove(change(product, ()), LATER).await.unwrap();
        }
    }
}

pub(crate) async fn a_page_continues_after_a_product_that_moved_or_was_removed(subject: Subject) {
    for sort in Sort::ALL {
        for removed in [false, true] {
            let all = lamps(&subject).await;
            let query = query(matching("red lamp"), sort, 7);
            let expected = walk(&subject, query.clone()).await.split_off(7);
            let first = page(&subject, query.clone()).await;
            let last = first.items.last().unwrap();
            if removed {
                subject.remove(change(last, ()), LATER).await.unwrap();
            } else {
                let edit = ProductEdit {
                    price: Some(PriceEdit {
                        amount: 1,
                        currency: None,
                    }),
                    name: ProductName::parse("Red lamp").ok(),
                    ..ProductEdit::default()
                };
                subject.edit(last, edit).await;
            }
            let rest = Asked {
                after: next(&query, &first),
                ..query
            };
            let mut met = walk(&subject, rest).await;
            // It may be met again in its new place.
            met.retain(|one| one.id != last.id);
            assert_eq!(met, expected, "{sort:?}, removed: {removed}");
            for product in &all {
                subject.remove(change(product, ()), LATER).await.unwrap();
            }
        }
    }
}
