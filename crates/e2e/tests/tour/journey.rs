//! The journey that the README shows.

use e2e::{Shape, unique};
use serde_json::json;

#[tokio::test]
async fn from_register_to_a_paid_order_and_the_wallets_history() {
    let shape = Shape::start();
    let client = shape.client();

    let email = format!("{}@example.com", unique());
    let registered = client
        .post(
            "/api/users/register",
            &json!({"name": "Ada", "email": email, "password": "correct horse"}),
        )
        .await;
    assert_eq!(registered.status, 201, "{registered:?}");
    assert_eq!(registered.header("location"), "/api/users/me");
    assert_eq!(registered.body["email"], email.as_str());
    assert!(!registered.body.to_string().contains("correct horse"));

    let buyer = client.log_in(&email, "correct horse").await;
    let seller = client.join("Grace").await;
    let lamp = seller.lists("Brass lamp", 2_500, 10).await;

    let credited = buyer
        .post(
            "/api/wallet/credit",
            &json!({"amount": 10_000, "reference": "first pay"}),
        )
        .await;
    assert_eq!(credited.status, 201, "{credited:?}");
    assert_eq!(credited.body["amount"], 10_000);
    assert_eq!(credited.body["balanceAfter"], 10_000);

    let order = buyer.orders(&lamp, 3).await;
    assert_eq!(order.status, 201, "{order:?}");
    let id = order.body["id"].as_str().unwrap();
    assert_eq!(order.header("location"), format!("/api/orders/{id}"));
    assert_eq!(order.body["status"], "paid");
    assert_eq!(order.body["buyerId"], buyer.id.as_str());
    assert_eq!(
        order.body["total"],
        json!({"amount": 7_500, "currency": "USD"})
    );
    let line = &order.body["items"][0];
    assert_eq!(line["productId"], lamp.id.as_str());
    assert_eq!(line["sellerId"], seller.id.as_str());
    assert_eq!(line["name"], "Brass lamp");
    assert_eq!(line["quantity"], 3);
    assert_eq!(
        line["unitPrice"],
        json!({"amount": 2_500, "currency": "USD"})
    );
    assert_eq!(
        line["lineTotal"],
        json!({"amount": 7_500, "currency": "USD"})
    );

    assert_eq!(buyer.balance().await, 2_500);
    assert_eq!(seller.stock(&lamp).await, 7);

    let history = buyer.all("/api/wallet/transaction").await;
    let amounts: Vec<_> = history
        .iter()
        .map(|entry| entry["amount"].as_i64().unwrap())
        .collect();
    let balances: Vec<_> = history
        .iter()
        .map(|entry| entry["balanceAfter"].as_i64().unwrap())
        .collect();
    let sequences: Vec<_> = history
        .iter()
        .map(|entry| entry["sequence"].as_i64().unwrap())
        .collect();
    assert_eq!(amounts, [-7_500, 10_000], "newest first");
    assert_eq!(balances, [2_500, 10_000]);
    assert_eq!(sequences, [2, 1], "no gap");
    assert_eq!(history[0]["orderId"], id);
    assert_eq!(history[1]["reference"], "first pay");
    shape.assert_audit_is_clean();
}
