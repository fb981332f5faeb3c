//! What a seller has sold: the list, and its sums by day.

use e2e::{Part, Shape, address, amount, eventually};
use serde_json::{Value, json};

use crate::{column, items};

#[tokio::test]
async fn a_seller_finds_what_is_to_be_shipped_and_to_whom() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, linus, ada) = (
        client.join("Grace").await,
        client.join("Linus").await,
        client.join("Ada").await,
    );
    let lamp = grace.lists_to_ship("Lamp", 100, 100).await;
    let pen = linus.lists("Pen", 10, 100).await;
    ada.credit(10_000).await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        let order = ada.buys(&[(&lamp, 1), (&pen, 1)]).await;
        orders.push(order["id"].as_str().unwrap().to_owned());
    }
    orders.reverse();
    // They are sales as soon as their stock is confirmed to be sold.
    let all = eventually("five sales", async || {
        let all = grace.all("/api/orders/sales?limit=2").await;
        (all.len() == 5).then_some(all)
    })
    .await;
    assert_eq!(column(&all, "orderId"), orders, "newest first");
    let newest = &all[0];
    assert_eq!(newest["shippingAddress"], address());
    assert!(newest["paidAt"].is_string(), "{newest}");
    let shown = &newest["fulfilment"];
    assert_eq!(shown["seller"]["id"], grace.id.as_str());
    assert_eq!(shown["items"].as_array().unwrap().len(), 1);
    assert!(!newest.to_string().contains(&pen.id), "{newest}");

    let order = ada.order(&orders[1]).await.body;
    let part = Part::of(&order, &grace);
    let package = grace.has_shipped(&part, &part.everything()).await;
    let open = grace.all("/api/orders/sales?status=open&limit=2").await;
    let others: Vec<String> = [&orders[..1], &orders[2..]].concat();
    assert_eq!(column(&open, "orderId"), others);
    let shipped = grace.all("/api/orders/sales?status=shipped").await;
    assert_eq!(column(&shipped, "orderId"), orders[1..2]);
    assert_eq!(
        shipped[0]["fulfilment"]["shipments"][0]["id"],
        package.as_str()
    );
    let (from, to) = (all[3]["paidAt"].clone(), all[1]["paidAt"].clone());
    let path = format!(
        "/api/orders/sales?from={}&to={}",
        from.as_str().unwrap(),
        to.as_str().unwrap()
    );
    for sale in grace.all(&path).await {
        let at = sale["paidAt"].as_str().unwrap();
        assert!(from.as_str().unwrap() <= at && at <= to.as_str().unwrap());
    }
    let later = "/api/orders/sales?from=2999-01-01T00:00:00.000Z";
    assert!(items(&grace.get(later).await).is_empty());
    assert!(items(&ada.get("/api/orders/sales").await).is_empty());
    let delivered = linus.all("/api/orders/sales?limit=100").await;
    assert_eq!(delivered.len(), 5);
}

#[tokio::test]
async fn the_summary_adds_up_what_was_sold_and_refunded() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let song = grace.lists("Song", 100, 100).await;
    ada.credit(10_000).await;
    for quantity in 1..=3 {
        let part = Part::of(&ada.buys(&[(&song, quantity)]).await, &grace);
        ada.sees(&part, "delivered").await;
        let refunded = grace.refunds(&part, "amount", &json!(40)).await;
        assert_eq!(refunded.status, 201, "{refunded:?}");
    }
    let path = "/api/orders/sales/summary?from=2020-01-01&to=2999-01-01";
    let much = grace.get(path).await;
    much.assert_problem(422, "validation_failed");
    let summary = grace.get("/api/orders/sales/summary").await;
    assert_eq!(summary.status, 200, "{summary:?}");
    let sum = |name: &str| -> i64 {
        let days = summary.body["days"].as_array().unwrap().iter();
        days.map(|day: &Value| amount(&day[name])).sum()
    };
    assert_eq!((sum("sold"), sum("refunded"), sum("fees")), (600, 120, 0));
    assert_eq!(sum("pending"), 480, "none of it is paid out yet");
}
