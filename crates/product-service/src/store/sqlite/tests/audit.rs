//! The audit finds what is wrong: each kind of damage, done by hand, is one finding.

use contracts::reservations::Article;
use rstest::rstest;
use store::StoreError;

use super::open;
use crate::store::contract::{LATER, draft, order, return_of, stock_of, with_variant};

#[rstest]
#[case(
    "UPDATE stock SET available = available + 1",
    "available 3 + held 2 + sold 1 - returned 0 = 6, but 5 were put in"
)]
#[case(
    "UPDATE stock SET available = 0",
    "available 0 + held 2 + sold 1 - returned 0 = 3, but 5 were put in"
)]
#[case("UPDATE stock_entries SET delta = 6", "= 5, but 6 were put in")]
#[case("DELETE FROM stock_entries", "but 0 were put in")]
#[case("DELETE FROM stock", "has no stock row")]
#[case(
    "UPDATE reservations SET state = 'expired' WHERE state = 'held'",
    "held 0 + sold 1 - returned 0 = 3"
)]
#[case(
    "UPDATE reservations SET lines = json_set(lines, '$[0].quantity', 3) WHERE state = 'held'",
    "held 3 + sold 1 - returned 0 = 6"
)]
#[case(
    "DELETE FROM reservations WHERE state = 'sold'",
    "held 2 + sold 0 - returned 0 = 4, but 5"
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
    "INSERT INTO stock_entries SELECT product, 2, variant, delta, at, actor, reason FROM stock_entries",
    "available 2 + held 2 + sold 1 - returned 0 = 5, but 10 were put in"
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

#[rstest]
#[case(
    "UPDATE reservations SET returned = json_set(returned, '$[0].restocked', 2)",
    &["sold 3 - returned 2 = 4, but 5", "reservations have 2 returned and 1 written off, the returns 1 and 1"]
)]
#[case(
    "UPDATE reservations SET returned = json_set(returned, '$[0].written_off', 3)",
    &["reservations have 1 returned and 3 written off, the returns 1 and 1", "of 1 reservations more came back than was sold"]
)]
#[case(
    "UPDATE reservations SET returned = json_set(returned, '$[0].restocked', -1)",
    &["returned -1 = 7, but 5", "of 1 reservations more came back than was sold"]
)]
#[case(
    "UPDATE reservations SET returned = NULL",
    &["returned 0 = 6, but 5", "reservations have 0 returned and 0 written off, the returns 1 and 1"]
)]
#[case(
    "DELETE FROM stock_returns",
    &["reservations have 1 returned and 1 written off, the returns 0 and 0"]
)]
#[case(
    "PRAGMA ignore_check_constraints = ON; UPDATE reservations SET state = 'expired'; PRAGMA ignore_check_constraints = OFF",
    &["sold 0 - returned 1 = 2, but 5", "of 1 reservations more came back than was sold"]
)]
#[case("UPDATE stock SET available = 2", &["available 2 + held 0 + sold 3 - returned 1 = 4, but 5"])]
#[tokio::test]
async fn damage_done_to_returns_is_found(#[case] damage: &'static str, #[case] findings: &[&str]) {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 5)).await;
    let sold = order();
    subject.reserve(sold, &[(product.id, 3)]).await.unwrap();
    subject.confirm(sold).await;
    let back = return_of(sold, order().as_uuid(), &[(product.id, 1, 1)]);
    subject.settle(vec![back], LATER).await;
    subject.assert_book_is_right(1).await;
    store
        .write(move |tx| Ok::<_, StoreError>(tx.execute_batch(damage)?))
        .await
        .unwrap();
    let audit = subject.store.audit().await.unwrap();
    for finding in findings {
        let is_found = |violation: &String| violation.contains(finding);
        assert!(
            audit.violations.details().iter().any(is_found),
            "{finding}: {audit:?}"
        );
    }
}

#[rstest]
#[case(
    "UPDATE stock SET variant_stock = '[2]'",
    "available 2 + held 0 + sold 2 - returned 0 = 4, but 3 were put in"
)]
#[case("UPDATE stock SET variant_stock = NULL", "has no stock row")]
#[case(
    "UPDATE stock_entries SET variant = product",
    "available 1 + held 0 + sold 2 - returned 0 = 3, but 0 were put in"
)]
#[case(
    "UPDATE reservations SET lines = json_remove(lines, '$[0].variant')",
    "available 5 + held 0 + sold 2 - returned 0 = 7, but 5 were put in"
)]
#[case(
    "UPDATE reservations SET lines = json_set(lines, '$[0].variant', '00000000-0000-7000-8000-000000000000')",
    "1 reservation lines without a product"
)]
#[tokio::test]
async fn damage_done_to_variants_is_found(#[case] damage: &'static str, #[case] finding: &str) {
    let (subject, store) = open();
    // The default variant's entry comes with another version, so that moving the other's to it breaks no key.
    let product = subject.list(with_variant(draft("A", 100, 0), "L", 3)).await;
    subject.edit(&product, stock_of(5)).await;
    let large = Article::new(product.id, Some(product.variants[0].id));
    let sold = order();
    subject.reserve(sold, &[(large, 2)]).await.unwrap();
    subject.confirm(sold).await;
    subject.assert_book_is_right(1).await;
    store
        .write(move |tx| Ok::<_, StoreError>(tx.execute_batch(damage)?))
        .await
        .unwrap();
    let audit = subject.store.audit().await.unwrap();
    let details = audit.violations.details();
    assert!(
        details.iter().any(|violation| violation.contains(finding)),
        "{audit:?}"
    );
}
