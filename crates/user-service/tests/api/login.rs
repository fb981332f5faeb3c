//! POST /api/users/login.

use auth::Role;
use host::testing::eventually;
use rstest::rstest;
use serde_json::{Value, json};
use user_service::Email;

use crate::world::{Login, PASSWORD, World, assert_challenged};

const PATH: &str = "/api/users/login";

#[tokio::test]
async fn who_knows_the_password_gets_tokens_and_their_profile() {
    let world = World::start();
    let registered = world.register("Ada@Example.com").await;
    let answer = world.try_login("aDA@eXAMPLE.com", PASSWORD).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.body["tokenType"], "Bearer");
    assert_eq!(answer.body["expiresIn"], 900);
    assert_eq!(answer.body["user"], registered.body);
    let members: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members.len(), 5, "{members:?}");
    let login = Login::of(&answer);
    assert_eq!(world.me(&login.token).await.body, registered.body);
}

#[tokio::test]
async fn an_unknown_email_and_a_wrong_password_are_told_the_same() {
    let world = World::start();
    world.register("ada@example.com").await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("ada@example.com", "correct horse batterx"),
        ("eve@example.com", PASSWORD),
        ("ada@example.com", "short"),
        ("ada@example.com", ""),
        ("ada@example.com", &"x".repeat(73)),
    ] {
        let mut answer = world.try_login(email, password).await;
        assert_challenged(&answer, "invalid_credentials");
        answer.body["instance"].take();
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[rstest]
#[case(json!({"password": PASSWORD}), "/email", "required")]
#[case(json!({"email": "ada", "password": PASSWORD}), "/email", "invalid_email")]
#[case(json!({"email": 1, "password": PASSWORD}), "/email", "invalid_type")]
#[case(json!({"email": "ada@example.com"}), "/password", "required")]
#[case(json!({"email": "ada@example.com", "password": null}), "/password", "invalid_type")]
#[case(json!({"email": "ada@example.com", "password": ["x"]}), "/password", "invalid_type")]
#[case(json!({"email": "ada@example.com", "password": PASSWORD, "admin": true}), "/admin", "unknown_field")]
#[tokio::test]
async fn what_breaks_a_rule_is_refused(
    #[case] body: Value,
    #[case] pointer: &str,
    #[case] code: &str,
) {
    let world = World::start();
    world.register("ada@example.com").await;
    let answer = world.post(PATH, &body).await;
    answer.assert_faults(&[(pointer, code)]);
}

#[tokio::test]
async fn a_granted_role_is_in_the_profile_and_in_the_next_token() {
    let world = World::start();
    let before = world.someone("ada@example.com").await;
    let email = Email::parse("ADA@example.com").unwrap();
    let granted = world.users.grant(&email, Role::Treasury).await.unwrap();
    assert_eq!(granted.unwrap().roles, [Role::Treasury]);
    assert_eq!(
        world.me(&before.token).await.body["roles"],
        json!(["treasury"])
    );
    assert!(
        world
            .verifier
            .verify(&before.token)
            .unwrap()
            .roles
            .is_empty()
    );
    let next = Login::of(&world.refresh(&before.refresh).await);
    assert!(
        world
            .verifier
            .verify(&next.token)
            .unwrap()
            .has(Role::Treasury)
    );
    let nobody = Email::parse("eve@example.com").unwrap();
    assert!(
        world
            .users
            .grant(&nobody, Role::Admin)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_login_after_the_cost_was_changed_renews_the_hash_and_ends_nothing() {
    let world = World::start();
    let earlier = world.someone("ada@example.com").await;
    let email = Email::parse("ada@example.com").unwrap();
    let hash = async |world: &World| {
        let user = world.users.find(&email).await.unwrap().unwrap();
        user.password_hash.as_str().to_owned()
    };
    let before = hash(&world).await;
    let dearer = world.again(6);
    let wrong = dearer.try_login("ada@example.com", "wrong password").await;
    assert_challenged(&wrong, "invalid_credentials");
    assert_eq!(hash(&world).await, before);
    dearer.login("ada@example.com").await;
    let after = hash(&world).await;
    assert!(after.starts_with("$2b$06$"), "{after}");
    dearer.login("ada@example.com").await;
    assert_eq!(hash(&world).await, after);
    Login::of(&dearer.refresh(&earlier.refresh).await);
}

#[tokio::test]
async fn passwords_of_clients_that_left_are_not_hashed() {
    use std::io::Write as _;
    const LEAVING: f64 = 30.0;
    let world = World::with_cost(12);
    world.someone("ada@example.com").await;
    let address = world.host.url.strip_prefix("http://").unwrap();
    for number in 0..30 {
        let email = format!("nobody-{number}@example.com");
        let body = json!({"email": email, "password": "wrong password"}).to_string();
        let request = format!(
            "POST /api/users/login HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut client = std::net::TcpStream::connect(address).unwrap();
        client.write_all(request.as_bytes()).unwrap();
    }
    let login = world.try_login("ada@example.com", PASSWORD).await;
    assert_eq!(login.status, 200, "{login:?}");
    let all_left = async || {
        let scrape = world.host.metrics().await;
        let route = ("route", PATH);
        let with = |status| {
            scrape.sum(
                "marketplace_http_requests_total",
                &[route, ("status", status)],
            )
        };
        let gone = with("499").unwrap_or_default() + with("401").unwrap_or_default();
        (gone >= LEAVING).then_some(scrape)
    };
    let scrape = eventually("the end of all requests", all_left).await;
    let name = "marketplace_password_hash_duration_seconds_count";
    let verified = scrape.sum(name, &[("work", "verify")]).unwrap();
    // Two logins, and what the threads (four at most) had begun before the clients' leave was noticed.
    assert!(verified <= 2.0 + 4.0, "{verified} passwords were verified");
}
