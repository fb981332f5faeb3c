//! GET and PATCH /api/users/me.

use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{World, assert_challenged};

const PATH: &str = "/api/users/me";

#[tokio::test]
async fn everyone_sees_their_own_profile() {
    let world = World::start();
    let registered = world.register("ada@example.com").await;
    let ada = world.login("ada@example.com").await;
    let eve = world.someone("eve@example.com").await;
    assert_eq!(world.me(&ada.token).await.body, registered.body);
    assert_eq!(world.me(&eve.token).await.body["email"], "eve@example.com");
}

#[tokio::test]
async fn a_name_can_be_changed_and_stays_changed() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    let eve = world.someone("eve@example.com").await;
    let mut expected = world.me(&ada.token).await.body;
    expected["name"] = json!("Ada King");
    let answer = world
        .patch(PATH, &ada.token, &json!({"name": " Ada King "}))
        .await;
    assert_eq!((answer.status, &answer.body), (200, &expected));
    assert_eq!(world.me(&ada.token).await.body, expected);
    assert_eq!(world.me(&eve.token).await.body["name"], "Ada");
}

#[tokio::test]
async fn metadata_is_kept_with_the_profile() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    assert!(world.me(&ada.token).await.body.get("metadata").is_none());
    let change = json!({"name": "Ada", "metadata": {"theme": "dark", "tags": [1, null]}});
    let changed = world.patch(PATH, &ada.token, &change).await;
    assert_eq!(
        (changed.status, &changed.body["metadata"]),
        (200, &change["metadata"])
    );
    let renamed = world
        .patch(PATH, &ada.token, &json!({"name": "Ada King"}))
        .await;
    assert_eq!(renamed.body["metadata"], change["metadata"], "it stays");
}

#[rstest]
#[case(json!({"name": "Eve", "metadata": "x"}), "/metadata", "invalid_type")]
#[case(json!({"name": "Eve", "metadata": {"a": "x".repeat(16 * 1024)}}), "/metadata", "too_long")]
#[case(json!({}), "/name", "required")]
#[case(json!({"name": null}), "/name", "invalid_type")]
#[case(json!({"name": 5}), "/name", "invalid_type")]
#[case(json!({"name": ""}), "/name", "too_short")]
#[case(json!({"name": "x".repeat(101)}), "/name", "too_long")]
#[case(json!({"name": "Eve", "email": "eve@example.com"}), "/email", "unknown_field")]
#[case(json!({"name": "Eve", "roles": ["admin"]}), "/roles", "unknown_field")]
#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_changes_nothing(
    #[case] body: Value,
    #[case] pointer: &str,
    #[case] code: &str,
) {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    let before = world.me(&ada.token).await.body;
    let answer = world.patch(PATH, &ada.token, &body).await;
    answer.assert_faults(&[(pointer, code)]);
    assert_eq!(world.me(&ada.token).await.body, before);
}

#[tokio::test]
async fn without_a_token_nobody_has_a_profile() {
    let world = World::start();
    assert_challenged(&world.me("").await, "unauthenticated");
    let answer = world.patch(PATH, "", &json!({"name": "Eve"})).await;
    assert_challenged(&answer, "unauthenticated");
}
