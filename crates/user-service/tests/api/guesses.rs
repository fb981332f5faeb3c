//! Guesses of passwords and tokens are slowed down, and nobody is locked out by others.

use std::time::Duration;

use serde_json::json;

use crate::world::{Login, PASSWORD, World, assert_challenged};

const ADA: &str = "ada@example.com";

/// How many guesses at one account are free.
const FREE: usize = 5;

async fn guess(world: &World, email: &str, times: usize) {
    for number in 0..times {
        let answer = world.try_login(email, &format!("guess {number}")).await;
        assert_challenged(&answer, "invalid_credentials");
    }
}

#[tokio::test]
async fn guesses_at_an_account_are_slowed_down_and_the_wait_doubles() {
    let world = World::start();
    world.register(ADA).await;
    guess(&world, ADA, FREE).await;
    for wait in [1, 2, 4, 8] {
        for _ in 0..3 {
            let refused = world.try_login(ADA, "another guess").await;
            refused.assert_problem(429, "too_many_requests");
            assert_eq!(refused.header("retry-after"), wait.to_string());
            let policy = refused.header("ratelimit-policy");
            assert_eq!(policy, "\"logins\";q=5;w=3000");
            let left = format!("\"logins\";r=0;t={wait}");
            assert_eq!(refused.header("ratelimit"), left);
        }
        world.later(Duration::from_secs(wait));
        guess(&world, ADA, 1).await;
    }
}

#[tokio::test]
async fn a_guess_that_is_refused_is_not_checked_and_lengthens_nothing() {
    let world = World::start();
    world.register(ADA).await;
    guess(&world, ADA, FREE).await;
    let verified = async || {
        let name = "marketplace_password_hash_duration_seconds_count";
        let scrape = world.host.metrics().await;
        scrape.sum(name, &[("work", "verify")])
    };
    let before = verified().await;
    for _ in 0..20 {
        let refused = world.try_login(ADA, PASSWORD).await;
        refused.assert_problem(429, "too_many_requests");
    }
    assert_eq!(verified().await, before);
    let throttled = world.host.metrics().await;
    let name = "marketplace_http_requests_throttled_total";
    assert_eq!(throttled.sum(name, &[("policy", "logins")]), Some(20.0));
    world.later(Duration::from_secs(1));
    world.login(ADA).await;
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_guarded_like_any_other() {
    let world = World::start();
    guess(&world, "nobody@example.com", FREE).await;
    let refused = world.try_login("NOBODY@example.com", PASSWORD).await;
    refused.assert_problem(429, "too_many_requests");
}

#[tokio::test]
async fn a_login_forgives_what_the_owner_mistyped() {
    let world = World::start();
    world.register(ADA).await;
    for _ in 0..4 {
        guess(&world, ADA, FREE - 1).await;
        world.login(ADA).await;
    }
}

#[tokio::test]
async fn one_password_tried_at_many_accounts_is_slowed_down_and_who_is_known_is_let_in() {
    let world = World::start();
    world.someone(ADA).await;
    world.register("eve@example.com").await;
    for number in 0..100 {
        let email = format!("somebody-{number}@example.com");
        guess(&world, &email, 1).await;
    }
    let refused = world.try_login("one-more@example.com", PASSWORD).await;
    refused.assert_problem(429, "too_many_requests");
    let policy = refused.header("ratelimit-policy").to_owned();
    assert!(policy.starts_with("\"logins-from-client\""), "{policy}");
    // Eve has never logged in from here, Ada has.
    let eve = world.try_login("eve@example.com", PASSWORD).await;
    eve.assert_problem(429, "too_many_requests");
    world.login(ADA).await;
}

#[tokio::test]
async fn logins_that_succeed_are_never_too_many() {
    let world = World::start();
    world.register(ADA).await;
    for _ in 0..120 {
        world.login(ADA).await;
    }
}

#[tokio::test]
async fn a_stolen_token_does_not_serve_to_guess_the_password() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    let change = async |current: &str| {
        let body = json!({"currentPassword": current, "newPassword": "staple this instead"});
        let path = "/api/users/me/password";
        world.host.post(path, &mine.token, &body).await
    };
    for number in 0..FREE {
        let wrong = change(&format!("guess {number}")).await;
        wrong.assert_problem(403, "wrong_password");
    }
    change(PASSWORD)
        .await
        .assert_problem(429, "too_many_requests");
    world.later(Duration::from_secs(1));
    assert_eq!(change(PASSWORD).await.status, 204);
}

#[tokio::test]
async fn refresh_tokens_that_are_made_up_are_refused_after_a_hundred() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    for number in 0..100 {
        let made_up = world.refresh(&format!("{number:043}")).await;
        assert_challenged(&made_up, "invalid_refresh_token");
    }
    let refused = world.refresh(&"x".repeat(43)).await;
    refused.assert_problem(429, "too_many_requests");
    world.later(Duration::from_secs(1));
    Login::of(&world.refresh(&mine.refresh).await);
}
