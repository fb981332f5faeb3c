//! GET /api/audit-log: who did what to whom, and what was before and after.

use reqwest::Method;
use serde_json::{Value, json};

use crate::standing::{decide, operator, role};
use crate::world::{World, assert_challenged};

const PATH: &str = "/api/audit-log";

async fn entries(world: &World, query: &str, token: &str) -> Vec<Value> {
    let answer = world.host.get(&format!("{PATH}{query}"), token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_act_of_an_operator_has_one_entry_with_before_and_after() {
    let world = World::start();
    let (boss, operator) = operator(&world, "boss@example.com").await;
    let ada = world.register("ada@example.com").await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let token = &operator.token;
    role(&world, Method::PUT, token, &ada, "treasury").await;
    role(&world, Method::PUT, token, &ada, "treasury").await;
    decide(&world, token, &ada, "suspend").await;
    decide(&world, token, &ada, "suspend").await;
    decide(&world, token, &ada, "reinstate").await;
    role(&world, Method::DELETE, token, &ada, "treasury").await;
    let about = entries(&world, &format!("?user={ada}"), token).await;
    let told: Vec<_> = about
        .iter()
        .map(|entry| {
            assert_eq!(
                (&entry["by"], &entry["userId"]),
                (&json!(boss), &json!(ada))
            );
            let (before, after) = (&entry["before"], &entry["after"]);
            json!([
                entry["action"],
                before["roles"],
                before["suspended"],
                after["roles"],
                after["suspended"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["role_revoked", ["treasury"], false, [], false]),
            json!(["user_reinstated", ["treasury"], true, ["treasury"], false]),
            json!(["user_suspended", ["treasury"], false, ["treasury"], true]),
            json!(["role_granted", [], false, ["treasury"], false]),
        ]
    );
    assert_eq!(about[2]["reason"], "A test");
    // What was done at the command line has no name.
    let first = entries(&world, &format!("?user={boss}"), token).await;
    assert_eq!(
        (&first[0]["action"], first[0].get("by")),
        (&json!("role_granted"), None)
    );
    let all = entries(&world, "", token).await;
    assert_eq!(all.len(), 5);
    assert_eq!(entries(&world, "?limit=3", token).await, all[..3]);
}

#[tokio::test]
async fn decisions_about_sellers_are_in_it() {
    let world = World::start();
    let (_, operator) = operator(&world, "boss@example.com").await;
    let seller = world.someone("grace@example.com").await;
    let profile = json!({"description": "Lamps"});
    let put = world
        .host
        .request(Method::PUT, "/api/sellers/me", &seller.token);
    let put = host::testing::Answer::of(put.json(&profile)).await;
    let id = put.body["id"].as_str().unwrap();
    let path = format!("/api/sellers/{id}/suspend");
    let body = json!({"reason": "Complaints"});
    let done = world.host.post(&path, &operator.token, &body).await;
    assert_eq!(done.status, 200, "{done:?}");
    let found = entries(&world, &format!("?user={id}"), &operator.token).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["action"], "seller_suspended");
    assert_eq!(found[0]["before"], json!({"seller": "active"}));
    assert_eq!(found[0]["after"], json!({"seller": "suspended"}));
}

#[tokio::test]
async fn only_administrators_read_it() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    assert_challenged(&world.host.get(PATH, "").await, "unauthenticated");
    let refused = world.host.get(PATH, &ada.token).await;
    refused.assert_problem(403, "forbidden");
    let (_, operator) = operator(&world, "boss@example.com").await;
    for (query, fault) in [
        ("?user=nonsense", "?user"),
        ("?limit=0", "?limit"),
        ("?cursor=x", "?cursor"),
        ("?role=admin", "?role"),
    ] {
        let answer = world
            .host
            .get(&format!("{PATH}{query}"), &operator.token)
            .await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert_eq!(answer.body["errors"][0]["pointer"], fault);
    }
}
