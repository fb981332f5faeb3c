//! Idempotency-Key on credit and debit.

use futures_util::future::join_all;
use rstest::rstest;
use serde_json::json;

use crate::support::Wallet;

const CREDIT: &str = "/api/wallet/credit";
const DEBIT: &str = "/api/wallet/debit";

#[tokio::test]
async fn the_same_key_and_body_have_the_same_answer_and_one_effect() {
    let wallet = Wallet::start();
    let me = wallet.person();
    let first = wallet
        .keyed(CREDIT, &me, "k-1", &json!({"amount": 5, "reference": "x"}))
        .await;
    assert_eq!(first.status, 201);
    assert!(first.headers.get("idempotency-replayed").is_none());
    // Member order and white space do not change the body.
    let again = wallet
        .keyed(CREDIT, &me, "k-1", &json!({"reference": "x", "amount": 5}))
        .await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(
        (wallet.available(&me).await, wallet.transactions().await),
        (5, 1)
    );
}

#[tokio::test]
async fn the_same_credit_spelt_another_way_is_the_same_request() {
    let wallet = Wallet::start();
    let me = wallet.person();
    let body = json!({"amount": 5, "reference": "x"});
    let first = wallet.keyed(CREDIT, &me, "k", &body).await;
    let id = me.id.to_string();
    for same in [
        json!({"amount": 5, "reference": " x ", "currency": "USD"}),
        json!({"amount": 5, "reference": "x", "userId": id}),
        json!({"amount": 5, "reference": "x", "userId": id.to_uppercase()}),
    ] {
        let again = wallet.keyed(CREDIT, &me, "k", &same).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
    }
    for other in [
        json!({"amount": 5, "reference": "X"}),
        json!({"amount": 5}),
        json!({"amount": 5, "reference": "x", "currency": "EUR"}),
    ] {
        let reused = wallet.keyed(CREDIT, &me, "k", &other).await;
        reused.assert_problem(422, "idempotency_key_reused");
    }
    assert_eq!(wallet.transactions().await, 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_422_and_moves_nothing() {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet
        .keyed(CREDIT, &me, "k-1", &json!({"amount": 5}))
        .await;
    wallet
        .keyed(CREDIT, &me, "k-1", &json!({"amount": 6}))
        .await
        .assert_problem(422, "idempotency_key_reused");
    assert_eq!(wallet.available(&me).await, 5);
}

#[tokio::test]
async fn a_key_is_its_users_and_its_routes_own() {
    let wallet = Wallet::start();
    let (me, other) = (wallet.person(), wallet.person());
    let body = json!({"amount": 5});
    for (path, person) in [(CREDIT, &me), (CREDIT, &other), (DEBIT, &me)] {
        let answer = wallet.keyed(path, person, "k-1", &body).await;
        assert_eq!(answer.status, 201);
        assert!(answer.headers.get("idempotency-replayed").is_none());
    }
    assert_eq!(
        (wallet.available(&me).await, wallet.available(&other).await),
        (0, 5)
    );
}

#[tokio::test]
async fn fifty_concurrent_requests_with_one_key_move_money_once_and_have_one_answer() {
    let wallet = Wallet::start();
    let me = wallet.person();
    let body = json!({"amount": 5});
    let answers = join_all((0..50).map(|_| wallet.keyed(CREDIT, &me, "k-1", &body))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && answer.body == answers[0].body)
    );
    let fresh = answers
        .iter()
        .filter(|answer| answer.headers.get("idempotency-replayed").is_none());
    assert_eq!(fresh.count(), 1);
    assert_eq!(
        (wallet.available(&me).await, wallet.transactions().await),
        (5, 1)
    );
}

#[tokio::test]
async fn a_402_is_remembered_as_it_was() {
    let wallet = Wallet::start();
    let me = wallet.person();
    let body = json!({"amount": 5});
    let first = wallet.keyed(DEBIT, &me, "k-1", &body).await;
    first.assert_problem(402, "insufficient_funds");
    wallet.fund(&me, 100).await;
    let again = wallet.keyed(DEBIT, &me, "k-1", &body).await;
    assert_eq!((again.status, &again.body), (402, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.header("content-type"), "application/problem+json");
    assert_eq!(wallet.available(&me).await, 100);
}

#[tokio::test]
async fn a_request_that_broke_a_rule_leaves_its_key_free() {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet
        .keyed(CREDIT, &me, "k-1", &json!({"amount": 0}))
        .await
        .assert_faults(&[("/amount", "out_of_range")]);
    assert_eq!(
        wallet
            .keyed(CREDIT, &me, "k-1", &json!({"amount": 5}))
            .await
            .status,
        201
    );
}

#[rstest]
#[case(String::new())]
#[case("with space".to_owned())]
#[case("k".repeat(256))]
#[tokio::test]
async fn a_key_that_is_none_is_400_and_moves_nothing(#[case] key: String) {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet
        .keyed(CREDIT, &me, &key, &json!({"amount": 5}))
        .await
        .assert_problem(400, "invalid_header");
    assert_eq!(wallet.transactions().await, 0);
}
