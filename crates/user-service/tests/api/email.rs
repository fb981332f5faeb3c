//! POST /api/users/me/email.

use host::testing::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Login, PASSWORD, World, assert_challenged};

async fn change(world: &World, login: &Login, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    world
        .host
        .post("/api/users/me/email", &login.token, &body)
        .await
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_is_confirmed() {
    let world = World::with_mail();
    let login = world.verified("ada@example.com").await;
    let known = world.mails();
    change(&world, &login, "king@example.com", "wrong horse")
        .await
        .assert_problem(403, "wrong_password");
    let answer = change(&world, &login, "king@example.com", PASSWORD).await;
    assert_eq!((answer.status, answer.body), (202, Value::Null));
    let mail = world.mail("king@example.com", "/verify?", &known).await;
    world
        .mail("ada@example.com", "another email address", &known)
        .await;
    assert_eq!(
        world.me(&login.token).await.body["email"],
        "ada@example.com"
    );

    assert_eq!(world.verify(&mail.token()).await.status, 204);
    assert_challenged(&world.me(&login.token).await, "unauthenticated");
    assert_challenged(
        &world.refresh(&login.refresh).await,
        "invalid_refresh_token",
    );
    let login = world.login("king@example.com").await;
    assert_eq!(
        world.me(&login.token).await.body["email"],
        "king@example.com"
    );
    assert_challenged(
        &world.try_login("ada@example.com", PASSWORD).await,
        "invalid_credentials",
    );
    world
        .verify(&mail.token())
        .await
        .assert_problem(403, "link_not_valid");
    // The old address is free.
    world.verified("ada@example.com").await;
}

#[tokio::test]
async fn an_address_of_another_user_is_not_given_away_and_nobody_learns_that_they_have_it() {
    let world = World::with_mail();
    world.verified("bob@example.com").await;
    let login = world.verified("ada@example.com").await;
    let known = world.mails();
    assert_eq!(
        change(&world, &login, "Bob@example.com", PASSWORD)
            .await
            .status,
        202
    );
    let mail = world
        .mail("bob@example.com", "have an account", &known)
        .await;
    assert!(!mail.text.contains("token"));
    // Two want the same free address: the first to confirm has it.
    let eve = world.verified("eve@example.com").await;
    let known = world.mails();
    change(&world, &login, "free@example.com", PASSWORD).await;
    let first = world.mail("free@example.com", "/verify?", &known).await;
    let known = world.mails();
    change(&world, &eve, "free@example.com", PASSWORD).await;
    let second = world.mail("free@example.com", "/verify?", &known).await;
    assert_eq!(world.verify(&second.token()).await.status, 204);
    world
        .verify(&first.token())
        .await
        .assert_problem(409, "email_taken");
    assert_eq!(
        world.me(&login.token).await.body["email"],
        "ada@example.com"
    );
}

#[tokio::test]
async fn where_no_mails_are_sent_the_address_changes_at_once() {
    let world = World::start();
    world.someone("bob@example.com").await;
    let login = world.someone("ada@example.com").await;
    let other = world.login("ada@example.com").await;
    change(&world, &login, "bob@example.com", PASSWORD)
        .await
        .assert_problem(409, "email_taken");
    assert_eq!(world.me(&other.token).await.status, 200);
    assert_eq!(
        change(&world, &login, "king@example.com", PASSWORD)
            .await
            .status,
        204
    );
    world.login("king@example.com").await;
    // Other logins end, and this one stays.
    assert_challenged(&world.me(&other.token).await, "unauthenticated");
    assert_challenged(
        &world.refresh(&other.refresh).await,
        "invalid_refresh_token",
    );
    assert_eq!(
        world.me(&login.token).await.body["email"],
        "king@example.com"
    );
    Login::of(&world.refresh(&login.refresh).await);
}

#[tokio::test]
async fn the_password_cannot_be_guessed_by_changing_the_address_or_leaving() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    for _ in 0..3 {
        change(&world, &login, "king@example.com", "wrong horse")
            .await
            .assert_problem(403, "wrong_password");
    }
    let leave = async |password: &str| {
        let request = world
            .host
            .request(Method::DELETE, "/api/users/me", &login.token);
        Answer::of(request.json(&json!({"password": password}))).await
    };
    for _ in 0..2 {
        leave("wrong horse")
            .await
            .assert_problem(403, "wrong_password");
    }
    leave(PASSWORD)
        .await
        .assert_problem(429, "too_many_requests");
    change(&world, &login, "king@example.com", PASSWORD)
        .await
        .assert_problem(429, "too_many_requests");
}
