//! What the sweeper does about a document that is damaged, and what the marketplace's audit reads of reservations.

use futures_util::TryStreamExt as _;
use store_mongo::bson::{Document, doc};
use store_mongo::bson_of;

use super::open;
use crate::app::expire_reservations;
use crate::audit::mongo::reservation_states;
use crate::domain::ReservationState;
use crate::store::contract::{LEASE_END, draft, order};

#[tokio::test]
async fn a_reservation_that_cannot_be_expired_keeps_no_other_orders_stock() {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 120)).await;
    let orders: Vec<_> = (0..120).map(|_| order()).collect();
    for id in &orders {
        subject.reserve(*id, &[(product.id, 1)]).await.unwrap();
    }
    let rows = store
        .database()
        .await
        .unwrap()
        .collection::<Document>("reservations");
    rows.update_one(
        doc! { "_id": bson_of(&orders[7]) },
        doc! { "$set": { "lines.0.quantity": i64::MAX } },
    )
    .await
    .unwrap();
    let app = subject.at(LEASE_END);
    assert_eq!(expire_reservations(&app).await, Ok(119));
    assert_eq!(subject.available(product.id).await, 119);
    assert_eq!(
        expire_reservations(&app).await,
        Ok(0),
        "each sweep gets past it"
    );
}

#[tokio::test]
async fn the_states_of_all_reservations_can_be_read_one_by_one() {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 5)).await;
    let orders = [order(), order(), order(), order()];
    for id in &orders[..3] {
        subject.reserve(*id, &[(product.id, 1)]).await.unwrap();
    }
    subject.confirm(orders[0]).await;
    subject.release(orders[1]).await;
    let database = store.database().await.unwrap();
    let all = reservation_states(&database, None).await.unwrap();
    let all: Vec<_> = all.try_collect().await.unwrap();
    let states = [
        ReservationState::Sold,
        ReservationState::Released,
        ReservationState::Held,
    ];
    let expected: Vec<_> = orders.into_iter().zip(states).collect();
    assert_eq!(all, expected);
    for (order, state) in orders
        .into_iter()
        .zip(states.map(Some).into_iter().chain([None]))
    {
        let one = reservation_states(&database, Some(order)).await.unwrap();
        let one: Vec<_> = one.try_collect().await.unwrap();
        assert_eq!(one, Vec::from_iter(state.map(|state| (order, state))));
    }
}
