//! Registering, logging in and out, profiles, passwords.

use std::time::Duration;

use e2e::{Answer, Shape, unique, within};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn an_email_is_taken_whatever_its_case() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let again = shape
        .client()
        .post(
            "/api/users/register",
            &json!({"name": "Eve", "email": ada.email.to_uppercase(), "password": "something else"}),
        )
        .await;
    again.assert_problem(409, "email_taken");
    let login = shape
        .client()
        .log_in(&ada.email.to_uppercase(), &ada.password)
        .await;
    assert_eq!(login.id, ada.id);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_are_told_apart_by_nobody() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let attempt = async |email: &str| {
        let body = json!({"email": email, "password": "not the password"});
        shape.client().post("/api/users/login", &body).await
    };
    let wrong = attempt(&ada.email).await;
    let unknown = attempt(&format!("{}@example.com", unique())).await;
    wrong.assert_problem(401, "invalid_credentials");
    unknown.assert_problem(401, "invalid_credentials");
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
}

#[tokio::test]
async fn a_login_answers_with_tokens_and_the_user() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let login = shape
        .client()
        .post(
            "/api/users/login",
            &json!({"email": ada.email, "password": ada.password}),
        )
        .await;
    assert_eq!(login.body["tokenType"], "Bearer");
    assert!(login.body["expiresIn"].as_i64().unwrap() > 0);
    assert_eq!(login.body["user"]["name"], "Ada");
    let me = ada.get("/api/users/me").await;
    assert_eq!(me.status, 200);
    assert_eq!(me.body["id"], ada.id.as_str());
    assert!(me.body["roles"].is_array());
    assert!(me.body["createdAt"].as_str().unwrap().ends_with('Z'));
    for secret in ["password", "passwordHash"] {
        assert!(me.body.get(secret).is_none(), "{me:?}");
    }
}

#[tokio::test]
async fn a_profile_can_be_renamed_and_nothing_else() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let renamed = ada
        .send(
            Method::PATCH,
            "/api/users/me",
            &json!({"name": "Ada Lovelace"}),
        )
        .await;
    assert_eq!(
        (renamed.status, &renamed.body["name"]),
        (200, &json!("Ada Lovelace"))
    );
    ada.send(Method::PATCH, "/api/users/me", &json!({"roles": ["admin"]}))
        .await
        .assert_problem(422, "validation_failed");
    let me = ada.get("/api/users/me").await;
    assert_eq!(me.body["name"], "Ada Lovelace");
    assert_eq!(me.body["roles"], json!([]));
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let shape = Shape::start();
    let client = shape.client();
    let ada = client.join("Ada").await;
    let refresh = async |token: &str| {
        client
            .post("/api/users/refresh", &json!({"refreshToken": token}))
            .await
    };
    let rotated = refresh(&ada.refresh).await;
    assert_eq!(rotated.status, 200, "{rotated:?}");
    let next = rotated.body["refreshToken"].as_str().unwrap();
    assert_ne!(next, ada.refresh);
    let token = rotated.body["token"].as_str().unwrap();
    let me = Answer::of(client.request(Method::GET, "/api/users/me", token)).await;
    assert_eq!(me.body["id"], ada.id.as_str());
    let again = refresh(&ada.refresh).await;
    assert_eq!(again.body["refreshToken"], next, "the answer may be lost");
    assert_eq!(refresh(next).await.status, 200);
    let reused = refresh(&ada.refresh).await;
    assert_eq!(reused.status, 401, "it was used, and so was the next one");
}

#[tokio::test]
async fn after_a_logout_the_refresh_token_is_dead() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let body = json!({"refreshToken": ada.refresh});
    let out = ada.post("/api/users/logout", &body).await;
    assert_eq!(out.status, 204, "{out:?}");
    // In the distributed mode the wallet service hears of it within seconds.
    within(
        Duration::from_secs(10),
        "the end of the access token",
        async || {
            let statuses = (
                ada.get("/api/users/me").await.status,
                ada.get("/api/wallet/balance").await.status,
            );
            (statuses == (401, 401)).then_some(())
        },
    )
    .await;
    assert_eq!(
        shape
            .client()
            .post("/api/users/refresh", &body)
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let shape = Shape::start();
    let client = shape.client();
    let ada = client.join("Ada").await;
    let elsewhere = client.log_in(&ada.email, &ada.password).await;

    let wrong = json!({"currentPassword": "a wild guess", "newPassword": "a better secret"});
    let refused = ada.post("/api/users/me/password", &wrong).await;
    assert!((400..500).contains(&refused.status), "{refused:?}");

    let right = json!({"currentPassword": ada.password, "newPassword": "a better secret"});
    assert_eq!(ada.post("/api/users/me/password", &right).await.status, 204);
    let old = json!({"refreshToken": elsewhere.refresh});
    assert_eq!(client.post("/api/users/refresh", &old).await.status, 401);
    let login = json!({"email": ada.email, "password": ada.password});
    assert_eq!(client.post("/api/users/login", &login).await.status, 401);
    assert_eq!(
        client.log_in(&ada.email, "a better secret").await.id,
        ada.id
    );
}
