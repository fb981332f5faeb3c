//! An operator's decisions about users: suspension and roles.

use auth::Role;
use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use user_service::Email;

use crate::world::{Login, PASSWORD, World, assert_challenged};

pub(crate) async fn operator(world: &World, email: &str) -> (String, Login) {
    let id = world.register(email).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let parsed = Email::parse(email).unwrap();
    world.users.grant(&parsed, Role::Admin).await.unwrap();
    (id, world.login(email).await)
}

async fn someone(world: &World, email: &str) -> (String, Login) {
    let login = world.someone(email).await;
    let id = world.me(&login.token).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    (id, login)
}

pub(crate) async fn decide(world: &World, token: &str, user: &str, step: &str) -> Answer {
    let path = format!("/api/users/{user}/{step}");
    let body = json!({"reason": "A test"});
    world.host.post(&path, token, &body).await
}

pub(crate) async fn role(
    world: &World,
    method: Method,
    token: &str,
    user: &str,
    role: &str,
) -> Answer {
    let path = format!("/api/users/{user}/roles/{role}");
    Answer::of(world.host.request(method, &path, token)).await
}

#[tokio::test]
async fn a_suspended_user_can_do_nothing_until_they_are_reinstated() {
    let world = World::start();
    let (boss, operator) = operator(&world, "boss@example.com").await;
    let (ada, login) = someone(&world, "ada@example.com").await;
    let answer = decide(&world, &operator.token, &ada, "suspend").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["suspension"]["reason"], "A test");
    assert_eq!(answer.body["suspension"]["by"], *boss);
    assert_challenged(&world.me(&login.token).await, "unauthenticated");
    let refused = world.refresh(&login.refresh).await;
    assert_challenged(&refused, "invalid_refresh_token");
    world
        .try_login("ada@example.com", PASSWORD)
        .await
        .assert_problem(403, "user_suspended");
    // Who does not know the password learns nothing.
    let guess = world.try_login("ada@example.com", "wrong password").await;
    assert_challenged(&guess, "invalid_credentials");
    let again = decide(&world, &operator.token, &ada, "suspend").await;
    again.assert_problem(409, "user_move_not_allowed");

    let answer = decide(&world, &operator.token, &ada, "reinstate").await;
    assert_eq!((answer.status, answer.body.get("suspension")), (200, None));
    let refused = world.refresh(&login.refresh).await;
    assert_challenged(&refused, "invalid_refresh_token");
    let login = world.login("ada@example.com").await;
    assert_eq!(world.me(&login.token).await.status, 200);
    let again = decide(&world, &operator.token, &ada, "reinstate").await;
    again.assert_problem(409, "user_move_not_allowed");
}

#[tokio::test]
async fn a_role_is_granted_with_the_next_token_and_revoked_at_once() {
    let world = World::start();
    let (_, operator) = operator(&world, "boss@example.com").await;
    let (ada, login) = someone(&world, "ada@example.com").await;
    for _ in 0..2 {
        let granted = role(&world, Method::PUT, &operator.token, &ada, "treasury").await;
        assert_eq!(
            (granted.status, &granted.body["roles"]),
            (200, &json!(["treasury"]))
        );
    }
    assert_eq!(world.me(&login.token).await.status, 200);
    let login = Login::of(&world.refresh(&login.refresh).await);
    let has = |login: &Login| {
        world
            .verifier
            .verify(&login.token)
            .map(|caller| caller.has(Role::Treasury))
    };
    assert_eq!(has(&login), Ok(true));
    for _ in 0..2 {
        let revoked = role(&world, Method::DELETE, &operator.token, &ada, "treasury").await;
        assert_eq!((revoked.status, &revoked.body["roles"]), (200, &json!([])));
    }
    assert_challenged(&world.me(&login.token).await, "unauthenticated");
    let login = Login::of(&world.refresh(&login.refresh).await);
    assert_eq!(has(&login), Ok(false));
}

#[tokio::test]
async fn the_last_administrator_can_neither_leave_nor_suspend_themselves() {
    let world = World::start();
    let (boss, operator) = operator(&world, "boss@example.com").await;
    let refused = role(&world, Method::DELETE, &operator.token, &boss, "admin").await;
    refused.assert_problem(409, "last_admin");
    let refused = decide(&world, &operator.token, &boss, "suspend").await;
    refused.assert_problem(409, "last_admin");
    assert_eq!(
        world.me(&operator.token).await.body["roles"],
        json!(["admin"])
    );
}

#[tokio::test]
async fn only_administrators_decide_and_only_about_users_and_roles_that_exist() {
    let world = World::start();
    let (_, operator) = operator(&world, "boss@example.com").await;
    let (ada, login) = someone(&world, "ada@example.com").await;
    for step in ["suspend", "reinstate"] {
        let refused = decide(&world, &login.token, &ada, step).await;
        refused.assert_problem(403, "forbidden");
        // Not even what a decision has to say.
        let path = format!("/api/users/{ada}/{step}");
        let refused = world.host.post(&path, &login.token, &json!({})).await;
        refused.assert_problem(403, "forbidden");
        assert_challenged(&decide(&world, "", &ada, step).await, "unauthenticated");
        for nobody in ["nonsense", "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d"] {
            let refused = decide(&world, &operator.token, nobody, step).await;
            refused.assert_problem(404, "user_not_found");
        }
    }
    for method in [Method::PUT, Method::DELETE] {
        let ask = async |token: &str, user: &str, name: &str| {
            role(&world, method.clone(), token, user, name).await
        };
        ask(&login.token, &ada, "admin")
            .await
            .assert_problem(403, "forbidden");
        assert_challenged(&ask("", &ada, "admin").await, "unauthenticated");
        ask(&operator.token, "nonsense", "admin")
            .await
            .assert_problem(404, "user_not_found");
        ask(&operator.token, &ada, "emperor")
            .await
            .assert_problem(404, "role_not_found");
    }
    assert_eq!(world.me(&login.token).await.body["roles"], json!([]));
}

#[rstest]
#[case(json!({}), "/reason", "required")]
#[case(json!({"reason": 1}), "/reason", "invalid_type")]
#[case(json!({"reason": " "}), "/reason", "too_short")]
#[case(json!({"reason": "x".repeat(201)}), "/reason", "too_long")]
#[case(json!({"reason": "a\nb"}), "/reason", "invalid_character")]
#[case(json!({"reason": "x", "until": 1}), "/until", "unknown_field")]
#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_changes_nothing(
    #[case] body: Value,
    #[case] pointer: &str,
    #[case] code: &str,
    #[values("suspend", "reinstate")] step: &str,
) {
    let world = World::start();
    let (_, operator) = operator(&world, "boss@example.com").await;
    let (ada, login) = someone(&world, "ada@example.com").await;
    let path = format!("/api/users/{ada}/{step}");
    let answer = world.host.post(&path, &operator.token, &body).await;
    answer.assert_faults(&[(pointer, code)]);
    assert_eq!(world.me(&login.token).await.status, 200);
}
