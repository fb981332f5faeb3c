//! Shipping: what a seller sends, what a buyer sees of it, and when a part is shipped and delivered.

use e2e::{Answer, Part, Shape, address, amount, eventually, unique};
use reqwest::Method;
use serde_json::{Value, json};

use crate::column;

#[tokio::test]
async fn an_order_of_two_sellers_is_shipped_by_each_and_delivered() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, linus, ada) = (
        client.join("Grace").await,
        client.join("Linus").await,
        client.join("Ada").await,
    );
    let lamp = grace.lists_to_ship("Lamp", 1_000, 10).await;
    let bulb = grace.lists_to_ship("Bulb", 200, 10).await;
    let vase = linus.lists_to_ship("Vase", 50, 10).await;
    ada.credit(10_000).await;
    let order = ada.buys(&[(&lamp, 3), (&vase, 1), (&bulb, 1)]).await;
    assert_eq!(order["status"], "paid");
    assert_eq!(order["fulfilmentStatus"], "unfulfilled");
    assert_eq!(order["paymentStatus"], "paid");
    assert_eq!(order["fulfilments"].as_array().unwrap().len(), 2);
    let (lamps, vases) = (Part::of(&order, &grace), Part::of(&order, &linus));
    let part = lamps.within(&order);
    assert_eq!(part["status"], "open");
    assert_eq!(
        part["subtotal"],
        json!({"amount": 3_200, "currency": "USD"})
    );
    assert_eq!(amount(&part["shipping"]), 0);
    assert_eq!(amount(&part["refunded"]), 0);
    assert!(part["shipBy"].is_string(), "{part}");
    let ordered: Vec<&Value> = order["items"].as_array().unwrap().iter().collect();
    assert_eq!(ordered[0]["lineId"], *lamps.lines[0].0);
    assert_eq!(ordered[1]["lineId"], *vases.lines[0].0);
    assert_eq!(ordered[2]["lineId"], *lamps.lines[1].0);
    assert_eq!(part["items"][0]["name"], "Lamp");
    assert_eq!(part["items"][0]["unitPrice"]["amount"], 1_000);
    assert_eq!(part["items"][0]["lineTotal"]["amount"], 3_000);

    let package = json!({
        "items": lamps.items(&[(0, 2), (1, 1)]), "carrier": "Royal Mail", "trackingNumber": "RM 1",
        "trackingUrl": "https://tracking.example/RM1",
    });
    let shipped = grace.post(&lamps.path("/shipments"), &package).await;
    assert_eq!(shipped.status, 201, "{shipped:?}");
    for member in ["carrier", "trackingNumber", "trackingUrl"] {
        assert_eq!(shipped.body[member], package[member]);
    }
    assert!(shipped.body["shippedAt"].is_string(), "{shipped:?}");
    assert!(shipped.body.get("deliveredAt").is_none(), "{shipped:?}");
    let first = shipped.body["id"].as_str().unwrap();
    let order = ada.order(&lamps.order).await.body;
    assert_eq!(order["fulfilmentStatus"], "partially_shipped");
    assert_eq!(lamps.within(&order)["status"], "open");
    assert_eq!(lamps.within(&order)["items"][0]["shipped"], 2);
    assert_eq!(lamps.within(&order)["shipments"][0], shipped.body);

    // The buyer may say that a package has come while another is still missing.
    let delivered = ada.delivers(&lamps, first).await;
    assert_eq!(delivered.status, 200, "{delivered:?}");
    let part = lamps.within(&delivered.body);
    assert_eq!(part["status"], "open");
    assert!(part["shipments"][0]["deliveredAt"].is_string(), "{part}");

    let second = grace.has_shipped(&lamps, &lamps.items(&[(0, 1)])).await;
    let order = ada.sees(&lamps, "shipped").await;
    assert_eq!(order["fulfilmentStatus"], "partially_shipped", "the vase");
    let third = linus.has_shipped(&vases, &vases.everything()).await;
    let order = ada.order(&lamps.order).await.body;
    assert_eq!(order["fulfilmentStatus"], "shipped", "{order}");
    assert_eq!(grace.delivers(&lamps, &second).await.status, 200);
    let done = ada.delivers(&vases, &third).await;
    assert_eq!(done.body["fulfilmentStatus"], "delivered", "{done:?}");
    assert_eq!(lamps.within(&done.body)["status"], "delivered");
    assert!(
        lamps.within(&done.body)["releaseAt"].is_string(),
        "{done:?}"
    );
    assert_eq!(done.body["status"], "paid", "the saga's state");

    let moves = column(&ada.timeline(&lamps.order).await, "move");
    let shown: Vec<&str> = moves.iter().map(String::as_str).collect();
    let expected = [
        "placed", "paid", "ship", "deliver", "ship", "ship", "deliver", "deliver",
    ];
    assert_eq!(shown, expected);
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn who_sees_whose_part_and_address() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, linus, ada, eve) = (
        client.join("Grace").await,
        client.join("Linus").await,
        client.join("Ada").await,
        client.join("Eve").await,
    );
    let lamp = grace.lists_to_ship("Lamp", 100, 10).await;
    let pen = linus.lists("Pen", 10, 10).await;
    ada.credit(1_000).await;
    let order = ada.buys(&[(&lamp, 1), (&pen, 1)]).await;
    let (lamps, pens) = (Part::of(&order, &grace), Part::of(&order, &linus));
    assert_eq!(order["shippingAddress"], address());
    assert!(lamps.within(&order).get("commission").is_none(), "{order}");
    for (seller, own, other) in [(&grace, &lamps, &pens), (&linus, &pens, &lamps)] {
        let seen = seller.order(&own.order).await;
        let parts = seen.body["fulfilments"].as_array().unwrap();
        assert_eq!(column(parts, "id"), [own.id.as_str()]);
        assert_eq!(amount(&parts[0]["commission"]), 0);
        assert_eq!(seen.body["shippingAddress"], address());
        assert!(!seen.body.to_string().contains(&other.id), "{seen:?}");
    }
    for path in [lamps.order_path(""), lamps.order_path("/timeline")] {
        eve.get(&path).await.assert_problem(404, "order_not_found");
    }
    let foreign = eve.ships(&lamps, &lamps.everything()).await;
    foreign.assert_problem(404, "order_not_found");
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn an_order_with_something_to_ship_needs_an_address_and_another_does_not() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let lamp = grace.lists_to_ship("Lamp", 100, 10).await;
    let song = grace.lists("Song", 10, 10).await;
    ada.credit(1_000).await;
    let without = ada.orders(&lamp, 1).await;
    without.assert_problem(422, "validation_failed");
    assert_eq!(
        without.body["errors"][0]["pointer"], "/shippingAddress",
        "{without:?}"
    );
    assert_eq!(without.body["errors"][0]["code"], "required");
    eventually("what was held meanwhile is back", async || {
        (grace.stock(&lamp).await == 10).then_some(())
    })
    .await;
    let order = ada.orders(&song, 1).await;
    assert_eq!(order.status, 201, "{order:?}");
    assert!(order.body.get("shippingAddress").is_none(), "{order:?}");
    let part = Part::of(&order.body, &grace);
    let order = ada.sees(&part, "delivered").await;
    assert_eq!(order["fulfilmentStatus"], "delivered");
    let shipped = grace.ships(&part, &part.everything()).await;
    shipped.assert_problem(409, "move_not_allowed");
    assert_eq!(shipped.body["allowed"], json!(["refund"]));
    shape.assert_audit_is_clean();
}

