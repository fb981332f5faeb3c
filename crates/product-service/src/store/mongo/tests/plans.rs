//! Every list walks one index: no collection scan, no sorting, on the first page and on any other, and it looks at no more than it
//! gives. A search starts from the words and sorts only what it found.

use kernel::{CategoryId, Limit, ProductId, SystemIds, UserId};
use store_mongo::Mongo;
use store_mongo::bson::{Bson, Document, doc};

use super::open;
use crate::domain::{
    Category, Filter, HistoryQuery, ListQuery, OwnFilter, OwnQuery, Place, ProductStatus, Rank,
    SearchText, Sort, TakenDownQuery,
};
use crate::store::Lease;
use crate::store::contract::{LATER, LEASE_END, draft, order};
use crate::store::mongo::leases::range;
use crate::store::mongo::list::{Walk, search_stages};
use crate::store::mongo::{bought, own, taken_down};

/// Every stage of the plan that the server has for a command.
async fn stages(store: &Mongo, command: Document) -> Vec<String> {
    let explain = doc! { "explain": command, "verbosity": "queryPlanner" };
    let database = store.database().await.unwrap();
    let plan = database.run_command(explain).await.unwrap();
    let mut stages = Vec::new();
    collect(&Bson::Document(plan), &mut stages);
    assert!(!stages.is_empty());
    stages
}

fn collect(plan: &Bson, stages: &mut Vec<String>) {
    if let Bson::Document(plan) = plan {
        if let Ok(stage) = plan.get_str("stage") {
            let index = plan.get_str("indexName").unwrap_or_default();
            stages.push(format!("{stage} {index}").trim().to_owned());
        }
        for value in plan.values() {
            collect(value, stages);
        }
    } else if let Bson::Array(plans) = plan {
        for value in plans {
            collect(value, stages);
        }
    }
}

