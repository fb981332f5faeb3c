//! Verifying an address, forgetting a password and setting another, where mails are sent and where none are.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use host::testing::{Answer, eventually};
use std::time::Duration;

use crate::world::{Login, PASSWORD, World, assert_challenged};

const NEW: &str = "staple this instead";

async fn forgot(world: &World, email: &str) -> Answer {
    world
        .post("/api/users/password/forgot", &json!({"email": email}))
        .await
}

async fn reset(world: &World, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    world.post("/api/users/password/reset", &body).await
}

/// The token of the next mail that resets a password.
async fn reset_token(world: &World, email: &str) -> String {
    let known = world.mails();
    assert_eq!(forgot(world, email).await.status, 202);
    world.mail(email, "/reset?", &known).await.token()
}

#[tokio::test]
async fn who_registers_can_log_in_once_the_link_was_followed() {
    let world = World::with_mail();
    let answer = world.ask_to_register("Ada@Example.com", PASSWORD).await;
    assert_eq!((answer.status, answer.body), (202, Value::Null));
    let mail = world.mail("Ada@example.com", "/verify?", &[]).await;
    assert_eq!(mail.subject, "Confirm your email address");
    assert!(mail.text.contains("https://shop.example/verify?token="));

    let early = world.try_login("ada@example.com", PASSWORD).await;
    assert_challenged(&early, "invalid_credentials");
    assert_eq!(world.verify(&mail.token()).await.status, 204);
    world.login("ada@example.com").await;
    world
        .verify(&mail.token())
        .await
        .assert_problem(403, "link_not_valid");
}

#[tokio::test]
async fn nothing_tells_whether_an_address_has_a_user() {
    let world = World::with_mail();
    world.verified("ada@example.com").await;
    let known = world.mails();
    let taken = world
        .ask_to_register("ADA@example.com", "another password")
        .await;
    let free = world
        .ask_to_register("bob@example.com", "another password")
        .await;
    assert_eq!((taken.status, &taken.body), (free.status, &free.body));
    let mail = world
        .mail("ada@example.com", "have an account", &known)
        .await;
    assert!(!mail.text.contains("token"), "nothing is to be confirmed");
    // Nothing of the second request counts.
    world.login("ada@example.com").await;

    let (has, has_not) = (
        forgot(&world, "ada@example.com").await,
        forgot(&world, "eve@example.com").await,
    );
    assert_eq!((has.status, &has.body), (has_not.status, &has_not.body));
    world.mail("ada@example.com", "/reset?", &known).await;
    assert!(
        world
            .mails()
            .iter()
            .all(|mail| mail.to != "eve@example.com")
    );
    // Neither does a login: that of a wrong password and that of an address that is not verified have one answer.
    let wrong = world.try_login("ada@example.com", "another password").await;
    let unverified = world.try_login("bob@example.com", "another password").await;
    assert_eq!(
        (wrong.status, &wrong.body["code"], &wrong.body["detail"]),
        (
            unverified.status,
            &unverified.body["code"],
            &unverified.body["detail"]
        )
    );
}

#[tokio::test]
async fn an_address_that_was_not_verified_can_be_registered_again_and_the_last_password_counts() {
    let world = World::with_mail();
    world
        .ask_to_register("ada@example.com", "the password of eve")
        .await;
    let first = world.mail("ada@example.com", "/verify?", &[]).await;
    world.ask_to_register("ada@example.com", PASSWORD).await;
    let second = world
        .mail("ada@example.com", "/verify?", std::slice::from_ref(&first))
        .await;
    assert_ne!(first.id, second.id);
    world
        .verify(&first.token())
        .await
        .assert_problem(403, "link_not_valid");
    assert_eq!(world.verify(&second.token()).await.status, 204);
    world.login("ada@example.com").await;
    let eve = world
        .try_login("ada@example.com", "the password of eve")
        .await;
    assert_challenged(&eve, "invalid_credentials");
}

#[tokio::test]
async fn a_password_that_was_forgotten_is_set_anew_and_all_logins_end() {
    let world = World::with_mail();
    let login = world.verified("ada@example.com").await;
    let token = reset_token(&world, "ada@example.com").await;
    let other = reset_token(&world, "ada@example.com").await;
    reset(&world, &token, "short")
        .await
        .assert_problem(422, "validation_failed");
    reset(&world, &token, "password")
        .await
        .assert_problem(422, "validation_failed");
    let known = world.mails();
    assert_eq!(reset(&world, &token, NEW).await.status, 204);
    for used in [&token, &other] {
        reset(&world, used, NEW)
            .await
            .assert_problem(403, "link_not_valid");
    }
    assert_challenged(&world.me(&login.token).await, "unauthenticated");
    assert_challenged(
        &world.refresh(&login.refresh).await,
        "invalid_refresh_token",
    );
    assert_challenged(
        &world.try_login("ada@example.com", PASSWORD).await,
        "invalid_credentials",
    );
    Login::of(&world.try_login("ada@example.com", NEW).await);
    world.mail("ada@example.com", "was changed", &known).await;
}

