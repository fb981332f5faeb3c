//! POST /api/users/refresh and /api/users/logout: the lifecycle of a login.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{Login, World, assert_challenged};

async fn logout(world: &World, token: &str, refresh: &str) -> u16 {
    let body = json!({"refreshToken": refresh});
    let answer = world.host.post("/api/users/logout", token, &body).await;
    answer.status
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_session() {
    let world = World::start();
    let first = world.someone("ada@example.com").await;
    let answer = world.refresh(&first.refresh).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.body["user"], world.me(&first.token).await.body);
    let second = Login::of(&answer);
    assert_ne!(second.token, first.token);
    assert_ne!(second.refresh, first.refresh);
    let session = |login: &Login| world.verifier.verify(&login.token).unwrap().session;
    assert_eq!(session(&first), session(&second));
    Login::of(&world.refresh(&second.refresh).await);
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_can_be_sent_again_for_ten_seconds() {
    let world = World::start();
    let first = world.someone("ada@example.com").await;
    let second = Login::of(&world.refresh(&first.refresh).await);
    for millis in [0, 9_999] {
        world.later(Duration::from_millis(millis));
        let again = Login::of(&world.refresh(&first.refresh).await);
        assert_eq!(again.refresh, second.refresh);
        assert_eq!(world.me(&again.token).await.status, 200);
    }
    Login::of(&world.refresh(&second.refresh).await);
    // The next one was used, so this is somebody else.
    let reused = world.refresh(&first.refresh).await;
    assert_challenged(&reused, "invalid_refresh_token");
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_later_ends_the_whole_login_and_no_other() {
    let world = World::start();
    let first = world.someone("ada@example.com").await;
    let other = world.login("ada@example.com").await;
    let second = Login::of(&world.refresh(&first.refresh).await);
    world.later(Duration::from_secs(10));
    for dead in [&first.refresh, &second.refresh] {
        assert_challenged(&world.refresh(dead).await, "invalid_refresh_token");
    }
    for dead in [&first.token, &second.token] {
        assert_challenged(&world.me(dead).await, "unauthenticated");
    }
    assert_eq!(world.me(&other.token).await.status, 200);
    Login::of(&world.refresh(&other.refresh).await);
}

#[tokio::test]
async fn an_unknown_refresh_token_is_refused() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    for unknown in ["", "nonsense", &login.token, &"x".repeat(10_000)] {
        let answer = world.refresh(unknown).await;
        assert_challenged(&answer, "invalid_refresh_token");
    }
    Login::of(&world.refresh(&login.refresh).await);
}

#[tokio::test]
async fn a_login_lasts_as_long_as_it_is_refreshed() {
    let world = World::start();
    let mut login = world.someone("ada@example.com").await;
    for _ in 0..3 {
        world.later(Duration::from_hours(29 * 24));
        login = Login::of(&world.refresh(&login.refresh).await);
    }
    world.later(Duration::from_hours(30 * 24));
    let answer = world.refresh(&login.refresh).await;
    assert_challenged(&answer, "invalid_refresh_token");
}

#[tokio::test]
async fn a_login_ends_after_half_a_year_however_often_it_is_refreshed() {
    let world = World::start();
    let mut login = world.someone("ada@example.com").await;
    for _ in 0..8 {
        world.later(Duration::from_hours(20 * 24));
        login = Login::of(&world.refresh(&login.refresh).await);
    }
    world.later(Duration::from_hours(20 * 24));
    let answer = world.refresh(&login.refresh).await;
    assert_challenged(&answer, "invalid_refresh_token");
}

#[tokio::test]
async fn after_the_access_token_expired_a_refresh_gives_a_good_one() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    world.later(Duration::from_mins(16));
    let answer = world.me(&login.token).await;
    assert_challenged(&answer, "unauthenticated");
    assert_eq!(answer.body["detail"], "The token has expired.");
    let next = Login::of(&world.refresh(&login.refresh).await);
    assert_eq!(world.me(&next.token).await.status, 200);
}

#[tokio::test]
async fn a_logout_ends_the_login_and_can_be_repeated() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    let other = world.login("ada@example.com").await;
    assert_eq!(logout(&world, &login.token, &login.refresh).await, 204);
    assert_challenged(&world.me(&login.token).await, "unauthenticated");
    assert_eq!(logout(&world, &other.token, &login.refresh).await, 204);
    assert_eq!(logout(&world, &other.token, "unknown").await, 204);
    assert_eq!(world.me(&other.token).await.status, 200);
    let answer = world.refresh(&login.refresh).await;
    assert_challenged(&answer, "invalid_refresh_token");
    Login::of(&world.refresh(&other.refresh).await);
}

#[tokio::test]
async fn nobody_ends_someone_elses_login() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    let eve = world.someone("eve@example.com").await;
    // The answer does not reveal that the session exists.
    assert_eq!(logout(&world, &eve.token, &ada.refresh).await, 204);
    let body = json!({"refreshToken": ada.refresh});
    let answer = world.post("/api/users/logout", &body).await;
    assert_challenged(&answer, "unauthenticated");
    Login::of(&world.refresh(&ada.refresh).await);
}

#[rstest]
#[case(json!({}), "/refreshToken", "required")]
#[case(json!({"refreshToken": null}), "/refreshToken", "invalid_type")]
#[case(json!({"refreshToken": 1}), "/refreshToken", "invalid_type")]
#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_ends_nothing(
    #[case] body: Value,
    #[case] pointer: &str,
    #[case] code: &str,
    #[values("/api/users/refresh", "/api/users/logout")] path: &str,
) {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    let answer = world.host.post(path, &login.token, &body).await;
    answer.assert_faults(&[(pointer, code)]);
    let unknown = json!({"refreshToken": login.refresh, "refresh_token": login.refresh});
    let answer = world.host.post(path, &login.token, &unknown).await;
    answer.assert_faults(&[("/refresh_token", "unknown_field")]);
    Login::of(&world.refresh(&login.refresh).await);
}
