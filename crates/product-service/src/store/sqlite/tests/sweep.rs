//! What the sweeper does about a row that is damaged, and what the marketplace's audit reads of reservations.

use store::StoreError;
use telemetry::metrics::Read;

use super::open;
use crate::app::expire_reservations;
use crate::audit::sqlite::reservation_states;
use crate::domain::ReservationState;
use crate::store::contract::{LEASE_END, draft, order};

#[tokio::test]
async fn a_reservation_that_cannot_be_expired_keeps_no_other_orders_stock() {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 250)).await;
    let orders: Vec<_> = (0..250).map(|_| order()).collect();
    for id in &orders {
        subject.reserve(*id, &[(product.id, 1)]).await.unwrap();
    }
    let bad = orders[7];
    store
        .write(move |tx| {
            let sql = "UPDATE reservations SET lines = json_set(lines, '$[0].quantity', 10001) WHERE id = ?1";
            Ok::<_, StoreError>(tx.execute(sql, [bad.as_bytes()])?)
        })
        .await
        .unwrap();
    let app = subject.at(LEASE_END);
    assert_eq!(expire_reservations(&app).await, Ok(249));
    assert_eq!(subject.available(product.id).await, 249);
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
    let (all, each) = store
        .read(Read::List, move |tx| {
            let all = reservation_states(tx, None).collect::<Result<Vec<_>, _>>()?;
            let each = orders.map(|order| {
                let found = reservation_states(tx, Some(order)).next();
                found.map(|row| row.unwrap().1)
            });
            Ok::<_, StoreError>((all, each))
        })
        .await
        .unwrap();
    let states = [
        ReservationState::Sold,
        ReservationState::Released,
        ReservationState::Held,
    ];
    let expected: Vec<_> = orders.into_iter().zip(states).collect();
    assert_eq!(all, expected);
    assert_eq!(
        each,
        [Some(states[0]), Some(states[1]), Some(states[2]), None]
    );
}
