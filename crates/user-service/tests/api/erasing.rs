//! GET /api/users/me/export and DELETE /api/users/me.

use contracts::dealings::Dealings;
use host::testing::Answer;
use kernel::{Currency, Money, OrderId, SystemIds};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Login, PASSWORD, World, assert_challenged};

async fn erase(world: &World, login: &Login, password: &str) -> Answer {
    let request = world
        .host
        .request(Method::DELETE, "/api/users/me", &login.token);
    Answer::of(request.json(&json!({"password": password}))).await
}

fn left(world: &World, left: Option<Dealings>) {
    *world.left.0.lock().unwrap() = left;
}

#[tokio::test]
async fn what_is_held_is_exported_with_the_lists_of_the_other_services() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    let address = json!({"name": "Ada", "line1": "1 High Street", "city": "York", "postalCode": "YO1 7HH", "country": "GB"});
    world
        .host
        .post("/api/users/me/addresses", &login.token, &address)
        .await;
    let profile = json!({"displayName": "Ada's lamps"});
    let put = world
        .host
        .request(Method::PUT, "/api/sellers/me", &login.token);
    Answer::of(put.json(&profile)).await;
    let answer = world.host.get("/api/users/me/export", &login.token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let held = &answer.body;
    assert_eq!(held["user"]["email"], "ada@example.com");
    assert_eq!(held["addresses"][0]["city"], "York");
    assert_eq!(held["seller"]["name"], "Ada's lamps");
    assert_eq!(held["contact"], json!({"unverified": false}));
    let id = held["user"]["id"].as_str().unwrap();
    let paths: Vec<&str> = held["lists"]
        .as_array()
        .unwrap()
        .iter()
        .map(|list| list["path"].as_str().unwrap())
        .collect();
    assert!(paths.contains(&format!("/api/orders/{id}/byUser?limit=100").as_str()));
    assert!(paths.contains(&"/api/wallet/transaction?limit=100"));
    assert!(paths.contains(&"/api/users/me/sessions?limit=100"));
    assert_challenged(
        &world.host.get("/api/users/me/export", "").await,
        "unauthenticated",
    );
}

#[tokio::test]
async fn an_erased_user_is_logged_out_and_their_email_is_free() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    left(&world, Some(Dealings::default()));
    erase(&world, &login, "wrong horse")
        .await
        .assert_problem(403, "wrong_password");
    let answer = erase(&world, &login, PASSWORD).await;
    assert_eq!((answer.status, answer.body), (204, Value::Null));
    assert_challenged(
        &world.try_login("ada@example.com", PASSWORD).await,
        "invalid_credentials",
    );
    assert_challenged(
        &world.refresh(&login.refresh).await,
        "invalid_refresh_token",
    );
    assert_challenged(&world.me(&login.token).await, "unauthenticated");
    assert!(!world.knows("ada@example.com").await);
    assert_challenged(&erase(&world, &login, PASSWORD).await, "unauthenticated");
    world.someone("ada@example.com").await;
}

#[tokio::test]
async fn who_has_something_to_settle_is_told_what_and_nothing_is_erased() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    let order = OrderId::new(&SystemIds::default());
    let debt = Money::new(-1299, Currency::USD);
    left(
        &world,
        Some(Dealings {
            orders: vec![order],
            sales: vec![],
            balances: vec![debt],
        }),
    );
    let answer = erase(&world, &login, PASSWORD).await;
    answer.assert_problem(409, "account_in_use");
    assert_eq!(answer.body["openOrders"], json!([order]));
    assert_eq!(answer.body["openSales"], json!([]));
    assert_eq!(
        answer.body["balances"],
        json!([{"amount": -1299, "currency": "USD"}])
    );
    world.login("ada@example.com").await;
}

#[tokio::test]
async fn nothing_is_erased_while_it_is_unknown_what_is_to_settle() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    left(&world, None);
    erase(&world, &login, PASSWORD)
        .await
        .assert_problem(503, "unavailable");
    world.login("ada@example.com").await;
}

#[tokio::test]
async fn the_last_administrator_stays_until_there_is_another() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    world.someone("bea@example.com").await;
    left(&world, Some(Dealings::default()));
    world.make_admin("ada@example.com").await;
    erase(&world, &ada, PASSWORD)
        .await
        .assert_problem(409, "last_admin");
    let ada = world.login("ada@example.com").await;
    world.make_admin("bea@example.com").await;
    assert_eq!(erase(&world, &ada, PASSWORD).await.status, 204);
}
