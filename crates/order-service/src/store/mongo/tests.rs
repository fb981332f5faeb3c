//! Every listing is a walk of its index: nothing is scanned, nothing sorted.

use kernel::{OrderId, SystemClock, SystemIds, Timestamp, UserId};
use std::sync::Arc;
use store::Row as _;
use store_mongo::Mongo;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::testing::TestDatabase;

use super::{Listing, UNSETTLED, open_mongo, unsettled_stages};
use crate::domain::{Order, OrderState};

fn opened(database: &TestDatabase) -> Mongo {
    let clock = Arc::new(SystemClock);
    open_mongo(|collections, records| Ok(database.open(collections, records, clock))).unwrap()
}

/// The stages of the plan that the server chooses, the outermost first.
async fn plan(db: &Mongo, listing: &Listing) -> Vec<String> {
    let find = doc! {
        "find": Order::TABLE,
        "filter": listing.filter.clone(),
        "sort": listing.sort.clone(),
        "hint": listing.index,
        "limit": 10,
    };
    let command = doc! { "explain": find, "verbosity": "queryPlanner" };
    let database = db.database().await.unwrap();
    let explained = database.run_command(command).await.unwrap();
    let planner = explained.get_document("queryPlanner").unwrap();
    let mut stages = Vec::new();
    collect(planner.get_document("winningPlan").unwrap(), &mut stages);
    stages
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
    let ids = SystemIds::default();
    let (buyer, order) = (UserId::new(&ids), OrderId::new(&ids));
    let mut listings = vec![
        Listing::due(Some(Timestamp::from_millis(1)), Timestamp::from_millis(2)),
        Listing::to_review(None),
        Listing::to_review(Some(order)),
    ];
    for state in OrderState::ALL.into_iter().map(Some).chain([None]) {
        listings.push(Listing::of_buyer(buyer, state, None));
        listings.push(Listing::of_buyer(buyer, state, Some(order)));
    }
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
async fn the_unsettled_orders_are_counted_through_their_own_index() {
    let database = TestDatabase::new();
    let db = opened(&database);
    let aggregate = doc! {
        "aggregate": Order::TABLE,
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
