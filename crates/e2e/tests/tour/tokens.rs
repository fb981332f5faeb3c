//! Failed authentication: missing, expired and forged tokens, on every route that the document protects.

use std::sync::Arc;
use std::time::Duration;

use auth::{Issuer, KeySet, Role, Subject, TokenPolicy};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::{Answer, Client, Forgery, Launch, Shape, forge};
use kernel::{Clock, SessionId, SystemClock, SystemIds};
use reqwest::Method;
use serde_json::{Value, json};

use crate::document::{Operation, operations};

/// Asserts that every protected route rejects this `Authorization` header with a proper problem.
async fn assert_refused_everywhere(
    client: &Client,
    protected: &[Operation],
    header: Option<&str>,
    what: &str,
) {
    for Operation { method, path, .. } in protected {
        let here = path.replace("{id}", "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d");
        let mut request = client.request(method.clone(), &here, "");
        if method != Method::GET {
            request = request.json(&json!({}));
        }
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 401, "{what}: {method} {path} {answer:?}");
        answer.assert_problem(401, "unauthenticated");
        assert!(
            answer.header("www-authenticate").starts_with("Bearer"),
            "{what}: {answer:?}"
        );
    }
}

fn protected(document: &Value) -> Vec<Operation> {
    let found: Vec<Operation> = operations(document)
        .into_iter()
        .filter(|operation| {
            let schemes = operation.detail["security"].as_array();
            schemes
                .is_some_and(|schemes| schemes.iter().all(|scheme| scheme.get("bearer").is_some()))
        })
        .collect();
    assert!(
        found.len() >= 14,
        "only {} protected operations",
        found.len()
    );
    found
}

#[tokio::test]
async fn no_protected_route_answers_without_a_good_token() {
    let shape = Shape::start();
    let client = shape.client();
    let document = client.get("/api/openapi.json").await.body;
    let protected = protected(&document);
    let ada = client.join("Ada").await;
    let jwks = client.get("/.well-known/jwks.json").await.body;

    assert_refused_everywhere(client, &protected, None, "no header").await;
    let basic = format!("Basic {}", ada.token);
    let twice = format!("Bearer {} {}", ada.token, ada.token);
    for header in ["Bearer", "Bearer ", "", basic.as_str(), twice.as_str()] {
        assert_refused_everywhere(client, &protected, Some(header), header).await;
    }
    for Forgery { what, token } in forge(&ada.token, &jwks) {
        assert_refused_everywhere(client, &protected, Some(&format!("Bearer {token}")), what).await;
    }
    assert_eq!(
        ada.get("/api/users/me").await.status,
        200,
        "the token itself is good"
    );
}

#[tokio::test]
async fn a_refresh_token_is_not_an_access_token() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let request = shape
        .client()
        .request(Method::GET, "/api/users/me", &ada.refresh);
    Answer::of(request)
        .await
        .assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_published_keys_are_public_and_name_the_tokens_key() {
    let shape = Shape::start();
    let ada = shape.client().join("Ada").await;
    let jwks = shape.client().get("/.well-known/jwks.json").await;
    assert_eq!(jwks.status, 200);
    let header = URL_SAFE_NO_PAD
        .decode(ada.token.split('.').next().unwrap())
        .unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["alg"], "EdDSA");
    let keys = jwks.body["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
        (
            &json!("OKP"),
            &json!("Ed25519"),
            &json!("EdDSA"),
            &json!("sig")
        )
    );
    assert!(
        keys.iter().all(|key| key.get("d").is_none()),
        "no private part"
    );
}

#[tokio::test]
async fn a_token_of_another_marketplace_is_no_good_here() {
    let data_dir = tempfile::tempdir().unwrap();
    let elsewhere = Launch::on(data_dir.path()).serve();
    let stranger = elsewhere.client().join("Stranger").await;
    let shape = Shape::start();
    let request = shape
        .client()
        .request(Method::GET, "/api/users/me", &stranger.token);
    Answer::of(request)
        .await
        .assert_problem(401, "unauthenticated");
}

/// Tokens that only the marketplace itself could have made: signed with its key, but still invalid.
#[tokio::test]
async fn a_token_with_the_right_signature_is_refused_when_expired_or_meant_for_others() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = Launch::on(data_dir.path()).serve();
    let client = server.client();
    let ada = client.join("Ada").await;
    let document = client.get("/api/openapi.json").await.body;
    let protected = protected(&document);
    let made = |issuer: &str, audience: &str, age: Duration| {
        let key = KeySet::load(&data_dir.path().join("signing-key.pem")).unwrap();
        let policy = TokenPolicy {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            lifetime: Duration::from_mins(15),
            leeway: Duration::ZERO,
        };
        let issued = SystemClock.now().minus(age);
        let subject = Subject {
            user: ada.id.parse().unwrap(),
            roles: &[Role::Admin],
            session: SessionId::new(&SystemIds::new(Arc::new(SystemClock))),
            version: 0,
        };
        Issuer::new(key, policy).issue(&subject, issued).unwrap()
    };
    let good = made("marketplace", "marketplace", Duration::ZERO);
    let me = Answer::of(client.request(Method::GET, "/api/users/me", &good)).await;
    assert_eq!(
        me.status, 200,
        "only then do the others show anything: {me:?}"
    );
    let bad = [
        (
            "expired",
            made("marketplace", "marketplace", Duration::from_mins(16)),
        ),
        (
            "another issuer",
            made("elsewhere", "marketplace", Duration::ZERO),
        ),
        (
            "another audience",
            made("marketplace", "elsewhere", Duration::ZERO),
        ),
    ];
    for (what, token) in bad {
        assert_refused_everywhere(&client, &protected, Some(&format!("Bearer {token}")), what)
            .await;
    }
}

#[tokio::test]
async fn what_is_for_operators_is_refused_to_everyone_else() {
    let shape = Shape::start();
    let client = shape.client();
    let (grace, ada) = (client.join("Grace").await, client.join("Ada").await);
    let lamp = grace.lists("Lamp", 100, 5).await;
    ada.credit(1_000).await;
    let order = ada.orders(&lamp, 1).await;
    let id = order.body["id"].as_str().unwrap();
    for person in [&grace, &ada] {
        for path in ["/api/orders/review", "/api/wallet/audit"] {
            person.get(path).await.assert_problem(403, "forbidden");
        }
        for action in ["retry", "compensate"] {
            let request = person.request(Method::POST, &format!("/api/orders/{id}/{action}"));
            Answer::of(request).await.assert_problem(403, "forbidden");
        }
    }
    assert_eq!(ada.order(id).await.body, order.body);
}