fn filters() -> Vec<Filter> {
    let categories = || vec![Category::parse("books").unwrap()];
    let sellers = || [UserId::new(&SystemIds::default())].into();
    let all = Filter::default;
    vec![
        all(),
        Filter {
            categories: categories(),
            ..all()
        },
        Filter {
            sellers: sellers(),
            ..all()
        },
        Filter {
            sellers: sellers(),
            categories: categories(),
            ..all()
        },
        Filter {
            min_price: Some(5),
            ..all()
        },
        Filter {
            max_price: Some(9),
            ..all()
        },
        Filter {
            categories: categories(),
            min_price: Some(5),
            max_price: Some(9),
            ..all()
        },
        Filter {
            only_in_stock: true,
            ..all()
        },
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

fn query(filter: &Filter, sort: Sort, after: Option<Place>) -> ListQuery {
    ListQuery {
        category: category(filter),
        filter: filter.clone(),
        sort,
        after,
        limit: Limit::default(),
    }
}

fn walk_command(walk: Walk, limit: i64) -> Document {
    doc! {
        "find": "products", "filter": walk.filter, "hint": walk.index, "min": walk.min, "max": walk.max,
        "sort": walk.sort, "limit": limit,
    }
}

#[tokio::test]
async fn every_list_is_a_walk_of_one_index() {
    let (_subject, store) = open();
    for filter in filters() {
        for sort in [Sort::Newest, Sort::PriceUp, Sort::PriceDown] {
            for after in [None, Some(middle())] {
                let query = query(&filter, sort, after);
                let walk = Walk::of(&query);
                let expected = [
                    "LIMIT".to_owned(),
                    "FETCH".to_owned(),
                    format!("IXSCAN {}", walk.index),
                ];
                let stages = stages(&store, walk_command(walk, 21)).await;
                assert_eq!(stages, expected, "{query:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_in_the_middle_looks_at_no_more_than_it_gives() {
    let (subject, store) = open();
    let mut all = Vec::new();
    for number in 0..40_i64 {
        all.push(subject.list(draft("Lamp", 1 + number % 2, 1)).await);
    }
    let middle = &all[20];
    let after = Some(Place {
        price: middle.price.amount,
        rank: Rank::default(),
        sold: 0,
        product: middle.id,
    });
    for sort in [Sort::Newest, Sort::PriceUp, Sort::PriceDown] {
        let walk = Walk::of(&query(&Filter::default(), sort, after));
        let command = walk_command(walk, 5);
        let explain = doc! { "explain": command, "verbosity": "executionStats" };
        let told = store
            .database()
            .await
            .unwrap()
            .run_command(explain)
            .await
            .unwrap();
        let stats = told.get_document("executionStats").unwrap();
        assert_eq!(stats.get_i32("nReturned").unwrap(), 5, "{sort:?}");
        assert!(
            stats.get_i32("totalKeysExamined").unwrap() <= 6,
            "{sort:?}: {stats}"
        );
        assert!(
            stats.get_i32("totalDocsExamined").unwrap() <= 6,
            "{sort:?}: {stats}"
        );
    }
}

#[tokio::test]
async fn a_search_starts_from_the_words() {
    let (_subject, store) = open();
    for filter in filters() {
        for sort in Sort::ALL {
            for after in [None, Some(middle())] {
                let text = SearchText::parse("warm lamp").unwrap();
                let query = query(
                    &Filter {
                        text,
                        ..filter.clone()
                    },
                    sort,
                    after,
                );
                let text = query.filter.text.as_ref().unwrap();
                let search = search_stages(&query, text).unwrap();
                let command = doc! {
                    "aggregate": "search", "pipeline": search, "cursor": {}, "hint": "by_word",
                };
                let stages = stages(&store, command).await;
                let scans = |stage: &&String| stage.contains("SCAN");
                assert!(
                    stages
                        .iter()
                        .filter(scans)
                        .all(|scan| scan == "IXSCAN by_word"),
                    "{query:?}: {stages:?}"
                );
                assert!(
                    stages.iter().any(|stage| stage == "IXSCAN by_word"),
                    "{query:?}: {stages:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn one_word_sorted_by_age_or_price_is_answered_from_the_index() {
    let (_subject, store) = open();
    for sort in [Sort::Newest, Sort::PriceUp, Sort::PriceDown] {
        let text = SearchText::parse("lamp").unwrap();
        let query = query(
            &Filter {
                text,
                ..Filter::default()
            },
            sort,
            None,
        );
        let text = query.filter.text.as_ref().unwrap();
        let search = search_stages(&query, text).unwrap();
        let command = doc! {
            "aggregate": "search", "pipeline": search, "cursor": {}, "hint": "by_word",
        };
        let stages = stages(&store, command).await;
        assert!(
            !stages.iter().any(|stage| stage == "FETCH"),
            "{sort:?}: {stages:?}"
        );
    }
}

#[tokio::test]
async fn leases_are_a_walk_of_the_index_of_what_is_held() {
    let (_subject, store) = open();
    let lease = Lease {
        until: LATER,
        order: order(),
    };
    for after in [None, Some(lease)] {
        let [filter, min, max] = range(LEASE_END, after);
        let command = doc! {
            "find": "reservations", "filter": filter, "hint": "by_lease", "min": min, "max": max,
            "sort": { "lease_until": 1, "_id": 1 }, "limit": 100_i64,
        };
        let stages = stages(&store, command).await;
        assert_eq!(stages, ["LIMIT", "FETCH", "IXSCAN by_lease"]);
    }
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
        let command = doc! {
            "find": "products", "filter": own::filter(&query), "hint": own::OF_SELLER, "sort": { "_id": -1 }, "limit": 21_i64,
        };
        let found = stages(&store, command).await;
        assert_eq!(found, ["LIMIT", "FETCH", "IXSCAN of_seller"]);
        let query = HistoryQuery {
            product,
            variant: None,
            after: after.map(|id| (7, id.as_uuid())),
            limit: Limit::default(),
        };
        let command = doc! {
            "find": "stock_entries", "filter": own::entries(&query), "sort": { "_id": -1 }, "limit": 21_i64,
        };
        let found = stages(&store, command).await;
        assert!(found.contains(&"IXSCAN _id_".to_owned()), "{found:?}");
        assert!(!found.contains(&"SORT".to_owned()), "{found:?}");
    }
    let filter = bought::filter(UserId::new(&ids), product);
    let command =
        doc! { "find": "reservations", "filter": filter, "hint": bought::INDEX, "limit": 1_i64 };
    let found = stages(&store, command).await;
    assert!(found.contains(&"IXSCAN by_buyer".to_owned()), "{found:?}");
}

#[tokio::test]
async fn what_operators_took_down_is_a_walk_of_its_index() {
    let (_subject, store) = open();
    for after in [None, Some(ProductId::new(&SystemIds::default()))] {
        let limit = Limit::default();
        let filter = taken_down::filter(&TakenDownQuery { after, limit });
        let command = doc! {
            "find": "products", "filter": filter, "hint": taken_down::INDEX, "sort": { "_id": -1 }, "limit": 21_i64,
        };
        let found = stages(&store, command).await;
        assert_eq!(found, ["LIMIT", "FETCH", "IXSCAN taken_down"]);
    }
}
