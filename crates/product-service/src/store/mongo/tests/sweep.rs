//! What the sweeper does about a document that is damaged, and what the marketplace's audit reads of reservations.

use futures_util::TryStreamExt as _;
use store_mongo::bson::{Document, doc};
use store_mongo::bson_of;
use uuid::Uuid;

use super::open;
use crate::app::expire_reservations;
use crate::audit::AuditedReservation;
use crate::audit::mongo::audited_reservations;
use crate::domain::ReservationState;
use crate::store::contract::{LEASE_END, NOW, draft, order, return_of};

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
async fn all_reservations_can_be_read_one_by_one_with_what_came_back_of_them() {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 9)).await;
    let orders = [order(), order(), order()];
    for id in orders {
        subject.reserve(id, &[(product.id, 2)]).await.unwrap();
    }
    subject.confirm(orders[0]).await;
    let back = return_of(orders[0], Uuid::new_v4(), &[(product.id, 1, 1)]);
    subject.settle(vec![back], NOW).await;
    subject.release(orders[1]).await;
    let audited = |place: usize, state, returned: &[i64]| AuditedReservation {
        order: orders[place],
        state,
        lines: vec![(product.id.into(), 2)],
        returned: returned
            .iter()
            .map(|units| (product.id.into(), *units))
            .collect(),
    };
    let expected = [
        audited(0, ReservationState::Sold, &[2]),
        audited(1, ReservationState::Released, &[]),
        audited(2, ReservationState::Held, &[]),
    ];
    let database = store.database().await.unwrap();
    let read = async |only| -> Vec<AuditedReservation> {
        let rows = audited_reservations(&database, only).await.unwrap();
        rows.try_collect().await.unwrap()
    };
    assert_eq!(read(None).await, expected);
    for (order, one) in orders.into_iter().zip(&expected) {
        assert_eq!(read(Some(order)).await, std::slice::from_ref(one));
    }
    assert_eq!(read(Some(order())).await, []);
}
