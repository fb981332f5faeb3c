//! Which orders each user can see.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use host::testing::Answer;
use kernel::Clock as _;

use crate::world::{Script, World, one};

#[tokio::test]
async fn the_buyer_and_operators_see_all_of_an_order_a_seller_their_lines_and_others_nothing() {
    let world = World::start(Script::Pays);
    let ((mine, seller), (theirs, _)) = (world.product(10), world.product(10));
    let ((_, buyer), (_, stranger)) = (world.user(), world.user());
    let body = json!({"items": [{"productId": mine, "quantity": 1}, {"productId": theirs, "quantity": 2}]});
    let placed = world.create(&buyer, &body, &[]).await;
    let path = format!("/api/orders/{}", placed.body["id"].as_str().unwrap());
    for token in [&buyer, &world.admin()] {
        let seen = world.host.get(&path, token).await;
        assert_eq!(
            (seen.status, seen.body["items"].as_array().unwrap().len()),
            (200, 2)
        );
        assert_eq!(seen.body["total"]["amount"], 1500);
    }
    let seen = world.host.get(&path, &seller).await;
    assert_eq!(seen.body["items"], json!([placed.body["items"][0]]));
    assert_eq!(seen.body["total"]["amount"], 500);
    world
        .host
        .get(&path, &stranger)
        .await
        .assert_problem(404, "order_not_found");
    world
        .host
        .get(&path, "")
        .await
        .assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_order_that_has_not_changed_is_not_sent_again() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.product(10), world.user());
    let placed = world.create(&buyer, &one(product, 1), &[]).await;
    let path = format!("/api/orders/{}", placed.body["id"].as_str().unwrap());
    let tag = world
        .host
        .get(&path, &buyer)
        .await
        .header("etag")
        .to_owned();
    let again = async |token: &str| {
        Answer::of(
            world
                .host
                .request(Method::GET, &path, token)
                .header("if-none-match", &tag),
        )
        .await
    };
    assert_eq!(again(&buyer).await.status, 304);
    assert_eq!(
        again(&seller).await.status,
        200,
        "a seller sees something else under the same version"
    );
}

#[tokio::test]
async fn a_users_orders_are_for_the_user_and_operators_newest_first_by_page_and_by_status() {
    let world = World::start(Script::Pays);
    let ((product, _), (user, token), (_, stranger)) =
        (world.product(100), world.user(), world.user());
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.insert(
            0,
            world.create(&token, &one(product, 1), &[]).await.body["id"].clone(),
        );
    }
    let list = format!("/api/orders/{user}/byUser");
    let mut seen = Vec::new();
    let mut path = format!("{list}?limit=2");
    loop {
        let page = world.host.get(&path, &token).await;
        assert_eq!(page.status, 200, "{page:?}");
        seen.extend(
            page.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|order| order["id"].clone()),
        );
        let Some(cursor) = page.body["nextCursor"].as_str() else {
            break;
        };
        path = format!("{list}?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, placed);
    let paid = world
        .host
        .get(&format!("{list}?status=paid"), &world.admin())
        .await;
    assert_eq!(paid.body["items"].as_array().unwrap().len(), 5);
    let declined = world
        .host
        .get(&format!("{list}?status=declined"), &token)
        .await;
    assert_eq!(declined.body["items"], json!([]));
    world
        .host
        .get(&list, &stranger)
        .await
        .assert_problem(403, "forbidden");
}

#[tokio::test]
async fn review_routes_are_for_operators() {
    let world = World::start(Script::Silent);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let placed = world
        .create(&token, &one(product, 1), &[("prefer", "respond-async")])
        .await;
    let id = placed.body["id"].as_str().unwrap();
    let admin = world.admin();
    for path in [
        format!("/api/orders/{id}/retry"),
        format!("/api/orders/{id}/compensate"),
    ] {
        world
            .host
            .post(&path, &token, &json!({}))
            .await
            .assert_problem(403, "forbidden");
    }
    world
        .host
        .get("/api/orders/review", &token)
        .await
        .assert_problem(403, "forbidden");
    let undone = world
        .host
        .post(&format!("/api/orders/{id}/compensate"), &admin, &json!({}))
        .await;
    assert_eq!(
        (undone.status, &undone.body["reason"]),
        (200, &json!("operator"))
    );
    world.until(&token, id, "cancelled").await;
    world
        .host
        .post(&format!("/api/orders/{id}/compensate"), &admin, &json!({}))
        .await
        .assert_problem(409, "not_possible_in_this_state");
}

#[tokio::test]
async fn orders_are_listed_as_they_were_placed_whatever_the_clock_does() {
    let world = World::start(Script::Pays);
    let ((product, _), (user, buyer)) = (world.product(10), world.user());
    let start = world.clock.now();
    let hour = Duration::from_hours(1);
    let steps = [
        start,
        start.minus(hour),
        start.plus(24 * hour),
        start.minus(2 * hour),
        start.plus(hour),
    ];
    let mut placed = Vec::new();
    for now in steps {
        world.clock.set(now);
        let order = world.create(&buyer, &one(product, 1), &[]).await;
        assert_eq!(order.status, 201, "{order:?}");
        placed.insert(0, order.body["id"].clone());
    }
    let mut listed = Vec::new();
    let mut cursor = String::new();
    while listed.len() < placed.len() {
        let path = format!("/api/orders/{user}/byUser?limit=2{cursor}");
        let page = world.host.get(&path, &buyer).await.body;
        let ids = page["items"].as_array().unwrap().iter();
        listed.extend(ids.map(|order| order["id"].clone()));
        cursor = format!(
            "&cursor={}",
            page["nextCursor"].as_str().unwrap_or_default()
        );
    }
    assert_eq!(listed, placed);
}
