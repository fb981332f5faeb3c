//! Names: sellers and buyers see what the other was called when the order was placed.

use e2e::{Part, Shape, eventually};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn an_order_keeps_the_names_of_its_day() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, ada) = (client.join("Grace Hopper").await, client.join("Ada").await);
    let song = grace.lists("Song", 100, 10).await;
    ada.credit(1_000).await;
    // The names travel by event, which the first order may overtake.
    let buy = async || {
        let order = ada.buys(&[(&song, 1)]).await;
        grace.has_sold(&[&Part::of(&order, &grace)]).await;
        order
    };
    let order = eventually("the names", async || {
        let order = buy().await;
        let part = Part::of(&order, &grace);
        let sale = grace.all("/api/orders/sales").await;
        let newest = sale
            .first()
            .map(|sale| (&sale["orderId"], &sale["buyerName"]));
        let named = part.within(&order)["seller"]["name"] == "Grace Hopper"
            && newest == Some((&order["id"], &json!("Ada")));
        named.then_some(order)
    })
    .await;
    let renamed = json!({"name": "Ada Lovelace"});
    let renamed = ada.send(Method::PATCH, "/api/users/me", &renamed).await;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    eventually("the new name", async || {
        buy().await;
        let sales = grace.all("/api/orders/sales").await;
        let newest = sales.first().map(|sale| &sale["buyerName"]);
        (newest == Some(&json!("Ada Lovelace"))).then_some(())
    })
    .await;
    let sales = grace.all("/api/orders/sales").await;
    let old = sales.iter().find(|sale| sale["orderId"] == order["id"]);
    assert_eq!(old.unwrap()["buyerName"], "Ada");
}
