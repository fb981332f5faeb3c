//! Every list walks one index: no table scan, no sorting, on the first page and on any other. What makes the last page of a
//! million products cost what the first does is the plan, so it is the plan that is tested.

use std::sync::Arc;

use contracts::sellers::{SellerStatus, SellersMode};
use kernel::{CategoryId, Limit, ProductId, SystemIds, UserId};
use rusqlite::types::Value;
use store::StoreError;
use store_sqlite::{Sqlite, blob};
use telemetry::metrics::Read;

use super::open;
use crate::domain::{
    Category, ClosedSellers, Filter, HistoryQuery, ListQuery, OwnFilter, OwnQuery, Place,
    ProductStatus, Rank, SearchText, Sort, TakenDownQuery,
};
use crate::store::sqlite::list::Statement;
use crate::store::sqlite::sellers::{COUNT, NOT_ACTIVE};
use crate::store::sqlite::{bought, own, taken_down};

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
        Sort::Relevance | Sort::BestSelling => &[],
    }
}

fn filters() -> Vec<(Filter, &'static str)> {
    let categories = || vec![Category::parse("books").unwrap()];
    let sellers = || [UserId::new(&SystemIds::default())].into();
    let all = Filter::default;
    vec![
        (all(), ""),
        (
            Filter {
                categories: categories(),
                ..all()
            },
            "category_id=?",
        ),
        (
            Filter {
                sellers: sellers(),
                ..all()
            },
            "seller=?",
        ),
        (
            Filter {
                sellers: sellers(),
                categories: categories(),
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
                categories: categories(),
                min_price: Some(5),
                max_price: Some(9),
                ..all()
            },
            "category_id=?",
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

/// The category that a filter leads to.
fn category(filter: &Filter) -> Option<CategoryId> {
    let named = filter.categories.first();
    named.map(|_| CategoryId::new(&SystemIds::default()))
}

fn middle() -> Place {
    Place {
        price: 7,
        rank: Rank::Partial,
        sold: 0,
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
                    category: category(&filter),
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
                    category: category(&filter),
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

/// The steps of a statement.
async fn explained(store: &Sqlite, (sql, values): (String, Vec<Value>)) -> Vec<String> {
    store
        .read(Read::List, move |tx| {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let steps =
                statement.query_map(rusqlite::params_from_iter(&values), |row| row.get(3))?;
            Ok::<_, StoreError>(steps.collect::<rusqlite::Result<Vec<String>>>()?)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn what_only_a_seller_lists_is_a_walk_of_one_index_too() {
    let (_subject, store) = open();
    let ids = SystemIds::default();
    let product = ProductId::new(&ids);
    for after in [None, Some(product)] {
        let filter = OwnFilter {
            status: Some(ProductStatus::Draft),
            low_stock: Some(3),
        };
        let query = OwnQuery {
            seller: UserId::new(&ids),
            filter,
            after,
            limit: Limit::default(),
        };
        let steps = explained(&store, own::products(&query)).await;
        let walk = steps.iter().find(|step| step.starts_with("SEARCH p"));
        let walk = walk.unwrap_or_else(|| panic!("{steps:#?}"));
        assert!(walk.contains("products_of_seller (seller=?"), "{steps:#?}");
        assert_eq!(walk.contains("rowid<?"), after.is_some(), "{steps:#?}");
        assert!(!steps.concat().contains("TEMP B-TREE"), "{steps:#?}");
        let query = HistoryQuery {
            product,
            variant: None,
            after: after.map(|id| (7, id.as_uuid())),
            limit: Limit::default(),
        };
        let steps = explained(&store, own::entries(&query)).await;
        assert_eq!(steps.len(), 1, "{steps:#?}");
        let walk = "SEARCH stock_entries USING PRIMARY KEY (product=?";
        assert!(steps[0].starts_with(walk), "{steps:#?}");
    }
    let values = vec![blob(&[0; 16]), "a product".to_owned().into()];
    let steps = explained(&store, (bought::SQL.to_owned(), values)).await;
    let walk = "SEARCH r USING INDEX reservations_by_buyer (buyer=?)";
    assert!(steps.iter().any(|step| step == walk), "{steps:#?}");
}

#[tokio::test]
async fn what_operators_took_down_is_a_walk_of_its_index() {
    let (_subject, store) = open();
    for after in [None, Some(ProductId::new(&SystemIds::default()))] {
        let limit = Limit::default();
        let query = TakenDownQuery { after, limit };
        let steps = explained(&store, taken_down::products(&query)).await;
        let walk = steps.iter().find(|step| step.starts_with("SEARCH p"));
        let walk = walk.unwrap_or_else(|| panic!("{steps:#?}"));
        assert!(walk.contains("products_taken_down (status=?"), "{steps:#?}");
        assert_eq!(walk.contains("rowid<?"), after.is_some(), "{steps:#?}");
        assert!(!steps.concat().contains("TEMP B-TREE"), "{steps:#?}");
    }
}

#[tokio::test]
async fn who_sells_nothing_costs_a_list_neither_its_index_nor_its_statement() {
    let (_subject, store) = open();
    let ids = SystemIds::default();
    let suspended = |count: usize| {
        let sellers = (0..count).map(|_| (UserId::new(&ids), SellerStatus::Suspended));
        Filter {
            closed: Arc::new(ClosedSellers::new(SellersMode::Open, sellers)),
            ..Filter::default()
        }
    };
    let query = |filter| ListQuery {
        category: None,
        filter,
        sort: Sort::PriceUp,
        after: None,
        limit: Limit::default(),
    };
    let [few, many] = [1, 50].map(|count| query(suspended(count)));
    let sql = |query: &ListQuery| Statement::all_of(query).remove(0).sql;
    assert_eq!(sql(&few), sql(&many));
    assert!(!sql(&query(Filter::default())).contains("json_each"));
    for steps in plans(&store, &many).await {
        assert!(steps[0].contains("products_by_price"), "{steps:?}");
        assert!(
            !steps
                .iter()
                .any(|step| step.contains("TEMP B-TREE FOR ORDER")),
            "{steps:?}"
        );
    }
}

#[tokio::test]
async fn sellers_are_counted_and_found_by_their_indexes() {
    let (_subject, store) = open();
    for (sql, index) in [
        (NOT_ACTIVE, "sellers_not_active"),
        (COUNT, "COVERING INDEX products_by_seller"),
    ] {
        let plan = store
            .read(Read::List, move |tx| {
                let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let values: &[[u8; 16]] = if sql == COUNT { &[[0; 16]] } else { &[] };
                let steps =
                    statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3))?;
                Ok::<_, StoreError>(steps.collect::<rusqlite::Result<Vec<String>>>()?.join("; "))
            })
            .await
            .unwrap();
        assert!(plan.contains(index), "{plan}");
    }
}