#[tokio::test]
async fn a_link_is_good_for_15_minutes_and_for_what_it_was_made_for() {
    let world = World::with_mail();
    world.verified("ada@example.com").await;
    let token = reset_token(&world, "ada@example.com").await;
    world
        .verify(&token)
        .await
        .assert_problem(403, "link_not_valid");
    world.later(Duration::from_secs(15 * 60 - 1));
    let fresh = reset_token(&world, "ada@example.com").await;
    world.later(Duration::from_secs(1));
    reset(&world, &token, NEW)
        .await
        .assert_problem(403, "link_not_valid");
    assert_eq!(reset(&world, &fresh, NEW).await.status, 204);
    for nonsense in ["", "x", &"x".repeat(5000)] {
        reset(&world, nonsense, NEW)
            .await
            .assert_problem(403, "link_not_valid");
    }
}

#[tokio::test]
async fn a_link_that_is_used_many_times_at_once_counts_once() {
    let world = World::with_mail();
    world.verified("ada@example.com").await;
    let token = reset_token(&world, "ada@example.com").await;
    let passwords: Vec<String> = (0..8).map(|number| format!("{NEW} {number}")).collect();
    let uses = join_all(
        passwords
            .iter()
            .map(|password| reset(&world, &token, password)),
    )
    .await;
    let won: Vec<usize> = (0..8).filter(|use_| uses[*use_].status == 204).collect();
    assert_eq!(won.len(), 1, "{uses:?}");
    Login::of(&world.try_login("ada@example.com", &passwords[won[0]]).await);
}

#[tokio::test]
async fn a_mail_is_in_the_language_of_the_request() {
    let world = World::with_mail();
    let body = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD});
    let request = world.host.request(Method::POST, "/api/users/register", "");
    let request = request.header("accept-language", "fr, de-AT;q=0.9, en;q=0.5");
    assert_eq!(Answer::of(request.json(&body)).await.status, 202);
    // Quoted-printable breaks the long lines; the word has no umlaut.
    let mail = world.mail("ada@example.com", "Guten Tag", &[]).await;
    assert!(mail.subject.starts_with("=?UTF-8?B?"), "{}", mail.subject);
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_now_waits_and_holds_nothing_up() {
    let world = World::with_mail();
    let place = world.mail_dir().to_owned();
    std::fs::remove_dir(&place).unwrap();
    std::fs::write(&place, "in the way").unwrap();
    for name in ["ada", "bob", "eve"] {
        let email = format!("{name}@example.com");
        assert_eq!(world.ask_to_register(&email, PASSWORD).await.status, 202);
    }
    std::fs::remove_file(&place).unwrap();
    std::fs::create_dir(&place).unwrap();
    eventually("the mails are there", || async {
        world.later(Duration::from_secs(2));
        (world.mails().len() == 3).then_some(())
    })
    .await;
    for name in ["ada", "bob", "eve"] {
        let email = format!("{name}@example.com");
        let mail = world.mail(&email, "/verify?", &[]).await;
        assert_eq!(world.verify(&mail.token()).await.status, 204);
    }
}

#[tokio::test]
async fn where_no_mails_are_sent_it_says_so() {
    let world = World::start();
    forgot(&world, "ada@example.com")
        .await
        .assert_problem(409, "mail_off");
    world.someone("ada@example.com").await;
    assert_eq!(world.mails(), []);
}

#[tokio::test]
async fn no_secret_of_a_link_is_in_the_store() {
    let world = World::with_mail();
    world.verified("ada@example.com").await;
    let token = reset_token(&world, "ada@example.com").await;
    for file in std::fs::read_dir(world.dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let found = bytes
            .windows(token.len())
            .any(|window| window == token.as_bytes());
        assert!(!found, "a store holds the secret");
    }
}

#[tokio::test]
async fn the_commonest_passwords_are_refused() {
    let world = World::start();
    for common in ["password", "12345678", "Iloveyou1"] {
        let body = json!({"name": "Ada", "email": "ada@example.com", "password": common});
        let answer = world.post("/api/users/register", &body).await;
        answer.assert_problem(422, "validation_failed");
        assert_eq!(answer.body["errors"][0]["code"], "too_common", "{common}");
    }
}
