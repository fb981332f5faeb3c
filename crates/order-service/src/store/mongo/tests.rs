//! Every listing is a walk of its index: nothing is scanned, nothing sorted.

use kernel::{OrderId, SystemClock, SystemIds, Timestamp, UserId};
use std::sync::Arc;
use store::Row as _;
use store_mongo::Mongo;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::testing::TestDatabase;

use super::listing::facts;
use super::{Listing, UNSETTLED, cases, open_mongo, unsettled_stages};
use crate::domain::{FulfilmentStatus, Order, OrderState};
use crate::records::{CaseRecord, ORDERS};
use crate::store::{Listed, SalePlace, Span, Undecided, Whose};
use crate::testing::{TIMING, lines_of, new_order};

fn opened(database: &TestDatabase) -> Mongo {
    let clock = Arc::new(SystemClock);
    open_mongo(|collections, records| Ok(database.open(collections, records, clock))).unwrap()
}

/// The stages of the plan that the server chooses, the outermost first.
async fn plan(db: &Mongo, listing: &Listing) -> Vec<String> {
    let mut stages = Vec::new();
    collect(&chosen(db, listing).await, &mut stages);
    stages
}

/// The plan that the server chooses.
async fn chosen(db: &Mongo, listing: &Listing) -> Document {
    let find = doc! {
        "find": ORDERS,
        "filter": listing.filter.clone(),
        "sort": listing.sort.clone(),
        "hint": listing.index,
        "limit": 10,
    };
    let command = doc! { "explain": find, "verbosity": "queryPlanner" };
    let database = db.database().await.unwrap();
    let explained = database.run_command(command).await.unwrap();
    let planner = explained.get_document("queryPlanner").unwrap();
    planner.get_document("winningPlan").unwrap().clone()
}

fn collect(plan: &Document, stages: &mut Vec<String>) {
    if let Ok(stage) = plan.get_str("stage") {
        let index = plan.get_str("indexName").unwrap_or_default();
        stages.push(format!("{stage} {index}").trim().to_owned());
    }
    for (_, inner) in plan {
        if let Bson::Document(inner) = inner {
            collect(inner, stages);
        }
    }
}

#[tokio::test]
async fn every_listing_is_a_walk_of_its_index() {
    let database = TestDatabase::new();
    let db = opened(&database);
    // An index over parts of documents is planned otherwise once there is a document with several.
    place_an_order_of_two_sellers(&db).await;
    let ids = SystemIds::default();
    let (user, order) = (UserId::new(&ids), OrderId::new(&ids));
    let mut listings = vec![
        Listing::due(Some(Timestamp::from_millis(1)), Timestamp::from_millis(2)),
        Listing::to_review(None),
        Listing::to_review(Some(order)),
    ];
    let mut lists = vec![
        Listed::All,
        Listed::ToReview,
        Listed::Disputed,
        Listed::OfBuyer(user, None),
    ];
    for state in OrderState::ALL {
        lists.extend([Listed::InState(state), Listed::OfBuyer(user, Some(state))]);
    }
    for listed in lists {
        listings.extend([Listing::of(listed, None), Listing::of(listed, Some(order))]);
    }
    let paid_at = Timestamp::from_millis(5);
    let always = Span {
        from: None,
        to: None,
    };
    let span = Span {
        from: Some(Timestamp::from_millis(1)),
        to: Some(Timestamp::from_millis(9)),
    };
    for status in FulfilmentStatus::ALL {
        for after in [None, Some(SalePlace { paid_at, order })] {
            listings.push(Listing::sales(user, status, always, after));
            listings.push(Listing::sales(user, status, span, after));
        }
    }
    listings.push(Listing::sold(Some(user), span));
    listings.push(Listing::sold(None, span));
    for listing in listings {
        let stages = plan(&db, &listing).await;
        let walk = format!("IXSCAN {}", listing.index);
        assert_eq!(stages.last(), Some(&walk), "{listing:?}: {stages:?}");
        assert!(
            !stages.iter().any(|stage| stage.starts_with("SORT")),
            "{listing:?}: {stages:?}"
        );
    }
}

