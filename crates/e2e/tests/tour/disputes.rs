//! Disputes: an operator decides, and the part goes on.

use e2e::{Part, Person, Shape, amount, eventually};
use serde_json::{Value, json};

use crate::items;

/// Lamps that are on their way to the buyer, and the dispute about them.
async fn disputed(grace: &Person, ada: &Person, lamp: &e2e::Product) -> (Part, String) {
    let part = Part::of(&ada.buys(&[(lamp, 2)]).await, grace);
    grace.has_shipped(&part, &part.everything()).await;
    let dispute = ada.disputes(&part).await;
    (part, dispute)
}

#[tokio::test]
async fn an_operator_refunds_releases_or_splits_and_what_is_decided_stays() {
    let shape = Shape::start();
    let Some(olga) = shape.operator().await else {
        return;
    };
    let client = shape.client();
    let (grace, ada) = (client.join("Grace").await, client.join("Ada").await);
    let lamp = grace.lists_to_ship("Lamp", 1_000, 100).await;
    ada.credit(10_000).await;
    let decide = async |part: &Part, id: &str, decision: Value| {
        let path = part.of_dispute(id, "resolve");
        for party in [&ada, &grace] {
            party
                .post(&path, &decision)
                .await
                .assert_problem(403, "forbidden");
        }
        let resolved = olga.post(&path, &decision).await;
        assert_eq!(resolved.status, 200, "{resolved:?}");
        assert_eq!(resolved.body["status"], "resolved");
        olga.post(&path, &decision)
            .await
            .assert_problem(409, "move_not_allowed");
        let again = json!({"fulfilmentId": part.id, "reason": "other", "comment": "Again"});
        ada.post(&part.order_path("/disputes"), &again)
            .await
            .assert_problem(409, "move_not_allowed");
        resolved.body
    };
    let has = async |money: i64| {
        eventually("the money", async || {
            (ada.balance().await == money).then_some(())
        })
        .await;
    };

    let (part, id) = disputed(&grace, &ada, &lamp).await;
    let path = format!("/api/orders/{}", part.order);
    let open = olga.get("/api/orders/disputes?status=open&limit=100").await;
    let listed = items(&open).iter().any(|one| one["dispute"]["id"] == *id);
    assert!(listed, "{open:?}");
    let orders = olga.get("/api/orders?disputed=true&limit=100").await;
    let listed = items(&orders)
        .iter()
        .any(|order| order["id"] == *part.order);
    assert!(listed, "{orders:?}");
    let refunded = decide(&part, &id, json!({"outcome": "refund", "comment": "Lost"})).await;
    assert_eq!(amount(&refunded["amount"]), 2_000);
    has(10_000).await;
    assert_eq!(ada.stock(&lamp).await, 98, "the goods stay where they are");
    let orders = olga.get("/api/orders?disputed=true&limit=100").await;
    let listed = items(&orders)
        .iter()
        .any(|order| order["id"] == *part.order);
    assert!(!listed, "{orders:?}");
    eventually("the order is refunded", async || {
        let order = ada.get(&path).await.body;
        (order["paymentStatus"] == "refunded").then_some(())
    })
    .await;

    let (part, id) = disputed(&grace, &ada, &lamp).await;
    let much = json!({"outcome": "partial", "amount": 2_001, "comment": "Too much"});
    let much = olga.post(&part.of_dispute(&id, "resolve"), &much).await;
    much.assert_problem(409, "refund_exceeds");
    let split = decide(
        &part,
        &id,
        json!({"outcome": "partial", "amount": 300, "comment": "A scratch"}),
    )
    .await;
    assert_eq!(amount(&split["amount"]), 300);
    has(10_000 - 2_000 + 300).await;
    assert_eq!(ada.part(&part).await["status"], "shipped");

    let (part, id) = disputed(&grace, &ada, &lamp).await;
    let released = json!({"outcome": "release", "comment": "The carrier has a signature"});
    let released = decide(&part, &id, released).await;
    assert_eq!(released["answer"], "The carrier has a signature");
    assert!(released.get("amount").is_none(), "{released}");
    ada.sees(&part, "completed").await;
    has(10_000 - 4_000 + 300).await;
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn a_dispute_takes_the_place_of_an_open_return_and_can_be_withdrawn() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, ada) = (client.join("Grace").await, client.join("Ada").await);
    let lamp = grace.lists_to_ship("Lamp", 1_000, 10).await;
    ada.credit(10_000).await;
    let part = Part::of(&ada.buys(&[(&lamp, 2)]).await, &grace);
    let package = grace.has_shipped(&part, &part.everything()).await;
    assert_eq!(ada.delivers(&part, &package).await.status, 200);
    ada.asks_back(&part, &part.items(&[(0, 1)])).await;
    let dispute = ada.disputes(&part).await;
    let seen = grace.part(&part).await;
    assert_eq!(seen["returns"][0]["status"], "superseded");
    assert_eq!(seen["disputes"][0]["status"], "open");
    let said = json!({"text": "Which return?"});
    let comments = part.of_dispute(&dispute, "comments");
    let said = grace.post(&comments, &said);
    assert_eq!(said.await.status, 201);
    let seen = ada.part(&part).await;
    let comment = &seen["disputes"][0]["comments"][0];
    assert_eq!(
        (&comment["name"], &comment["text"]),
        (&json!("Grace"), &json!("Which return?"))
    );
    let withdrawn = ada
        .post(&part.of_dispute(&dispute, "withdraw"), &json!({}))
        .await;
    assert_eq!(withdrawn.body["status"], "withdrawn", "{withdrawn:?}");
    // What was withdrawn can be said again.
    let again = ada.disputes(&part).await;
    assert_eq!(ada.part(&part).await["disputes"][1]["id"], *again);
    shape.assert_audit_is_clean();
}
