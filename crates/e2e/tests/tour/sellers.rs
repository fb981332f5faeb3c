//! Sellers: their page, what products and orders say of them, and their suspension.

use e2e::operated::PATIENCE;
use e2e::{Shape, eventually, within};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_first_product_makes_a_seller_whom_everybody_can_look_up() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, ada) = (client.join("Grace Hopper").await, client.join("Ada").await);
    let page = format!("/api/sellers/{}", grace.id);
    let none = [client.get(&page).await, grace.get("/api/sellers/me").await];
    for answer in none {
        answer.assert_problem(404, "seller_not_found");
    }
    let lamp = grace.lists("Lamp", 100, 1_000).await;
    grace.lists("Pen", 10, 10).await;
    let mine = eventually("the seller", async || {
        let mine = grace.get("/api/sellers/me").await;
        (mine.status == 200).then_some(mine.body)
    })
    .await;
    assert_eq!(mine["name"], "Grace Hopper");
    assert_eq!(mine["status"], "active");
    let shown = client.get(&page).await.body;
    assert_eq!(shown["products"], 2);
    assert_eq!(shown["since"], mine["since"]);
    assert_eq!(
        shown["returns"],
        json!({"accepted": true, "windowDays": 14})
    );

    let profile = json!({
        "displayName": "Grace's lamps",
        "description": "Made by hand",
        "returns": {"accepted": true, "windowDays": 30},
    });
    let changed = grace.send(Method::PUT, "/api/sellers/me", &profile).await;
    assert_eq!(
        (changed.status, &changed.body["name"]),
        (200, &json!("Grace's lamps"))
    );
    let path = format!("/api/products/{}", lamp.id);
    // Each replica remembers sellers for half a minute.
    let product = within(PATIENCE, "the shop's name", async || {
        let product = ada.get(&path).await.body;
        (product["seller"]["name"] == "Grace's lamps").then_some(product)
    })
    .await;
    assert_eq!(product["seller"]["id"], grace.id.as_str());
    assert_eq!(
        product["returns"],
        json!({"accepted": true, "windowDays": 30})
    );
    let shown = client.get(&page).await.body;
    assert_eq!(shown["description"], "Made by hand");
    ada.credit(100_000).await;
    let seller = json!({"id": grace.id, "name": "Grace's lamps"});
    let order = within(PATIENCE, "an order with the shop's name", async || {
        let order = ada.buys(&[(&lamp, 1)]).await;
        (order["fulfilments"][0]["seller"] == seller).then_some(order)
    })
    .await;
    assert_eq!(order["items"][0]["seller"], seller);
}

#[tokio::test]
async fn what_makes_no_sense_as_a_profile_is_refused_all_at_once() {
    let shape = Shape::start();
    let grace = shape.client().join("Grace").await;
    let wrong = json!({
        "displayName": " ",
        "description": "x".repeat(2_001),
        "returns": {"accepted": "yes", "windowDays": 366},
        "status": "active",
    });
    let refused = grace.send(Method::PUT, "/api/sellers/me", &wrong).await;
    refused.assert_faults(&[
        ("/description", "too_long"),
        ("/displayName", "too_short"),
        ("/returns/accepted", "invalid_type"),
        ("/returns/windowDays", "out_of_range"),
        ("/status", "unknown_field"),
    ]);
    assert_eq!(grace.get("/api/sellers/me").await.status, 404);
}

#[tokio::test]
async fn only_operators_decide_about_sellers() {
    let shape = Shape::start();
    let grace = shape.client().join("Grace").await;
    let why = json!({"reason": "Because"});
    for path in ["approve", "suspend", "reinstate"] {
        let path = format!("/api/sellers/{}/{path}", grace.id);
        grace
            .post(&path, &why)
            .await
            .assert_problem(403, "forbidden");
        let anonymous = shape.client().post(&path, &why).await;
        anonymous.assert_problem(401, "unauthenticated");
    }
    let list = grace.get("/api/sellers").await;
    list.assert_problem(403, "forbidden");
}
