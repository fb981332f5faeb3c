//! Sellers over HTTP: what they say of themselves, and what operators decide.

use contracts::sellers::SellersMode;
use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{Login, World};

const MINE: &str = "/api/sellers/me";

async fn put(world: &World, token: &str, body: &Value) -> Answer {
    Answer::of(world.host.request(Method::PUT, MINE, token).json(body)).await
}

/// A seller with a profile: their id and their login.
async fn seller(world: &World, email: &str) -> (String, Login) {
    let login = world.someone(email).await;
    let answer = put(world, &login.token, &json!({"description": "Lamps"})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (answer.body["id"].as_str().unwrap().to_owned(), login)
}

async fn operator(world: &World) -> Login {
    world.someone("olga@example.com").await;
    let email = user_service::Email::parse("olga@example.com").unwrap();
    let granted = world.users.grant(&email, auth::Role::Admin).await.unwrap();
    assert!(granted.is_some());
    world.login("olga@example.com").await
}

async fn decide(world: &World, token: &str, seller: &str, step: &str, reason: &str) -> Answer {
    let path = format!("/api/sellers/{seller}/{step}");
    world
        .host
        .post(&path, token, &json!({"reason": reason}))
        .await
}

#[tokio::test]
async fn a_user_becomes_a_seller_by_saying_what_they_are() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    let none = world.host.get(MINE, &ada.token).await;
    none.assert_problem(404, "seller_not_found");
    let profile = json!({
        "displayName": " Ada's engines ",
        "description": "Analytical",
        "returns": {"accepted": true, "windowDays": 30},
        "metadata": {"shelf": [1, {"a": null}]},
    });
    let said = put(&world, &ada.token, &profile).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(said.body["name"], "Ada's engines");
    assert_eq!(
        said.body["returns"],
        json!({"accepted": true, "windowDays": 30})
    );
    assert_eq!(said.body["status"], "active");
    assert_eq!(said.body["metadata"], profile["metadata"]);
    let shown = world.host.get(MINE, &ada.token).await;
    assert_eq!(shown.body, said.body);
    let nothing = put(&world, &ada.token, &json!({})).await;
    let expected = json!({
        "id": said.body["id"], "name": "Ada", "description": "", "returns": {"accepted": true},
        "status": "active", "since": said.body["since"],
    });
    assert_eq!(nothing.body, expected, "what is left out is gone");
}

#[rstest]
#[case(json!({"displayName": ""}), &[("/displayName", "too_short")])]
#[case(json!({"displayName": "x".repeat(101), "description": "x".repeat(2_001)}), &[("/displayName", "too_long"), ("/description", "too_long")])]
#[case(json!({"metadata": [1]}), &[("/metadata", "invalid_type")])]
#[case(json!({"metadata": {"a": "x".repeat(16 * 1024)}}), &[("/metadata", "too_long")])]
#[case(json!({"returns": {}}), &[("/returns/accepted", "required")])]
#[case(json!({"returns": {"accepted": true, "windowDays": 0}}), &[("/returns/windowDays", "out_of_range")])]
#[case(json!({"returns": {"accepted": true, "windowDays": 1.5}}), &[("/returns/windowDays", "invalid_type")])]
#[case(json!({"returns": {"accepted": false, "days": 3}}), &[("/returns/days", "unknown_field")])]
#[case(json!({"status": "active", "id": "x"}), &[("/status", "unknown_field"), ("/id", "unknown_field")])]
#[tokio::test]
async fn what_makes_no_sense_is_refused_and_makes_no_seller(
    #[case] body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    put(&world, &ada.token, &body).await.assert_faults(faults);
    let none = world.host.get(MINE, &ada.token).await;
    none.assert_problem(404, "seller_not_found");
}

