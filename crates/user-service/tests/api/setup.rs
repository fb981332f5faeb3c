//! POST /api/setup.

use auth::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use user_service::Email;

use crate::world::{PASSWORD, World};

const PATH: &str = "/api/setup";

fn body(token: &str, email: &str) -> Value {
    json!({"token": token, "name": "Olga", "email": email, "password": PASSWORD})
}

async fn token(world: &World) -> String {
    let token = world.users.offer_setup().await.unwrap();
    token.unwrap().expose().to_owned()
}

#[tokio::test]
async fn the_token_makes_the_first_administrator_once() {
    let world = World::start();
    let token = token(&world).await;
    let made = world.post(PATH, &body(&token, "olga@example.com")).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.header("location"), "/api/users/me");
    assert_eq!(made.body["roles"], json!(["admin"]));
    let login = world.login("olga@example.com").await;
    let claims = world.verifier.verify(&login.token).unwrap();
    assert!(format!("{claims:?}").contains("Admin"), "{claims:?}");

    let again = world.post(PATH, &body(&token, "eve@example.com")).await;
    again.assert_problem(409, "already_set_up");
    assert!(!world.knows("eve@example.com").await);
    assert!(world.users.offer_setup().await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_that_is_not_the_last_one_makes_nobody() {
    let world = World::start();
    let guess = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let refused = world.post(PATH, &body(guess, "eve@example.com")).await;
    refused.assert_problem(403, "wrong_setup_token");
    let (replaced, last) = (token(&world).await, token(&world).await);
    for wrong in [guess, "", &replaced] {
        let refused = world.post(PATH, &body(wrong, "eve@example.com")).await;
        refused.assert_problem(403, "wrong_setup_token");
    }
    assert!(!world.knows("eve@example.com").await);
    let made = world.post(PATH, &body(&last, "olga@example.com")).await;
    assert_eq!(made.status, 201, "{made:?}");
}

#[tokio::test]
async fn of_two_at_once_one_becomes_the_administrator() {
    let world = World::start();
    let token = token(&world).await;
    let bodies = ["a", "b"].map(|name| body(&token, &format!("{name}@example.com")));
    let answers = join_all(bodies.iter().map(|body| world.post(PATH, body))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let known = [
        world.knows("a@example.com").await,
        world.knows("b@example.com").await,
    ];
    assert!(known[0] != known[1], "{known:?}");
}

#[tokio::test]
async fn a_refused_account_does_not_use_the_token_up() {
    let world = World::start();
    let token = token(&world).await;
    world.register("ada@example.com").await;
    let refused = world.post(PATH, &body(&token, "ADA@example.com")).await;
    refused.assert_problem(409, "email_taken");
    let mut faulty = body(&token, "olga");
    faulty["password"] = json!("short");
    let refused = world.post(PATH, &faulty).await;
    refused.assert_problem(422, "validation_failed");
    let made = world.post(PATH, &body(&token, "olga@example.com")).await;
    assert_eq!(made.status, 201, "{made:?}");
}

#[tokio::test]
async fn with_an_administrator_there_is_no_setup() {
    let world = World::start();
    let token = token(&world).await;
    world.register("ada@example.com").await;
    let ada = Email::parse("ada@example.com").unwrap();
    world.users.grant(&ada, Role::Admin).await.unwrap();
    assert!(world.users.offer_setup().await.unwrap().is_none());
    let refused = world.post(PATH, &body(&token, "eve@example.com")).await;
    refused.assert_problem(409, "already_set_up");
}
