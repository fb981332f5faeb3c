//! The audit finds what is wrong: each kind of damage, done by hand, is one finding.

use rstest::rstest;
use store::StoreError;

use super::open;
use crate::store::contract::{draft, order};

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
    "UPDATE reservations SET lines = json_set(lines, '$[0].quantity', 3) WHERE state = 'held'",
    "held 3 + sold 1 = 6"
)]
#[case(
    "DELETE FROM reservations WHERE state = 'sold'",
    "held 2 + sold 0 = 4, but 5"
)]
#[case("UPDATE reservations SET lines = '[]'", "2 reservations without lines")]
#[case(
    "UPDATE reservations SET lines = json_set(lines, '$[0].product', '00000000-0000-7000-8000-000000000000')",
    "2 reservation lines without a product"
)]
#[case(
    "UPDATE stock_entries SET product = zeroblob(16)",
    "1 stock book entries without a product"
)]
#[case(
    "UPDATE stock_entries SET product = unhex('ffffffffffffffffffffffffffffffff')",
    "1 stock book entries without a product"
)]
#[case(
    "INSERT INTO stock_entries SELECT product, 2, delta, at FROM stock_entries",
    "available 2 + held 2 + sold 1 = 5, but 10 were put in"
)]
#[case(
    "PRAGMA ignore_check_constraints = ON; UPDATE stock SET available = -1; PRAGMA ignore_check_constraints = OFF",
    "available is -1"
)]
#[tokio::test]
async fn damage_done_by_hand_is_found(#[case] damage: &'static str, #[case] finding: &str) {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 5)).await;
    let (held, sold) = (order(), order());
    subject.reserve(held, &[(product.id, 2)]).await.unwrap();
    subject.reserve(sold, &[(product.id, 1)]).await.unwrap();
    subject.confirm(sold).await;
    subject.assert_book_is_right(1).await;
    store
        .write(move |tx| Ok::<_, StoreError>(tx.execute_batch(damage)?))
        .await
        .unwrap();
    let audit = subject.store.audit().await.unwrap();
    assert!(
        audit
            .violations
            .details()
            .iter()
            .any(|violation| violation.contains(finding)),
        "{audit:?}"
    );
}
