//! POST /api/users/me/password.

use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{Login, PASSWORD, World, assert_challenged};

const PATH: &str = "/api/users/me/password";
const NEW: &str = "staple this instead";

#[tokio::test]
async fn a_changed_password_is_the_only_one_and_other_logins_end() {
    let world = World::start();
    let mine = world.someone("ada@example.com").await;
    let other = world.login("ada@example.com").await;
    let eve = world.someone("eve@example.com").await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    let answer = world.host.post(PATH, &mine.token, &body).await;
    assert_eq!((answer.status, answer.body), (204, Value::Null));

    let old = world.try_login("ada@example.com", PASSWORD).await;
    assert_challenged(&old, "invalid_credentials");
    assert_eq!(world.try_login("ada@example.com", NEW).await.status, 200);
    let ended = world.refresh(&other.refresh).await;
    assert_challenged(&ended, "invalid_refresh_token");
    assert_challenged(&world.me(&other.token).await, "unauthenticated");
    for alive in [&mine, &eve] {
        assert_eq!(world.me(&alive.token).await.status, 200);
    }
    Login::of(&world.refresh(&mine.refresh).await);
    Login::of(&world.refresh(&eve.refresh).await);
}

#[tokio::test]
async fn without_the_current_password_nothing_changes() {
    let world = World::start();
    let mine = world.someone("ada@example.com").await;
    let other = world.login("ada@example.com").await;
    for wrong in ["correct horse batterx", "", &"x".repeat(73)] {
        let body = json!({"currentPassword": wrong, "newPassword": NEW});
        let answer = world.host.post(PATH, &mine.token, &body).await;
        answer.assert_problem(403, "wrong_password");
    }
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    assert_challenged(&world.post(PATH, &body).await, "unauthenticated");
    world.login("ada@example.com").await;
    Login::of(&world.refresh(&other.refresh).await);
}

#[rstest]
#[case(json!({"newPassword": NEW}), "/currentPassword", "required")]
#[case(json!({"currentPassword": 1, "newPassword": NEW}), "/currentPassword", "invalid_type")]
#[case(json!({"currentPassword": PASSWORD}), "/newPassword", "required")]
#[case(json!({"currentPassword": PASSWORD, "newPassword": null}), "/newPassword", "invalid_type")]
#[case(json!({"currentPassword": PASSWORD, "newPassword": "short"}), "/newPassword", "too_short")]
#[case(json!({"currentPassword": PASSWORD, "newPassword": "x".repeat(73)}), "/newPassword", "too_long")]
#[case(json!({"currentPassword": PASSWORD, "newPassword": NEW, "x": 1}), "/x", "unknown_field")]
#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_changes_nothing(
    #[case] body: Value,
    #[case] pointer: &str,
    #[case] code: &str,
) {
    let world = World::start();
    let mine = world.someone("ada@example.com").await;
    let other = world.login("ada@example.com").await;
    let answer = world.host.post(PATH, &mine.token, &body).await;
    answer.assert_faults(&[(pointer, code)]);
    world.login("ada@example.com").await;
    Login::of(&world.refresh(&other.refresh).await);
}
