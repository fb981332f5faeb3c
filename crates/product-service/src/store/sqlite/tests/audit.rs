//! The audit finds what is wrong: each kind of damage, done by hand, is one finding.

use std::sync::Arc;

use rstest::rstest;
use store::StoreError;

use super::open;
use crate::store::contract::{Subject, draft, order};

#[rstest]
#[case(
    "UPDATE stock SET available = available + 1",
    "available 3 + held 2 + sold 1 = 6, but 5 were put in"
)]
#[case(
    "UPDATE stock SET available = 0",
    "available 0 + held 2 + sold 1 = 3, but 5 were put in"
)]
#[case("UPDATE stock_entries SET delta = 6", "= 5, but 6 were put in")]
#[case("DELETE FROM stock_entries", "but 0 were put in")]
#[case("DELETE FROM stock", "has no stock row")]
#[case(
    "UPDATE reservations SET state = 'expired' WHERE state = 'held'",
    "held 0 + sold 1 = 3"
)]
#[case(
    "UPDATE reservation_lines SET quantity = quantity + 1 WHERE quantity = 2",
    "held 3 + sold 1 = 6"
)]
#[case(
    "DELETE FROM reservations WHERE state = 'sold'",
    "1 reservation lines without a reservation"
)]
#[case("DELETE FROM reservation_lines", "2 reservations without lines")]
#[case(
    "UPDATE reservation_lines SET product = 99 WHERE quantity = 2",
    "1 reservation lines without a product"
)]
#[case(
    "PRAGMA ignore_check_constraints = ON; UPDATE stock SET available = -1; PRAGMA ignore_check_constraints = OFF",
    "available is -1"
)]
#[tokio::test]
async fn damage_done_by_hand_is_found(#[case] damage: &'static str, #[case] finding: &str) {
    let (store, dir) = open();
    let subject = Subject {
        outbox: Arc::new(store.outbox()),
        store: Arc::new(store.clone()),
        keep: Box::new(dir),
    };
    let product = subject.list(draft("A", 100, 5)).await;
    let (held, sold) = (order(), order());
    subject.reserve(held, &[(product.id, 2)]).await.unwrap();
    subject.reserve(sold, &[(product.id, 1)]).await.unwrap();
    subject.confirm(sold).await;
    subject.assert_book_is_right(1).await;
    store
        .db
        .write(move |tx| Ok::<_, StoreError>(tx.execute_batch(damage)?))
        .await
        .unwrap();
    let audit = subject.store.audit().await.unwrap();
    assert!(
        audit
            .violations
            .iter()
            .any(|violation| violation.contains(finding)),
        "{audit:?}"
    );
}
