//! Ordering: which orders are paid, declined or refused, and who may see them.

use std::time::Duration;

use e2e::{Answer, Shape, eventually, unique, within};
use reqwest::Method;
use serde_json::json;

use crate::{column, items};

#[tokio::test]
async fn without_the_money_the_order_is_declined_and_the_stock_comes_back() {
    let shape = Shape::start();
    let [seller, buyer] = shape.join(["Grace", "Ada"]).await;
    let lamp = seller.lists("Lamp", 1_000, 5).await;
    buyer.credit(999).await;
    let declined = buyer.orders(&lamp, 1).await;
    declined.assert_problem(402, "insufficient_funds");
    let order = &declined.body["order"];
    assert_eq!(order["status"], "declined");
    assert!(order["reason"].is_string(), "{order}");
    let read = buyer.order(order["id"].as_str().unwrap()).await;
    assert_eq!(read.body["status"], "declined");
    assert_eq!(buyer.balance().await, 999);
    assert_eq!(buyer.all("/api/wallet/transaction").await.len(), 1);
    eventually("the stock to come back", async || {
        (seller.stock(&lamp).await == 5).then_some(())
    })
    .await;
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn what_is_not_in_stock_is_refused_line_by_line_and_nothing_is_taken() {
    let shape = Shape::start();
    let [seller, buyer] = shape.join(["Grace", "Ada"]).await;
    let (plenty, scarce) = (
        seller.lists("Pen", 100, 50).await,
        seller.lists("Ink", 100, 2).await,
    );
    buyer.credit(100_000).await;
    let refused = buyer
        .post(
            "/api/orders/create",
            &json!({"items": [{"productId": plenty.id, "quantity": 1}, {"productId": scarce.id, "quantity": 3}]}),
        )
        .await;
    refused.assert_problem(409, "out_of_stock");
    let text = refused.body.to_string();
    assert!(
        text.contains(&scarce.id) && !text.contains(&plenty.id),
        "{text}"
    );
    assert_eq!(
        (seller.stock(&plenty).await, seller.stock(&scarce).await),
        (50, 2)
    );
    assert_eq!(buyer.balance().await, 100_000);
    let mine = buyer.get(&format!("/api/orders/{}/byUser", buyer.id)).await;
    assert!(items(&mine).is_empty(), "no order was made");
}

#[tokio::test]
async fn lines_for_one_product_are_summed_before_the_stock_is_asked() {
    let shape = Shape::start();
    let [seller, buyer] = shape.join(["Grace", "Ada"]).await;
    let ink = seller.lists("Ink", 100, 3).await;
    buyer.credit(1_000).await;
    let twice = json!({"items": [{"productId": ink.id, "quantity": 2}, {"productId": ink.id, "quantity": 2}]});
    buyer
        .post("/api/orders/create", &twice)
        .await
        .assert_problem(409, "out_of_stock");
    assert_eq!(seller.stock(&ink).await, 3);
}

#[tokio::test]
async fn ones_own_and_unknown_products_cannot_be_ordered() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    let lamp = seller.lists("Lamp", 100, 5).await;
    seller.credit(1_000).await;
    let own = seller.orders(&lamp, 1).await;
    assert_eq!(own.status, 422, "{own:?}");
    let unknown = seller
        .post(
            "/api/orders/create",
            &json!({"productId": unique(), "quantity": 1}),
        )
        .await;
    assert_eq!(unknown.status, 422, "{unknown:?}");
    assert!(
        unknown.body.to_string().contains("unknown_product"),
        "{unknown:?}"
    );
    assert_eq!(
        (seller.stock(&lamp).await, seller.balance().await),
        (5, 1_000)
    );
}

