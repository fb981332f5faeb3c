//! Every list walks one index: no table scan, no sorting, on the first page and on any other. What makes the last page of a
//! million products cost what the first does is the plan, so it is the plan that is tested.

use kernel::{Limit, ProductId, SystemIds, UserId};
use store::StoreError;
use store_sqlite::Sqlite;
use telemetry::metrics::Read;

use super::open;
use crate::domain::{Category, Filter, ListQuery, Place, Rank, SearchText, Sort};
use crate::store::sqlite::list::Statement;

/// The steps of each statement that together give a page.
async fn plans(store: &Sqlite, query: &ListQuery) -> Vec<Vec<String>> {
    let statements = Statement::all_of(query);
    store
        .read(Read::List, move |tx| {
            let mut plans = Vec::new();
            for Statement { sql, mut values, .. } in statements {
                values.push(21.into());
                let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let steps =
                    statement.query_map(rusqlite::params_from_iter(&values), |row| row.get(3))?;
                let mut steps = steps.collect::<rusqlite::Result<Vec<String>>>()?;
                // The number of the product that the page continues after, found once.
                let is_of_the_cursor = |step: &String| {
                    step.starts_with("SCALAR SUBQUERY")
                        || step == "SEARCH products USING COVERING INDEX sqlite_autoindex_products_1 (id=?)"
                };
                steps.retain(|step| !is_of_the_cursor(step));
                plans.push(steps);
            }
            Ok::<_, StoreError>(plans)
        })
        .await
        .unwrap()
}

/// How the walk starts at a cursor, statement by statement.
fn starts(sort: Sort) -> &'static [&'static str] {
    match sort {
        Sort::Newest => &["rowid<?)"],
        Sort::PriceUp => &["price=? AND rowid>?)", "price>?"],
        Sort::PriceDown => &["price=? AND rowid<?)", "price<?"],
        Sort::Relevance => &[],
    }
}

fn filters() -> Vec<(Filter, &'static str)> {
    let category = || Category::parse("books").ok();
    let seller = || Some(UserId::new(&SystemIds::default()));
    let all = Filter::default;
    vec![
        (all(), ""),
        (
            Filter {
                category: category(),
                ..all()
            },
            "category_key=?",
        ),
        (
            Filter {
                seller: seller(),
                ..all()
            },
            "seller=?",
        ),
        (
            Filter {
                seller: seller(),
                category: category(),
                ..all()
            },
            "seller=?",
        ),
        (
            Filter {
                min_price: Some(5),
                ..all()
            },
            "",
        ),
        (
            Filter {
                max_price: Some(9),
                ..all()
            },
            "",
        ),
        (
            Filter {
                category: category(),
                min_price: Some(5),
                max_price: Some(9),
                ..all()
            },
            "category_key=?",
        ),
        (
            Filter {
                only_in_stock: true,
                ..all()
            },
            "",
        ),
    ]
}

fn middle() -> Place {
    Place {
        price: 7,
        rank: Rank::Partial,
        product: ProductId::new(&SystemIds::default()),
    }
}

#[tokio::test]
async fn every_list_is_a_walk_of_one_index_from_the_place_of_its_cursor() {
    let (_subject, store) = open();
    for (filter, equal) in filters() {
        for sort in [Sort::Newest, Sort::PriceUp, Sort::PriceDown] {
            for after in [None, Some(middle())] {
                let query = ListQuery {
                    filter: filter.clone(),
                    sort,
                    after,
                    limit: Limit::default(),
                };
                let plans = plans(&store, &query).await;
                let what = format!("{query:?}: {plans:#?}");
                for steps in &plans {
                    assert_eq!(
                        steps.len(),
                        2,
                        "the index, then the stock of each row: {what}"
                    );
                    assert!(steps[0].contains("p USING INDEX products_"), "{what}");
                    assert!(steps[0].contains(equal), "{what}");
                    assert!(steps[1].starts_with("SEARCH s USING PRIMARY KEY"), "{what}");
                }
                if after.is_some() {
                    assert_eq!(plans.len(), starts(sort).len(), "{what}");
                    for (steps, start) in plans.iter().zip(starts(sort)) {
                        assert!(steps[0].contains(start), "it starts at the cursor: {what}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_search_starts_from_the_full_text_index_and_sorts_only_what_it_must() {
    let (_subject, store) = open();
    for (filter, _) in filters() {
        for sort in Sort::ALL {
            for after in [None, Some(middle())] {
                let filter = Filter {
                    text: SearchText::parse("warm lamp").unwrap(),
                    ..filter.clone()
                };
                let query = ListQuery {
                    filter,
                    sort,
                    after,
                    limit: Limit::default(),
                };
                let steps = plans(&store, &query).await.concat();
                let what = format!("{query:?}: {steps:#?}");
                let scans: Vec<_> = steps
                    .iter()
                    .filter(|step| step.starts_with("SCAN"))
                    .collect();
                let known = |step: &&&String| {
                    step.starts_with("SCAN f VIRTUAL TABLE INDEX") || step.starts_with("SCAN h")
                };
                assert_eq!(scans.iter().filter(known).count(), scans.len(), "{what}");
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(sort.is_by_price() || !sorts, "{what}");
            }
        }
    }
}
