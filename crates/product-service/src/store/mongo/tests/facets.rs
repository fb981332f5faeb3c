//! A replica counts what another one saves.

use std::sync::Arc;

use store::Store;
use telemetry::testing::eventually;

use super::open;
use crate::app::{self, App, Asked, FacetIndex};
use crate::domain::{Facets, Filter, Sort};
use crate::store::contract::{LATER, change, draft};

/// How many products there are, as the facets of prices say.
async fn counted(app: &App) -> u64 {
    let asked = Asked {
        filter: Filter::default(),
        sort: Sort::Newest,
        after: None,
        limit: kernel::Limit::default(),
        facets: Some(Facets::parse("price").unwrap()),
    };
    let listed = app::list_products(app, asked).await.unwrap().unwrap();
    let prices = listed.facets.unwrap().counts.price.unwrap();
    prices.iter().map(|(_, count)| count).sum()
}

#[tokio::test]
async fn what_another_replica_saves_is_counted_soon_and_what_this_one_saves_at_once() {
    let (subject, db) = open();
    let other = App {
        store: Store::new(Arc::new(db)),
        facets: FacetIndex::default(),
        ..subject.app.clone()
    };
    let first = subject.list(draft("Lamp", 1, 1)).await;
    assert_eq!((counted(&subject.app).await, counted(&other).await), (1, 1));
    subject.list(draft("Lamp", 1, 1)).await;
    assert_eq!(counted(&subject.app).await, 2);
    eventually("another product", async || {
        (counted(&other).await == 2).then_some(())
    })
    .await;
    subject.remove(change(&first, ()), LATER).await.unwrap();
    assert_eq!(counted(&subject.app).await, 1);
    eventually("a product fewer", async || {
        (counted(&other).await == 1).then_some(())
    })
    .await;
}