#[tokio::test]
async fn who_does_not_wait_gets_202_and_finds_the_order_paid_soon() {
    let shape = Shape::start();
    let [seller, buyer] = shape.join(["Grace", "Ada"]).await;
    let lamp = seller.lists("Lamp", 100, 5).await;
    buyer.credit(1_000).await;
    let request = buyer
        .request(Method::POST, "/api/orders/create")
        .header("prefer", "respond-async");
    let accepted = Answer::of(request.json(&json!({"productId": lamp.id, "quantity": 2}))).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    assert_eq!(accepted.body["status"], "pending");
    let path = accepted.header("location").to_owned();
    within(Duration::from_secs(10), "the payment", async || {
        let order = buyer.get(&path).await;
        (order.body["status"] == "paid").then_some(())
    })
    .await;
    assert_eq!(buyer.balance().await, 800);
}

#[tokio::test]
async fn a_seller_sees_the_own_lines_a_stranger_sees_nothing() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, linus, ada, eve) = (
        client.join("Grace").await,
        client.join("Linus").await,
        client.join("Ada").await,
        client.join("Eve").await,
    );
    let (lamp, pen) = (
        grace.lists("Lamp", 100, 5).await,
        linus.lists("Pen", 10, 5).await,
    );
    ada.credit(1_000).await;
    let order = ada
        .post(
            "/api/orders/create",
            &json!({"items": [{"productId": lamp.id, "quantity": 1}, {"productId": pen.id, "quantity": 2}]}),
        )
        .await;
    assert_eq!(order.status, 201, "{order:?}");
    let id = order.body["id"].as_str().unwrap();
    assert_eq!(order.body["total"]["amount"], 120);

    let hers = ada.order(id).await;
    assert_eq!(hers.body["items"].as_array().unwrap().len(), 2);
    for (seller, product) in [(&grace, &lamp), (&linus, &pen)] {
        let view = seller.order(id).await;
        assert_eq!(view.status, 200, "{view:?}");
        assert_eq!(
            column(view.body["items"].as_array().unwrap(), "productId"),
            [product.id.as_str()]
        );
        let other = if product.id == lamp.id {
            &pen.id
        } else {
            &lamp.id
        };
        assert!(!view.body.to_string().contains(other.as_str()), "{view:?}");
        assert_ne!(view.header("etag"), hers.header("etag"));
    }
    eve.order(id).await.assert_problem(404, "order_not_found");
    ada.order(&unique())
        .await
        .assert_problem(404, "order_not_found");
    ada.order("nonsense")
        .await
        .assert_problem(404, "order_not_found");

    let again = ada.request(Method::GET, &format!("/api/orders/{id}"));
    let same = Answer::of(again.header("if-none-match", hers.header("etag"))).await;
    assert_eq!(same.status, 304);
}

#[tokio::test]
async fn the_own_orders_are_paged_and_filtered_and_only_the_own() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let pen = grace.lists("Pen", 10, 100).await;
    ada.credit(50).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(
            ada.orders(&pen, 1).await.body["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let declined = ada.orders(&pen, 1).await;
    assert_eq!(declined.status, 402);
    made.push(declined.body["order"]["id"].as_str().unwrap().to_owned());
    made.reverse();

    let path = format!("/api/orders/{}/byUser", ada.id);
    assert_eq!(
        column(&ada.all(&format!("{path}?limit=2")).await, "id"),
        made
    );
    let paid = ada.all(&format!("{path}?status=paid&limit=2")).await;
    assert_eq!(column(&paid, "id"), made[1..]);
    let refused = ada.all(&format!("{path}?status=declined")).await;
    assert_eq!(column(&refused, "id"), made[..1]);
    ada.get(&format!("{path}?status=eaten"))
        .await
        .assert_problem(422, "validation_failed");
    grace.get(&path).await.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn a_repeated_order_with_one_key_is_made_once_and_answered_alike() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let pen = grace.lists("Pen", 10, 100).await;
    ada.credit(1_000).await;
    let key = unique();
    let order = async |quantity: i64| {
        let request = ada.request(Method::POST, "/api/orders/create");
        let body = json!({"productId": pen.id, "quantity": quantity});
        Answer::of(request.header("idempotency-key", &key).json(&body)).await
    };
    let first = order(1).await;
    let second = order(1).await;
    assert_eq!((first.status, second.status), (201, 201), "{second:?}");
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(second.header("idempotency-replayed"), "true");
    order(2).await.assert_problem(422, "idempotency_key_reused");
    assert_eq!(grace.stock(&pen).await, 99);
    assert_eq!(ada.balance().await, 990);
}

#[tokio::test]
async fn a_declined_order_with_a_key_stays_declined_also_when_the_money_has_come() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let pen = grace.lists("Pen", 10, 100).await;
    let key = unique();
    let order = async || {
        let request = ada.request(Method::POST, "/api/orders/create");
        let body = json!({"productId": pen.id, "quantity": 1});
        Answer::of(request.header("idempotency-key", &key).json(&body)).await
    };
    let first = order().await;
    first.assert_problem(402, "insufficient_funds");
    ada.credit(1_000).await;
    let second = order().await;
    assert_eq!(
        (second.status, &second.body["order"]),
        (402, &first.body["order"])
    );
    assert_eq!(ada.balance().await, 1_000);
}

