//! Passwords, tokens and addresses appear in no log, and passwords and tokens in no answer except the one that issues a token to its owner.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use host::testing::Answer;
use reqwest::Method;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use crate::world::{PASSWORD, World};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_password_and_no_token_is_logged_or_repeated_and_no_address_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    let mut answers = vec![
        world
            .try_login("ada@example.com", "wrong horse battery")
            .await,
        world.me(&login.token).await,
        world.me(&format!("{}x", login.token)).await,
        world.refresh(&login.refresh).await,
        world.refresh(&login.refresh).await,
    ];
    world.later(std::time::Duration::from_secs(10));
    answers.push(world.refresh(&login.refresh).await);
    let login = world.login("ada@example.com").await;
    let oversized = format!("{PASSWORD} {}", "x".repeat(73));
    for body in [
        json!({"name": 1, "email": "x", "password": oversized}),
        json!({"name": "A", "email": "ada@example.com", "password": PASSWORD}),
        json!({"name": "A", "email": "ada@example.com", "password": [PASSWORD]}),
    ] {
        answers.push(world.post("/api/users/register", &body).await);
    }
    let broken = world
        .host
        .request(Method::POST, "/api/users/register", "")
        .header("content-type", "application/json")
        .body(format!("{{\"password\": \"{PASSWORD}\" oops"));
    answers.push(Answer::of(broken).await);
    let body =
        json!({"currentPassword": "wrong horse battery", "newPassword": "staple this instead"});
    let path = "/api/users/me/password";
    answers.push(world.host.post(path, &login.token, &body).await);
    let body = json!({"currentPassword": PASSWORD, "newPassword": "staple this instead"});
    answers.push(world.host.post(path, &login.token, &body).await);

    let address = json!({
        "name": "Augusta Byron", "line1": "12 Ockham Park", "city": "Guildford", "postalCode": "GU23 6NQ", "country": "GB",
        "phone": "+44 1483 211535",
    });
    let path = "/api/users/me/addresses";
    let kept = world.host.post(path, &login.token, &address).await;
    assert_eq!(kept.status, 201, "{kept:?}");
    let mut refused = address.clone();
    refused["country"] = json!("England");
    world.host.post(path, &login.token, &refused).await;
    world.host.get(path, &login.token).await;

    let logged = String::from_utf8_lossy(&log.lock()).into_owned();
    assert!(
        logged.contains("a refresh token was used twice"),
        "the log is read: {logged}"
    );
    for part in [
        "ada@example.com",
        "Augusta",
        "Ockham",
        "Guildford",
        "GU23",
        "211535",
    ] {
        assert!(!logged.contains(part), "{part} in the log");
    }
    for event in [
        "login",
        "login_failed",
        "token_reused",
        "password_refused",
        "password_changed",
    ] {
        let said = format!("event=\"{event}\"");
        let times = logged.matches(&said).count();
        let expected = if event == "login" { 2 } else { 1 };
        assert_eq!(times, expected, "{event}");
    }
    let said = format!("{answers:?}");
    for secret in ["horse battery", "staple this", "$2b$"] {
        assert!(!logged.contains(secret), "{secret} in the log");
        assert!(!said.contains(secret), "{secret} in an answer");
    }
    for secret in [&login.token, &login.refresh] {
        assert!(!logged.contains(secret.as_str()), "a token in the log");
        assert!(!said.contains(secret.as_str()), "a token in an answer");
    }
}
