//! The audit finds what is wrong: each kind of damage, done by hand, is one finding.

use contracts::reservations::Article;
use rstest::rstest;
use store_mongo::bson::{Document, doc};
use store_mongo::bson_of;

use super::open;
use crate::store::contract::{LATER, draft, order, return_of, with_variant};

#[rstest]
#[case(
    "products",
    doc! { "$inc": { "available": 1_i64 } },
    "available 3 + held 2 + sold 1 - returned 0 = 6, but 5 were put in"
)]
#[case(
    "products",
    doc! { "$set": { "available": 0_i64 } },
    "available 0 + held 2 + sold 1 - returned 0 = 3, but 5 were put in"
)]
#[case("products", doc! { "$set": { "available": -1_i64 } }, "available is -1")]
#[case("stock_entries", doc! { "$set": { "delta": 6_i64 } }, "= 5, but 6 were put in")]
#[case("reservations", doc! { "$set": { "state": "expired" } }, "held 0 + sold 0 - returned 0 = 2")]
#[case("reservations", doc! { "$inc": { "lines.0.quantity": 1_i64 } }, "held 3 + sold 2 - returned 0 = 7")]
#[case("reservations", doc! { "$set": { "lines": [] } }, "2 reservations without lines")]
#[case(
    "reservations",
    doc! { "$set": { "lines.0.product": "nowhere" } },
    "corrupt"
)]
#[tokio::test]
async fn damage_done_by_hand_is_found(
    #[case] collection: &str,
    #[case] damage: Document,
    #[case] finding: &str,
) {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 5)).await;
    let (held, sold) = (order(), order());
    subject.reserve(held, &[(product.id, 2)]).await.unwrap();
    subject.reserve(sold, &[(product.id, 1)]).await.unwrap();
    subject.confirm(sold).await;
    subject.assert_book_is_right(1).await;
    let rows = store
        .database()
        .await
        .unwrap()
        .collection::<Document>(collection);
    rows.update_many(doc! {}, damage)
        .bypass_document_validation(true)
        .await
        .unwrap();
    let found = match subject.store.audit().await {
        Ok(audit) => audit.violations.details().to_vec(),
        Err(error) => vec![error.to_string()],
    };
    assert!(
        found.iter().any(|violation| violation.contains(finding)),
        "{found:?}"
    );
}

#[rstest]
#[case("products", &["2 reservation lines without a product", "1 stock book entries without a product"])]
#[case("stock_entries", &["but 0 were put in"])]
#[case("reservations", &["held 0 + sold 0 - returned 0 = 2, but 5 were put in"])]
#[tokio::test]
async fn a_loss_is_found(#[case] collection: &str, #[case] findings: &[&str]) {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 5)).await;
    for quantity in [1, 2] {
        subject
            .reserve(order(), &[(product.id, quantity)])
            .await
            .unwrap();
    }
    let rows = store
        .database()
        .await
        .unwrap()
        .collection::<Document>(collection);
    rows.delete_many(doc! {}).await.unwrap();
    let audit = subject.store.audit().await.unwrap();
    for finding in findings {
        assert!(
            audit
                .violations
                .details()
                .iter()
                .any(|violation| violation.contains(finding)),
            "{audit:?}"
        );
    }
}

#[rstest]
#[case(
    "reservations",
    doc! { "$inc": { "returned.0.restocked": 1_i64 } },
    &["sold 3 - returned 2 = 4, but 5", "reservations have 2 returned and 1 written off, the returns 1 and 1"]
)]
#[case(
    "reservations",
    doc! { "$set": { "returned.0.written_off": 3_i64 } },
    &["reservations have 1 returned and 3 written off, the returns 1 and 1", "of 1 reservations more came back than was sold"]
)]
#[case(
    "reservations",
    doc! { "$set": { "returned.0.restocked": -1_i64 } },
    &["returned -1 = 7, but 5", "of 1 reservations more came back than was sold"]
)]
#[case(
    "reservations",
    doc! { "$unset": { "returned": "" } },
    &["returned 0 = 6, but 5", "reservations have 0 returned and 0 written off, the returns 1 and 1"]
)]
#[case(
    "reservations",
    doc! { "$set": { "state": "expired" } },
    &["sold 0 - returned 1 = 2, but 5", "of 1 reservations more came back than was sold"]
)]
#[case(
    "stock_returns",
    doc! { "$set": { "lines.0.restocked": 0_i64 } },
    &["reservations have 1 returned and 1 written off, the returns 0 and 1"]
)]
#[tokio::test]
async fn damage_done_to_returns_is_found(
    #[case] collection: &str,
    #[case] damage: Document,
    #[case] findings: &[&str],
) {
    let (subject, store) = open();
    let product = subject.list(draft("A", 100, 5)).await;
    let sold = order();
    subject.reserve(sold, &[(product.id, 3)]).await.unwrap();
    subject.confirm(sold).await;
    let back = return_of(sold, order().as_uuid(), &[(product.id, 1, 1)]);
    subject.settle(vec![back], LATER).await;
    subject.assert_book_is_right(1).await;
    let rows = store
        .database()
        .await
        .unwrap()
        .collection::<Document>(collection);
    rows.update_many(doc! {}, damage)
        .bypass_document_validation(true)
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
    "products",
    doc! { "$set": { "variant_stock": [2_i64] } },
    "available 2 + held 0 + sold 2 - returned 0 = 4, but 3 were put in"
)]
#[case(
    "reservations",
    doc! { "$unset": { "lines.0.variant": "" } },
    "available 5 + held 0 + sold 2 - returned 0 = 7, but 5 were put in"
)]
#[case(
    "reservations",
    doc! { "$set": { "lines.0.variant": bson_of(&order()) } },
    "1 reservation lines without a product"
)]
#[tokio::test]
async fn damage_done_to_variants_is_found(
    #[case] collection: &str,
    #[case] damage: Document,
    #[case] finding: &str,
) {
    let (subject, store) = open();
    let product = subject.list(with_variant(draft("A", 100, 5), "L", 3)).await;
    let large = Article::new(product.id, Some(product.variants[0].id));
    let sold = order();
    subject.reserve(sold, &[(large, 2)]).await.unwrap();
    subject.confirm(sold).await;
    subject.assert_book_is_right(1).await;
    let rows = store
        .database()
        .await
        .unwrap()
        .collection::<Document>(collection);
    rows.update_many(doc! {}, damage)
        .bypass_document_validation(true)
        .await
        .unwrap();
    let audit = subject.store.audit().await.unwrap();
    let details = audit.violations.details();
    assert!(
        details.iter().any(|violation| violation.contains(finding)),
        "{audit:?}"
    );
}