#[tokio::test]
async fn a_price_raised_since_the_buyer_saw_it_is_not_charged_and_a_lower_one_is() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let lamp = grace.lists("Lamp", 1_000, 10).await;
    ada.credit(1_000_000).await;
    let seen = ada.get(&format!("/api/products/{}", lamp.id)).await.body;
    let reprice = async |amount: i64| {
        let edit = json!({"id": lamp.id, "price": amount});
        let path = "/api/products/update";
        let edited = grace.send(Method::PUT, path, &edit).await;
        assert_eq!(edited.status, 200, "{edited:?}");
        edited.body
    };
    let now = reprice(100_000).await;
    let key = unique();
    let order = async |terms: serde_json::Value, key: &str| {
        let mut body = json!({"productId": lamp.id, "quantity": 1});
        let members = body.as_object_mut().unwrap();
        members.extend(terms.as_object().unwrap().clone());
        let request = ada.request(Method::POST, "/api/orders/create");
        Answer::of(request.header("idempotency-key", key).json(&body)).await
    };
    for terms in [
        json!({"unitPrice": seen["price"]}),
        json!({"unitPrice": {"amount": 100_000, "currency": "EUR"}}),
        json!({"version": seen["version"]}),
        json!({"expectedTotal": seen["price"]}),
    ] {
        let refused = order(terms.clone(), &unique()).await;
        refused.assert_problem(409, "price_changed");
        let line = &refused.body["lines"][0];
        assert_eq!(line["productId"], *lamp.id, "{refused:?}");
        assert_eq!(line["unitPrice"], now["price"]);
        assert_eq!(line["version"], now["version"]);
        assert_eq!(refused.body["total"], now["price"]);
    }
    let refused = order(json!({"unitPrice": 1_000}), &key).await;
    reprice(900).await;
    let again = order(json!({"unitPrice": 1_000}), &key).await;
    assert_eq!((again.status, &again.body), (409, &refused.body));
    assert_eq!(grace.stock(&lamp).await, 10, "nothing was held");
    order(json!({"expectedTotal": 1_000}), &unique())
        .await
        .assert_problem(409, "price_changed");
    let ordered = order(json!({"unitPrice": 1_000}), &unique()).await;
    assert_eq!(ordered.status, 201, "{ordered:?}");
    assert_eq!(ordered.body["total"]["amount"], 900);
    let exact = order(json!({"expectedTotal": 900}), &unique()).await;
    assert_eq!(exact.status, 201, "{exact:?}");
    let guarded = ada.request(Method::POST, "/api/orders/create");
    let guarded = guarded.header("if-match", "\"1\"");
    Answer::of(guarded.json(&json!({"productId": lamp.id, "quantity": 1})))
        .await
        .assert_problem(412, "precondition_failed");
    assert_eq!(ada.balance().await, 1_000_000 - 2 * 900);
    assert_eq!(grace.stock(&lamp).await, 8);
    shape.assert_audit_is_clean();
}
