//! Variants, drafts and stock, from the listing to what comes back.

use e2e::{Part, Product, Shape, eventually};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn variants_are_sold_and_cancelled_each_from_its_own_stock() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let members = json!({
        "delivery": "shipped",
        "options": {"Size": "M"},
        "variants": [{"options": {"Size": "L"}, "stock": 4, "price": 1_200}],
    });
    let shirt = grace.lists_with("Shirt", 1_000, 10, &members).await;
    let path = format!("/api/products/{}", shirt.id);
    let large = ada.get(&path).await.body["variants"][1]["id"].clone();
    ada.credit(10_000).await;
    let basket = json!({
        "items": [
            {"productId": shirt.id, "variantId": large, "quantity": 3, "unitPrice": 1_200},
            {"productId": shirt.id, "quantity": 2, "unitPrice": 1_000},
        ],
        "shippingAddress": e2e::address(),
        "metadata": {"cart": 7},
    });
    let placed = ada.post("/api/orders/create", &basket).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    assert_eq!(placed.body["total"]["amount"], 5_600);
    assert_eq!(placed.body["metadata"], json!({"cart": 7}));
    let first = &placed.body["items"][0];
    assert_eq!(
        (&first["variantId"], &first["options"]),
        (&large, &json!({"Size": "L"}))
    );
    assert_eq!(placed.body["items"][1].get("variantId"), None);
    let stocks = async || -> Vec<Value> {
        let variants = ada.get(&path).await.body["variants"].clone();
        let variants = variants.as_array().unwrap().iter();
        variants.map(|variant| variant["stock"].clone()).collect()
    };
    assert_eq!(stocks().await, [8, 1]);
    let part = Part::of(&placed.body, &grace);
    let cancelled = ada.cancels(&part, Some(&part.items(&[(0, 2)]))).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    eventually("the stock of the variant", async || {
        (stocks().await == [8, 3]).then_some(())
    })
    .await;
    let more = json!({"variantId": large, "delta": -3, "reason": "Moth"});
    let adjusted = grace.post(&format!("{path}/stock"), &more).await;
    assert_eq!((adjusted.status, &adjusted.body["stock"]), (201, &json!(0)));
    let history = grace.get(&format!("{path}/stock")).await;
    assert_eq!(history.body["items"][0]["reason"], "Moth");
    let again = json!({"productId": shirt.id, "variantId": large, "quantity": 1, "shippingAddress": e2e::address()});
    let refused = ada.post("/api/orders/create", &again).await;
    refused.assert_problem(409, "out_of_stock");
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn a_draft_is_sold_once_it_is_published_and_its_buyer_sees_it_for_ever() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, ada, eve) = (
        client.join("Grace").await,
        client.join("Ada").await,
        client.join("Eve").await,
    );
    let vase: Product = grace
        .lists_with("Vase", 500, 3, &json!({"status": "draft"}))
        .await;
    let path = format!("/api/products/{}", vase.id);
    ada.credit(10_000).await;
    ada.get(&path)
        .await
        .assert_problem(404, "product_not_found");
    let refused = ada.orders(&vase, 1).await;
    refused.assert_problem(422, "unknown_product");
    let published = grace.post(&format!("{path}/publish"), &json!({})).await;
    assert_eq!(published.status, 200, "{published:?}");
    assert_eq!(ada.orders(&vase, 1).await.status, 201);
    let removed = grace
        .send(
            Method::PATCH,
            "/api/products/remove",
            &json!({"id": vase.id}),
        )
        .await;
    assert_eq!(removed.status, 200, "{removed:?}");
    // Once the sale is confirmed.
    eventually("the buyer's view", async || {
        (ada.get(&path).await.status == 200).then_some(())
    })
    .await;
    eve.get(&path)
        .await
        .assert_problem(404, "product_not_found");
    let own = grace.get("/api/products/mine?status=removed").await;
    assert_eq!(own.body["items"][0]["id"], vase.id.as_str());
    shape.assert_audit_is_clean();
}
