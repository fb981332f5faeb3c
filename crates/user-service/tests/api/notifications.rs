//! GET and PUT /api/users/me/notifications: which mails a user gets about their orders.

use host::testing::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, assert_challenged};

const PATH: &str = "/api/users/me/notifications";

async fn put(world: &World, token: &str, body: &Value) -> Answer {
    Answer::of(world.host.request(Method::PUT, PATH, token).json(body)).await
}

#[tokio::test]
async fn all_mails_come_until_some_are_switched_off_and_the_language_is_kept() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    let eve = world.someone("eve@example.com").await.token;
    let all = json!({"orders": true, "shipments": true, "refunds": true, "returns": true, "payouts": true});
    let shown = world.host.get(PATH, &ada).await;
    assert_eq!((shown.status, &shown.body), (200, &all));
    let wanted = json!({"language": "de", "orders": true, "shipments": false, "refunds": true, "returns": true, "payouts": false});
    let changed = put(&world, &ada, &wanted).await;
    assert_eq!((changed.status, &changed.body), (200, &wanted));
    assert_eq!(world.host.get(PATH, &ada).await.body, wanted);
    let held = world.host.get("/api/users/me/export", &ada).await.body;
    assert_eq!(held["notifications"], wanted);
    assert_eq!(world.host.get(PATH, &eve).await.body, all);
    // The language is left out: it is the marketplace's again.
    assert_eq!(put(&world, &ada, &all).await.body, all);
    assert_challenged(&world.host.get(PATH, "").await, "unauthenticated");
}

#[tokio::test]
async fn what_says_not_all_or_too_much_is_refused_by_field_and_changes_nothing() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    let before = world.host.get(PATH, &ada).await.body;
    for (field, value, code) in [
        ("language", json!("fr"), "unknown_value"),
        ("language", json!("DE"), "unknown_value"),
        ("orders", Value::Null, "invalid_type"),
        ("payouts", json!(1), "invalid_type"),
        ("news", json!(true), "unknown_field"),
    ] {
        let mut body = before.clone();
        body[field] = value;
        let refused = put(&world, &ada, &body).await;
        refused.assert_problem(422, "validation_failed");
        let fault = &refused.body["errors"][0];
        assert_eq!(fault["pointer"], format!("/{field}"), "{refused:?}");
        assert_eq!(fault["code"], code, "{refused:?}");
    }
    assert_eq!(world.host.get(PATH, &ada).await.body, before);
}
