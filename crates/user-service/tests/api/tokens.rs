//! Access tokens over HTTP: the published keys verify them, and forged tokens are rejected.

use auth::testing::{fixture, policy};
use auth::{JwkSet, Subject, VerificationKeys, Verifier};
use kernel::{Clock, SessionId, SystemIds, UserId};
use serde_json::json;

use crate::world::{PASSWORD, World, assert_challenged};

#[tokio::test]
async fn the_published_keys_verify_the_tokens_of_a_login() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    let answer = world.host.get("/.well-known/jwks.json", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let key = &answer.body["keys"][0];
    for (member, value) in [
        ("kty", "OKP"),
        ("crv", "Ed25519"),
        ("use", "sig"),
        ("alg", "EdDSA"),
    ] {
        assert_eq!(key[member], value);
    }
    assert!(key.get("d").is_none(), "the private part is private");
    let set: JwkSet = serde_json::from_value(answer.body).unwrap();
    let keys = VerificationKeys::try_from(&set).unwrap();
    let elsewhere = Verifier::new(keys, policy(), world.clock.clone());
    let id = elsewhere.verify(&login.token).unwrap().user.to_string();
    assert_eq!(world.me(&login.token).await.body["id"], id);
}

#[tokio::test]
async fn a_forged_token_opens_nothing() {
    let world = World::start();
    let login = world.someone("ada@example.com").await;
    let (header, rest) = login.token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let tampered = format!("{header}.{claims}.{flipped}{}", &signature[1..]);
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
    let (foreign_issuer, _) = fixture();
    let ids = SystemIds::default();
    let foreign = foreign_issuer
        .issue(
            &Subject {
                user: UserId::new(&ids),
                roles: &[],
                session: SessionId::new(&ids),
                version: 0,
            },
            world.clock.now(),
        )
        .unwrap();
    for token in [&tampered, &unsigned, &foreign, "a.b.c"] {
        let answer = world.me(token).await;
        assert_challenged(&answer, "unauthenticated");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert_eq!(answer.body["detail"], "The token is not valid.");
    }
}

#[tokio::test]
async fn a_token_of_someone_who_is_not_here_is_refused() {
    // A validly signed token for an unknown user, as after the store was replaced.
    let world = World::start();
    let ids = SystemIds::default();
    let nobody = Subject {
        user: UserId::new(&ids),
        roles: &[],
        session: SessionId::new(&ids),
        version: 0,
    };
    let token = world.issuer.issue(&nobody, world.clock.now()).unwrap();
    let name = json!({"name": "Eve"});
    let passwords = json!({"currentPassword": PASSWORD, "newPassword": "staple this instead"});
    for answer in [
        world.me(&token).await,
        world.patch("/api/users/me", &token, &name).await,
        world
            .host
            .post("/api/users/me/password", &token, &passwords)
            .await,
    ] {
        assert_challenged(&answer, "unauthenticated");
        assert!(
            answer.body["detail"]
                .as_str()
                .unwrap()
                .contains("not here any more")
        );
    }
}
