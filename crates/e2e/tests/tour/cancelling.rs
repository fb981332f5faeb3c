//! Cancelling what is not shipped: the money comes back, and so does the stock.

use e2e::{Part, Person, Product, Shape, amount, eventually};
use serde_json::json;

/// Waits until the wallet holds so much, and so many are in stock.
async fn come_back(buyer: &Person, money: i64, product: &Product, stock: i64) {
    eventually("money and stock", async || {
        let has_both = buyer.balance().await == money && buyer.stock(product).await == stock;
        has_both.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_buyer_cancels_all_that_is_not_shipped_and_the_order_is_refunded() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, linus, ada) = (
        client.join("Grace").await,
        client.join("Linus").await,
        client.join("Ada").await,
    );
    let lamp = grace.lists_to_ship("Lamp", 1_000, 10).await;
    let vase = linus.lists_to_ship("Vase", 50, 10).await;
    ada.credit(10_000).await;
    let order = ada.buys(&[(&lamp, 3), (&vase, 2)]).await;
    let (lamps, vases) = (Part::of(&order, &grace), Part::of(&order, &linus));
    let cancelled = ada.cancels(&lamps, None).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    for part in [&lamps, &vases] {
        let part = part.within(&cancelled.body);
        assert_eq!(part["status"], "cancelled");
        assert_eq!(part["refunded"], part["subtotal"]);
        assert_eq!(part["items"][0]["cancelled"], part["items"][0]["quantity"]);
    }
    assert_eq!(cancelled.body["fulfilmentStatus"], "cancelled");
    come_back(&ada, 10_000, &lamp, 10).await;
    come_back(&ada, 10_000, &vase, 10).await;
    let order = eventually("the refund", async || {
        let order = ada.order(&lamps.order).await.body;
        (order["status"] == "refunded").then_some(order)
    })
    .await;
    assert_eq!(order["paymentStatus"], "refunded");
    let again = ada.cancels(&lamps, None).await;
    again.assert_problem(409, "move_not_allowed");
    assert_eq!(again.body["allowed"], json!([]));
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn what_is_shipped_stays_and_what_is_cancelled_of_the_rest_comes_back() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let lamp = grace.lists_to_ship("Lamp", 1_000, 10).await;
    ada.credit(10_000).await;
    let part = Part::of(&ada.buys(&[(&lamp, 5)]).await, &grace);
    grace.has_shipped(&part, &part.items(&[(0, 2)])).await;
    let one = part.items(&[(0, 1)]);
    let cancelled = ada.cancels(&part, Some(&one)).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    assert_eq!(part.within(&cancelled.body)["status"], "open");
    come_back(&ada, 6_000, &lamp, 6).await;

    let more = ada.cancels(&part, Some(&part.items(&[(0, 3)]))).await;
    more.assert_problem(409, "move_not_allowed");
    assert_eq!(more.body["allowed"], json!(["deliver", "cancel"]));
    // The seller cannot deliver the rest.
    let cancelled = grace.cancels_part(&part, None).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    let shown = part.within(&cancelled.body);
    assert_eq!(shown["status"], "shipped");
    assert_eq!(amount(&shown["refunded"]), 3_000);
    assert_eq!(shown["items"][0]["cancelled"], 3);
    assert_eq!(shown["items"][0]["shipped"], 2);
    come_back(&ada, 8_000, &lamp, 8).await;
    let order = ada.order(&part.order).await.body;
    assert_eq!(order["status"], "paid");
    assert_eq!(order["paymentStatus"], "partially_refunded");
    let late = ada.cancels(&part, None).await;
    late.assert_problem(409, "move_not_allowed");
    let foreign = ada.cancels_part(&part, None).await;
    foreign.assert_problem(403, "forbidden");
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn the_stock_of_a_product_that_is_gone_comes_back_to_its_book_and_not_into_the_shop() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let lamp = grace.lists_to_ship("Lamp", 1_000, 10).await;
    ada.credit(10_000).await;
    let part = Part::of(&ada.buys(&[(&lamp, 5)]).await, &grace);
    let gone = json!({"id": lamp.id});
    let removed = grace.send(reqwest::Method::PATCH, "/api/products/remove", &gone);
    assert_eq!(removed.await.status, 200);
    assert_eq!(ada.cancels(&part, None).await.status, 200);
    eventually("the money", async || {
        (ada.balance().await == 10_000).then_some(())
    })
    .await;
    let products = ada.get(&format!("/api/products?seller={}", grace.id)).await;
    assert_eq!(products.body["items"], json!([]));
    shape.assert_audit_is_clean();
}