#[tokio::test]
async fn a_walk_of_sales_reads_the_keys_of_one_seller_one_status_and_one_span() {
    let database = TestDatabase::new();
    let db = opened(&database);
    place_an_order_of_two_sellers(&db).await;
    let seller = UserId::new(&SystemIds::default());
    let span = Span {
        from: Some(Timestamp::from_millis(1)),
        to: Some(Timestamp::from_millis(9)),
    };
    let listing = Listing::sales(seller, FulfilmentStatus::Open, span, None);
    let text = chosen(&db, &listing).await.to_string();
    for bounds in [
        r#""fulfilments.status": ["["open", "open"]"]"#,
        r#""paid_at": ["[8, 1]"]"#,
    ] {
        assert!(text.contains(bounds), "{bounds}: {text}");
    }
    assert!(
        !text.contains(r#""fulfilments.seller": ["[MinKey"#),
        "{text}"
    );
}

#[tokio::test]
async fn the_facts_of_an_order_are_a_range_of_their_keys() {
    let database = TestDatabase::new();
    let db = opened(&database);
    let (filter, sort) = facts(OrderId::new(&SystemIds::default()), 3);
    let find = doc! { "find": "facts", "filter": filter, "sort": sort, "limit": 10 };
    let command = doc! { "explain": find, "verbosity": "queryPlanner" };
    let explained = db.database().await.unwrap().run_command(command).await;
    let text = explained.unwrap().to_string();
    assert!(
        !text.contains("COLLSCAN") && !text.contains("SORT"),
        "{text}"
    );
}

#[tokio::test]
async fn cases_are_walks_of_an_index_in_its_order() {
    let database = TestDatabase::new();
    let db = opened(&database);
    let user = UserId::new(&SystemIds::default());
    let [state, _] = Undecided::STATES;
    for whose in [Whose::All, Whose::Seller(user), Whose::Buyer(user)] {
        for after in [None, Some(user.as_uuid())] {
            let find = doc! {
                "find": CaseRecord::TABLE,
                "filter": cases::filter(state, whose, after),
                "sort": cases::sort(),
                "hint": whose.index(),
                "limit": 10,
            };
            let command = doc! { "explain": find, "verbosity": "queryPlanner" };
            let explained = db.database().await.unwrap().run_command(command).await;
            let text = explained.unwrap().to_string();
            let is_walk = !text.contains("COLLSCAN") && !text.contains("SORT");
            assert!(
                is_walk && text.contains(r#""["return_requested", "#),
                "{text}"
            );
        }
    }
    let aggregate = doc! {
        "aggregate": CaseRecord::TABLE,
        "pipeline": cases::undecided_stages(state),
        "hint": Whose::All.index(),
        "cursor": {},
    };
    let command = doc! { "explain": aggregate, "verbosity": "queryPlanner" };
    let explained = db.database().await.unwrap().run_command(command).await;
    let text = explained.unwrap().to_string();
    assert!(
        text.contains(Whose::All.index()) && !text.contains("COLLSCAN"),
        "{text}"
    );
}

async fn place_an_order_of_two_sellers(db: &Mongo) {
    let ids = SystemIds::default();
    let sellers = [UserId::new(&ids), UserId::new(&ids)];
    let new = new_order(&ids, UserId::new(&ids), lines_of(&ids, &sellers));
    let mut order = Order::place(new, Timestamp::from_millis(1), &TIMING);
    (order.state, order.confirmed) = (OrderState::Paid, true);
    order.paid_at = Some(Timestamp::from_millis(2));
    let store = store::Store::new(Arc::new(db.clone()));
    store
        .write(move |tx| tx.insert(order.clone()))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_unsettled_orders_are_counted_through_their_own_index() {
    let database = TestDatabase::new();
    let db = opened(&database);
    let aggregate = doc! {
        "aggregate": ORDERS,
        "pipeline": unsettled_stages(),
        "hint": UNSETTLED,
        "cursor": {},
    };
    let command = doc! { "explain": aggregate, "verbosity": "queryPlanner" };
    let explained = db.database().await.unwrap().run_command(command).await;
    let text = explained.unwrap().to_string();
    let walk = format!(r#""indexName": "{UNSETTLED}""#);
    assert!(text.contains(&walk) && !text.contains("COLLSCAN"), "{text}");
}
