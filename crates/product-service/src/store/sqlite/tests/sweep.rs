//! What the sweeper does about a row that is damaged, and what the marketplace's audit reads of reservations.

use store::StoreError;
use telemetry::metrics::Read;
use uuid::Uuid;

use super::open;
use crate::app::expire_reservations;
use crate::audit::AuditedReservation;
use crate::audit::sqlite::audited_reservations;
use crate::domain::ReservationState;
use crate::store::contract::{LEASE_END, NOW, draft, order, return_of};

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
    let wanted = [None, Some(orders[0]), Some(order())];
    let read = store
        .read(Read::List, move |tx| {
            wanted
                .map(|only| audited_reservations(tx, only).collect::<Result<Vec<_>, _>>())
                .into_iter()
                .collect::<Result<Vec<_>, StoreError>>()
        })
        .await
        .unwrap();
    assert_eq!(read, [expected.to_vec(), expected[..1].to_vec(), vec![]]);
}