#[tokio::test]
async fn a_package_is_sent_once_for_each_key_and_only_by_who_has_seen_the_part() {
    let shape = Shape::start();
    let [grace, ada] = shape.join(["Grace", "Ada"]).await;
    let lamp = grace.lists_to_ship("Lamp", 100, 10).await;
    ada.credit(1_000).await;
    let part = Part::of(&ada.buys(&[(&lamp, 3)]).await, &grace);
    let key = unique();
    let ship = async |key: &str, quantity: i64, version: Option<&Value>| {
        let mut request = grace.request(Method::POST, &part.path("/shipments"));
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        let package = json!({
            "items": part.items(&[(0, quantity)]), "carrier": "Pigeon", "trackingNumber": "P1",
        });
        Answer::of(request.header("idempotency-key", key).json(&package)).await
    };
    let first = ship(&key, 1, None).await;
    let again = ship(&key, 1, None).await;
    assert_eq!((first.status, again.status), (201, 201), "{again:?}");
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    ship(&key, 2, None)
        .await
        .assert_problem(422, "idempotency_key_reused");
    let now = grace.part(&part).await["version"].clone();
    let stale = json!(now.as_i64().unwrap() - 1);
    ship(&unique(), 1, Some(&stale))
        .await
        .assert_problem(412, "precondition_failed");
    let fresh = ship(&unique(), 1, Some(&now)).await;
    assert_eq!(fresh.status, 201, "{fresh:?}");
    assert_eq!(grace.part(&part).await["items"][0]["shipped"], 2);
    let many = ship(&unique(), 2, None).await;
    many.assert_problem(409, "move_not_allowed");
    assert_eq!(
        many.body["allowed"],
        json!(["ship", "deliver", "cancel", "refund"])
    );
    shape.assert_audit_is_clean();
}