#[tokio::test]
async fn an_operator_suspends_and_reinstates_with_a_reason_that_the_seller_sees() {
    let world = World::start();
    let (id, ada) = seller(&world, "ada@example.com").await;
    let olga = operator(&world).await;
    for (step, status, refused) in [
        ("suspend", "suspended", ["suspend", "approve"]),
        ("reinstate", "active", ["reinstate", "approve"]),
    ] {
        let decided = decide(&world, &olga.token, &id, step, "Complaints").await;
        assert_eq!(decided.status, 200, "{decided:?}");
        let mine = world.host.get(MINE, &ada.token).await.body;
        assert_eq!(mine, decided.body);
        assert_eq!(
            (&mine["status"], &mine["reason"]),
            (&json!(status), &json!("Complaints"))
        );
        for step in refused {
            let refused = decide(&world, &olga.token, &id, step, "Again").await;
            refused.assert_problem(409, "seller_move_not_allowed");
        }
    }
}

#[tokio::test]
async fn where_sellers_are_reviewed_they_wait_and_cannot_approve_themselves() {
    let world = World::with_mode(SellersMode::Review);
    let (id, ada) = seller(&world, "ada@example.com").await;
    let olga = operator(&world).await;
    let approved = decide(&world, &ada.token, &id, "approve", "I am good").await;
    approved.assert_problem(403, "forbidden");
    let mine = world.host.get(MINE, &ada.token).await.body;
    assert_eq!(mine["status"], "pending");
    let waiting = world
        .host
        .get("/api/sellers?status=pending", &olga.token)
        .await;
    assert_eq!(waiting.body["items"], json!([mine]));
    let approved = decide(&world, &olga.token, &id, "approve", "Papers are in order").await;
    assert_eq!(approved.body["status"], "active");
    let waiting = world
        .host
        .get("/api/sellers?status=pending", &olga.token)
        .await;
    assert_eq!(waiting.body, json!({"items": [], "nextCursor": null}));
}

#[tokio::test]
async fn a_decision_needs_a_seller_a_reason_and_an_operator() {
    let world = World::start();
    let (id, ada) = seller(&world, "ada@example.com").await;
    let olga = operator(&world).await;
    for nobody in ["0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "nobody"] {
        let unknown = decide(&world, &olga.token, nobody, "suspend", "Why not").await;
        unknown.assert_problem(404, "seller_not_found");
    }
    let reasons = [("", "too_short"), (&*"x".repeat(201), "too_long")];
    for (reason, code) in reasons {
        let refused = decide(&world, &olga.token, &id, "suspend", reason).await;
        refused.assert_faults(&[("/reason", code)]);
    }
    for step in ["approve", "suspend", "reinstate"] {
        let refused = decide(&world, &ada.token, &id, step, "Mine").await;
        refused.assert_problem(403, "forbidden");
        let anonymous = decide(&world, "", &id, step, "Mine").await;
        anonymous.assert_problem(401, "unauthenticated");
    }
    assert_eq!(
        world.host.get(MINE, &ada.token).await.body["status"],
        "active"
    );
}

#[tokio::test]
async fn operators_page_through_the_sellers() {
    let world = World::start();
    let mut all = Vec::new();
    for number in 0..5 {
        let (id, _) = seller(&world, &format!("seller{number}@example.com")).await;
        world.clock.advance(std::time::Duration::from_secs(1));
        all.push(id);
    }
    all.reverse();
    let olga = operator(&world).await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/sellers?limit=2{cursor}");
        let page = world.host.get(&path, &olga.token).await;
        assert_eq!(page.status, 200, "{page:?}");
        let items = page.body["items"].as_array().unwrap();
        found.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        match page.body["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, all);
    let other = format!("/api/sellers?status=active{cursor}");
    let refused = world.host.get(&other, &olga.token).await;
    refused.assert_faults(&[("?cursor", "invalid_cursor")]);
    let strange = world
        .host
        .get("/api/sellers?status=asleep", &olga.token)
        .await;
    strange.assert_faults(&[("?status", "unknown_value")]);
    let (_, ada) = seller(&world, "ada@example.com").await;
    let list = world.host.get("/api/sellers", &ada.token).await;
    list.assert_problem(403, "forbidden");
}
