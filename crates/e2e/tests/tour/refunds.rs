//! Refunds by the seller, of items and of amounts: to the unit, whatever the partition.

use e2e::{Answer, Part, Shape, amount, eventually};
use serde_json::{Value, json};

use crate::column;

#[tokio::test]
async fn items_and_amounts_are_refunded_until_nothing_is_left() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let song = grace.lists("Song", 333, 10).await;
    let book = grace.lists("Book", 1_000, 10).await;
    ada.credit(10_000).await;
    let part = Part::of(&ada.buys(&[(&song, 3), (&book, 1)]).await, &grace);
    ada.sees(&part, "delivered").await;

    let one = grace.refunds(&part, "items", &part.items(&[(0, 1)])).await;
    assert_eq!(one.status, 201, "{one:?}");
    assert_eq!(one.body["status"], "done");
    assert_eq!(one.body["fulfilmentId"], part.id.as_str());
    assert_eq!(amount(&one.body["amount"]), 333);
    assert_eq!(amount(&one.body["commissionReversed"]), 0);
    assert_eq!(ada.balance().await, 10_000 - 1_999 + 333);

    // The amount is spread over what is left: 666 and 1000.
    let some = grace.refunds(&part, "amount", &json!(833)).await;
    assert_eq!(some.status, 201, "{some:?}");
    let items = &grace.part(&part).await["items"];
    assert_eq!(amount(&items[0]["refundedAmount"]), 333 + 333);
    assert_eq!(amount(&items[1]["refundedAmount"]), 500);
    assert_eq!(items[0]["refunded"], 1, "an amount is of no item");

    let much = grace.refunds(&part, "amount", &json!(834)).await;
    much.assert_problem(409, "refund_exceeds");
    assert_eq!(much.body["left"], json!({"amount": 833, "currency": "USD"}));
    // Of each item what is left of its line: 333 of the 666, and 500.
    let rest = part.items(&[(0, 2), (1, 1)]);
    let rest = grace.refunds(&part, "items", &rest).await;
    assert_eq!(rest.status, 201, "{rest:?}");
    assert_eq!(amount(&rest.body["amount"]), 833);
    assert_eq!(ada.balance().await, 10_000);
    let order = ada.order(&part.order).await.body;
    assert_eq!(
        (&order["status"], &order["paymentStatus"]),
        (&json!("refunded"), &json!("refunded"))
    );
    assert_eq!(ada.stock(&song).await, 7, "the buyer keeps the songs");
    let history = ada.all("/api/wallet/transaction?type=order_refund").await;
    let amounts: Vec<i64> = history
        .iter()
        .map(|entry| entry["amount"].as_i64().unwrap())
        .collect();
    assert_eq!(amounts, [833, 833, 333]);
    assert!(history.iter().all(|entry| entry["orderId"] == *part.order));
    let moves = column(&ada.timeline(&part.order).await, "move");
    let refunds = moves.iter().filter(|word| *word == "refund");
    assert_eq!(refunds.count(), 3, "{moves:?}");
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn refunded_items_come_back_into_stock_if_the_seller_says_so_or_never_shipped_them() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let lamp = grace.lists_to_ship("Lamp", 100, 10).await;
    ada.credit(1_000).await;
    let part = Part::of(&ada.buys(&[(&lamp, 6)]).await, &grace);
    grace.has_shipped(&part, &part.items(&[(0, 3)])).await;
    let refund = async |quantity: i64, restock: Option<bool>| {
        let mut body = part.refund("items", &part.items(&[(0, quantity)]));
        if let Some(restock) = restock {
            body["restock"] = json!(restock);
        }
        let refunded = grace.post(&part.order_path("/refunds"), &body).await;
        assert_eq!(refunded.status, 201, "{refunded:?}");
        grace.part(&part).await["items"][0].clone()
    };
    let stock = async |expected: i64| {
        eventually("the stock", async || {
            (grace.stock(&lamp).await == expected).then_some(())
        })
        .await;
    };
    // Those that are not shipped go first: one back into stock, one written off.
    let item = refund(1, None).await;
    assert_eq!(
        (&item["cancelled"], &item["shipped"]),
        (&json!(1), &json!(3))
    );
    stock(5).await;
    let item = refund(1, Some(false)).await;
    assert_eq!(item["cancelled"], 2);
    // The last that is not shipped, and one that was, which the seller has back.
    let item = refund(2, Some(true)).await;
    assert_eq!(
        (&item["cancelled"], &item["returned"]),
        (&json!(3), &json!(1))
    );
    stock(7).await;
    // The buyer keeps this one.
    let item = refund(1, None).await;
    assert_eq!(
        (&item["refunded"], &item["returned"]),
        (&json!(5), &json!(1))
    );
    assert_eq!(grace.stock(&lamp).await, 7);
    assert_eq!(ada.balance().await, 1_000 - 600 + 500);
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn who_does_not_wait_for_a_refund_gets_202_and_finds_it_done_soon() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let song = grace.lists("Song", 500, 10).await;
    ada.credit(1_000).await;
    let part = Part::of(&ada.buys(&[(&song, 1)]).await, &grace);
    grace.has_sold(&[&part]).await;
    let request = grace.refund_request(&part, &json!({"amount": 200, "currency": "USD"}));
    let accepted = Answer::of(request.header("prefer", "respond-async")).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    assert_eq!(accepted.body["status"], "pending");
    assert_eq!(amount(&accepted.body["amount"]), 200);
    eventually("the refund", async || {
        (ada.balance().await == 700).then_some(())
    })
    .await;
    // A buyer does not refund, and another currency is not the order's.
    let own = ada.refunds(&part, "amount", &json!(1)).await;
    own.assert_problem(403, "forbidden");
    let euros = json!({"amount": 1, "currency": "EUR"});
    let other = grace.refunds(&part, "amount", &euros).await;
    other.assert_problem(422, "validation_failed");
    let both: Value = json!({
        "fulfilmentId": part.id, "amount": 1, "items": part.everything(), "reason": "A test",
    });
    let both = grace.post(&part.order_path("/refunds"), &both).await;
    both.assert_problem(422, "validation_failed");
    assert_eq!(ada.balance().await, 700);
    shape.assert_audit_is_clean();
}
