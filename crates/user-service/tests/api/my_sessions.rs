//! GET and DELETE /api/users/me/sessions: a user sees their logins, and ends them.

use host::testing::Answer;
use reqwest::Method;
use serde_json::json;

use crate::world::{Login, PASSWORD, World, assert_challenged};

const PATH: &str = "/api/users/me/sessions";

async fn list(world: &World, token: &str) -> Vec<serde_json::Value> {
    let answer = world.host.get(PATH, token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

async fn end(world: &World, path: &str, token: &str) -> Answer {
    Answer::of(world.host.request(Method::DELETE, path, token)).await
}

#[tokio::test]
async fn a_login_is_listed_with_what_its_owner_recognises() {
    let world = World::start();
    world.someone("eve@example.com").await;
    world.register("ada@example.com").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let request = world.host.request(Method::POST, "/api/users/login", "");
    let request = request.header("user-agent", "Firefox/140.0").json(&body);
    let first = Login::of(&Answer::of(request).await);
    let second = world.login("ada@example.com").await;
    let listed = list(&world, &second.token).await;
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&listed[0]["current"], &listed[1]["current"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(listed[1]["userAgent"], "Firefox/140.0");
    assert_eq!(listed[1]["network"], "127.0.0.0/24");
    let session = world.verifier.verify(&first.token).unwrap().session;
    assert_eq!(listed[1]["id"], session.to_string());
    for time in ["createdAt", "lastUsedAt", "expiresAt"] {
        assert!(listed[1][time].is_string(), "{time}");
    }
    world.later(std::time::Duration::from_mins(1));
    let first = Login::of(&world.refresh(&first.refresh).await);
    let again = list(&world, &first.token).await;
    assert_eq!(again[1]["createdAt"], listed[1]["createdAt"]);
    assert_ne!(again[1]["lastUsedAt"], listed[1]["lastUsedAt"]);
    assert_eq!(again[0]["current"], json!(false));
}

#[tokio::test]
async fn a_long_list_is_walked_in_pages() {
    let world = World::start();
    let mut login = world.someone("ada@example.com").await;
    for _ in 0..4 {
        login = world.login("ada@example.com").await;
    }
    let all = list(&world, &login.token).await;
    assert_eq!(all.len(), 5);
    let mut walked = Vec::new();
    let mut path = format!("{PATH}?limit=2");
    loop {
        let page = world.host.get(&path, &login.token).await.body;
        walked.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("{PATH}?limit=2&cursor={cursor}");
    }
    assert_eq!(walked, all);
}

#[tokio::test]
async fn one_login_is_ended_with_its_tokens() {
    let world = World::start();
    let mine = world.someone("ada@example.com").await;
    let other = world.login("ada@example.com").await;
    let eve = world.someone("eve@example.com").await;
    let id = |login: &Login| {
        let caller = world.verifier.verify(&login.token).unwrap();
        format!("{PATH}/{}", caller.session)
    };
    for (path, token) in [
        (id(&eve), &mine.token),
        (id(&mine), &eve.token),
        (format!("{PATH}/nonsense"), &mine.token),
    ] {
        end(&world, &path, token)
            .await
            .assert_problem(404, "session_not_found");
    }
    let path = id(&other);
    assert_eq!(end(&world, &path, &mine.token).await.status, 204);
    assert_challenged(&world.me(&other.token).await, "unauthenticated");
    let refused = world.refresh(&other.refresh).await;
    assert_challenged(&refused, "invalid_refresh_token");
    let again = end(&world, &path, &mine.token).await;
    again.assert_problem(404, "session_not_found");
    // Also the one that asks.
    let path = id(&mine);
    assert_eq!(end(&world, &path, &mine.token).await.status, 204);
    assert_challenged(&world.me(&mine.token).await, "unauthenticated");
    assert_eq!(world.me(&eve.token).await.status, 200);
}

#[tokio::test]
async fn all_other_logins_are_ended_and_the_one_that_asks_stays() {
    let world = World::start();
    let mine = world.someone("ada@example.com").await;
    let others = [
        world.login("ada@example.com").await,
        world.login("ada@example.com").await,
    ];
    let eve = world.someone("eve@example.com").await;
    assert_eq!(end(&world, PATH, &mine.token).await.status, 204);
    for other in &others {
        assert_challenged(&world.me(&other.token).await, "unauthenticated");
        let refused = world.refresh(&other.refresh).await;
        assert_challenged(&refused, "invalid_refresh_token");
    }
    assert_eq!(list(&world, &mine.token).await.len(), 1);
    Login::of(&world.refresh(&mine.refresh).await);
    Login::of(&world.refresh(&eve.refresh).await);
    let later = world.login("ada@example.com").await;
    assert_eq!(world.me(&later.token).await.status, 200);
}

#[tokio::test]
async fn nobody_sees_or_ends_logins_without_a_token() {
    let world = World::start();
    assert_challenged(&world.host.get(PATH, "").await, "unauthenticated");
    assert_challenged(&end(&world, PATH, "").await, "unauthenticated");
}

#[tokio::test]
async fn what_another_process_revoked_is_learnt_from_the_store() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    world.users.learn_revocations().await.unwrap();
    // Another verifier, as after a restart.
    let path = format!(
        "{PATH}/{}",
        world.verifier.verify(&login.token).unwrap().session
    );
    let again = world.again(4);
    assert!(again.verifier.verify(&login.token).is_ok());
    assert_eq!(end(&world, &path, &login.token).await.status, 204);
    assert!(again.verifier.verify(&login.token).is_ok());
    again.users.learn_revocations().await.unwrap();
    assert_eq!(
        again.verifier.verify(&login.token),
        Err(auth::TokenError::Revoked)
    );
}
