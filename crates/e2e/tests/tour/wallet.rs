//! Topping up, withdrawing, and the statement.

use e2e::{Answer, Shape, unique};
use reqwest::Method;
use serde_json::json;

use crate::items;

#[tokio::test]
async fn who_never_topped_up_has_nothing_and_not_an_error() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let balance = ada.get("/api/wallet/balance").await;
    assert_eq!(balance.status, 200, "{balance:?}");
    assert_eq!(balance.body["available"], 0);
    assert_eq!(balance.body["pending"], 0);
    assert!(items(&ada.get("/api/wallet/transaction").await).is_empty());
}

#[tokio::test]
async fn a_debit_beyond_the_balance_is_declined_and_posts_nothing() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    ada.credit(100).await;
    let refused = ada.post("/api/wallet/debit", &json!({"amount": 101})).await;
    refused.assert_problem(402, "insufficient_funds");
    let all = ada.post("/api/wallet/debit", &json!({"amount": 100})).await;
    assert_eq!(all.status, 201, "{all:?}");
    assert_eq!(
        (&all.body["amount"], &all.body["balanceAfter"]),
        (&json!(-100), &json!(0))
    );
    assert_eq!(ada.all("/api/wallet/transaction").await.len(), 2);
    assert_eq!(ada.balance().await, 0);
}

#[tokio::test]
async fn the_statement_is_paged_and_filtered() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    for n in 1..=5 {
        ada.credit(n * 100).await;
    }
    ada.post("/api/wallet/debit", &json!({"amount": 50})).await;
    let all = ada.all("/api/wallet/transaction?limit=2").await;
    let sequences: Vec<_> = all
        .iter()
        .map(|entry| entry["sequence"].as_i64().unwrap())
        .collect();
    assert_eq!(sequences, [6, 5, 4, 3, 2, 1]);
    let credit_kind = all[5]["type"].as_str().unwrap();
    let credits = ada
        .all(&format!(
            "/api/wallet/transaction?type={credit_kind}&limit=2"
        ))
        .await;
    assert_eq!(credits.len(), 5);
    let from = all[3]["createdAt"].as_str().unwrap();
    let to = all[1]["createdAt"].as_str().unwrap();
    for entry in ada
        .all(&format!("/api/wallet/transaction?from={from}&to={to}"))
        .await
    {
        let at = entry["createdAt"].as_str().unwrap();
        assert!(from <= at && at <= to, "{at}");
    }
    let later = ada
        .get("/api/wallet/transaction?from=2999-01-01T00:00:00.000Z")
        .await;
    assert!(items(&later).is_empty());
}

#[tokio::test]
async fn nobody_sees_anothers_wallet() {
    let shape = Shape::start();
    let [ada, eve] = shape.join(["Ada", "Eve"]).await;
    ada.credit(100).await;
    assert_eq!(eve.balance().await, 0);
    assert!(eve.all("/api/wallet/transaction").await.is_empty());
}

#[tokio::test]
async fn a_repeated_credit_with_one_key_counts_once_and_is_answered_alike() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let key = unique();
    let credit = async |amount: i64| {
        let request = ada.request(Method::POST, "/api/wallet/credit");
        Answer::of(
            request
                .header("idempotency-key", &key)
                .json(&json!({"amount": amount})),
        )
        .await
    };
    let first = credit(100).await;
    let second = credit(100).await;
    assert_eq!((first.status, second.status), (201, 201), "{second:?}");
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(second.header("idempotency-replayed"), "true");
    credit(200)
        .await
        .assert_problem(422, "idempotency_key_reused");
    assert_eq!(ada.balance().await, 100);

    let eve = shape.client().join("Eve").await;
    let request = eve.request(Method::POST, "/api/wallet/credit");
    let hers = Answer::of(
        request
            .header("idempotency-key", &key)
            .json(&json!({"amount": 7})),
    )
    .await;
    assert_eq!(
        (hers.status, &hers.body["amount"]),
        (201, &json!(7)),
        "a key is its user's own"
    );
}

#[tokio::test]
async fn a_declined_debit_with_a_key_may_be_tried_again_with_another() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let debit = async |key: &str| {
        let request = ada.request(Method::POST, "/api/wallet/debit");
        Answer::of(
            request
                .header("idempotency-key", key)
                .json(&json!({"amount": 10})),
        )
        .await
    };
    let (one, two) = (unique(), unique());
    debit(&one).await.assert_problem(402, "insufficient_funds");
    ada.credit(10).await;
    assert_eq!(debit(&two).await.status, 201);
    assert_eq!(ada.balance().await, 0);
}
