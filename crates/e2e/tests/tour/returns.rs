//! Returns: the buyer asks, the seller answers and receives, the money and the stock come back to the unit.

use e2e::{Part, Person, Shape, amount, eventually};
use serde_json::{Value, json};

use crate::{column, items};

/// Three lamps that the buyer has.
async fn delivered(grace: &Person, ada: &Person, part: &Part) {
    let package = grace.has_shipped(part, &part.everything()).await;
    let arrived = ada.delivers(part, &package).await;
    assert_eq!(arrived.status, 200, "{arrived:?}");
}

fn back(part: &Part, quantity: i64, restock: bool) -> Value {
    json!({"items": [{"lineId": part.lines[0].0, "quantity": quantity, "restock": restock}]})
}

#[tokio::test]
async fn what_comes_back_is_refunded_and_restocked_or_written_off_parcel_by_parcel() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, ada, eve) = (
        client.join("Grace").await,
        client.join("Ada").await,
        client.join("Eve").await,
    );
    let lamp = grace.lists_to_ship("Lamp", 1_000, 10).await;
    ada.credit(10_000).await;
    let part = Part::of(&ada.buys(&[(&lamp, 3)]).await, &grace);
    let early = json!({"fulfilmentId": part.id, "items": part.items(&[(0, 1)]), "reason": "other"});
    let early = ada.post(&part.order_path("/returns"), &early).await;
    early.assert_problem(409, "move_not_allowed");
    delivered(&grace, &ada, &part).await;

    let body = json!({
        "fulfilmentId": part.id, "items": part.items(&[(0, 2)]), "reason": "damaged", "comment": "Two have a crack",
    });
    let requested = ada.post(&part.order_path("/returns"), &body).await;
    assert_eq!(requested.status, 201, "{requested:?}");
    assert_eq!(requested.body["status"], "requested");
    assert_eq!(requested.body["reason"], "damaged");
    assert_eq!(requested.body["comment"], "Two have a crack");
    let id = requested.body["id"].as_str().unwrap();
    assert_eq!(grace.part(&part).await["returns"], json!([requested.body]));
    let page = grace
        .get("/api/orders/returns?status=requested&role=seller")
        .await;
    let listed = &items(&page)[0];
    assert_eq!(listed["orderId"], *part.order);
    assert_eq!(listed["fulfilmentId"], *part.id);
    assert_eq!(listed["return"], requested.body);
    assert_eq!(items(&ada.get("/api/orders/returns").await).len(), 1);
    assert_eq!(items(&eve.get("/api/orders/returns").await).len(), 0);
    let second = ada.post(&part.order_path("/returns"), &body).await;
    second.assert_problem(409, "move_not_allowed");

    let approved = grace
        .post(
            &part.of_return(id, "approve"),
            &json!({"comment": "To 1 High Street"}),
        )
        .await;
    assert_eq!(approved.status, 200, "{approved:?}");
    assert_eq!(approved.body["status"], "approved");
    assert_eq!(approved.body["answer"], "To 1 High Street");
    assert!(approved.body["expiresAt"].is_string(), "{approved:?}");
    let receive = part.of_return(id, "receive");
    let one = grace.post(&receive, &back(&part, 1, true)).await;
    assert_eq!(one.status, 200, "{one:?}");
    assert_eq!(one.body["status"], "approved");
    assert_eq!(one.body["items"][0]["received"], 1);
    let many = grace.post(&receive, &back(&part, 2, true)).await;
    many.assert_problem(409, "move_not_allowed");
    let broken = grace.post(&receive, &back(&part, 1, false)).await;
    assert_eq!(broken.body["status"], "received", "{broken:?}");
    eventually("money and stock", async || {
        let has_both = ada.balance().await == 9_000 && ada.stock(&lamp).await == 8;
        has_both.then_some(())
    })
    .await;
    let line = ada.part(&part).await["items"][0].clone();
    assert_eq!(
        (&line["returned"], &line["refunded"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(amount(&line["refundedAmount"]), 2_000);

    // The third lamp goes back later, or not after all.
    let third = ada.asks_back(&part, &part.items(&[(0, 1)])).await;
    let withdrawn = ada
        .post(&part.of_return(&third, "withdraw"), &json!({}))
        .await;
    assert_eq!(withdrawn.body["status"], "withdrawn", "{withdrawn:?}");
    let moves = column(&ada.timeline(&part.order).await, "move");
    for (word, count) in [
        ("request_return", 2),
        ("approve_return", 1),
        ("receive_return", 2),
        ("withdraw_return", 1),
    ] {
        let found = moves.iter().filter(|made| *made == word);
        assert_eq!(found.count(), count, "{word}: {moves:?}");
    }
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn comments_are_for_the_buyer_the_seller_of_the_part_and_nobody_else() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, linus, ada) = (
        client.join("Grace").await,
        client.join("Linus").await,
        client.join("Ada").await,
    );
    let lamp = grace.lists_to_ship("Lamp", 1_000, 10).await;
    let pen = linus.lists("Pen", 10, 10).await;
    ada.credit(10_000).await;
    let order = ada.buys(&[(&lamp, 1), (&pen, 1)]).await;
    let part = Part::of(&order, &grace);
    delivered(&grace, &ada, &part).await;
    let secret = "Between you and me";
    let body = json!({"fulfilmentId": part.id, "items": part.everything(), "reason": "other", "comment": secret});
    let requested = ada.post(&part.order_path("/returns"), &body).await;
    let id = requested.body["id"].as_str().unwrap();
    let denied = grace
        .post(&part.of_return(id, "deny"), &json!({"comment": secret}))
        .await;
    assert_eq!(denied.body["status"], "denied", "{denied:?}");
    let body = json!({"fulfilmentId": part.id, "reason": "return_denied", "comment": secret});
    let opened = ada.post(&part.order_path("/disputes"), &body).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    for path in [
        part.order_path(""),
        part.order_path("/timeline"),
        "/api/orders/returns".to_owned(),
        "/api/orders/disputes".to_owned(),
        "/api/orders/sales".to_owned(),
    ] {
        let seen = linus.get(&path).await;
        assert_eq!(seen.status, 200, "{seen:?}");
        assert!(!seen.body.to_string().contains(secret), "{path}: {seen:?}");
    }
    for path in [part.order_path(""), part.order_path("/timeline")] {
        for person in [&ada, &grace] {
            let seen = person.get(&path).await.body.to_string();
            assert!(seen.contains(secret), "{path}: {seen}");
        }
    }
    let foreign = linus.post(&part.of_return(id, "approve"), &json!({})).await;
    foreign.assert_problem(404, "return_not_found");
    shape.assert_audit_is_clean();
}
