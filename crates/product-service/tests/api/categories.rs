//! /api/categories: the operator's tree, and what is refused.

use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{User, World, with};

async fn create(world: &World, user: &User, body: &Value) -> Answer {
    world.host.post("/api/categories", &user.token, body).await
}

async fn add(world: &World, admin: &User, name: &str, parent: &Value) -> Value {
    let body = json!({"names": {"en": name}, "parentId": parent});
    let answer = create(world, admin, &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

fn path(category: &Value, action: &str) -> String {
    format!(
        "/api/categories/{}{action}",
        category["id"].as_str().unwrap()
    )
}

async fn act(world: &World, user: &User, category: &Value, action: &str, body: &Value) -> Answer {
    let path = path(category, action);
    let method = if action.is_empty() {
        Method::PATCH
    } else {
        Method::POST
    };
    let request = world.host.request(method, &path, &user.token);
    Answer::of(request.json(body)).await
}

async fn tree(world: &World, query: &str) -> Vec<Value> {
    let answer = world.host.get(&format!("/api/categories{query}"), "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

fn names(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_operator_builds_a_tree_that_anyone_sees() {
    let world = World::new();
    let admin = world.admin();
    let home = create(
        &world,
        &admin,
        &json!({"names": {"en": "Home", "de": "Haus"}, "attributes": [
            {"key": "material", "names": {"en": "Material"}, "type": "one_of", "values": ["brass", "oak"]},
        ]}),
    )
    .await;
    assert_eq!(home.status, 201);
    assert_eq!(home.header("location"), path(&home.body, ""));
    assert_eq!(home.header("etag"), "\"1\"");
    let home = home.body;
    assert_eq!(home["slug"], "home");
    assert_eq!(home["parentId"], Value::Null);
    let lamps = json!({"names": {"en": "Lamps"}, "slug": "all-lamps", "parentId": home["id"], "attributes": [
        {"key": "power", "names": {"en": "Power", "de": "Leistung"}, "type": "number", "unit": "W"},
    ]});
    let lamps = create(&world, &admin, &lamps).await.body;
    add(&world, &admin, "Garden", &Value::Null).await;
    assert_eq!(names(&tree(&world, "").await), ["Home", "Lamps", "Garden"]);
    assert_eq!(
        names(&tree(&world, "?lang=de-AT").await),
        ["Haus", "Lamps", "Garden"]
    );
    for id in [lamps["id"].as_str().unwrap(), "all-lamps"] {
        let path = format!("/api/categories/{id}?lang=de");
        let shown = world.host.get(&path, "").await.body;
        let keys = ["key", "name", "type", "categoryId"];
        let attributes: Vec<Vec<&Value>> = (0..2)
            .map(|place| keys.map(|key| &shown["attributes"][place][key]).to_vec())
            .collect();
        let expected = json!([
            ["material", "Material", "one_of", home["id"]],
            ["power", "Leistung", "number", lamps["id"]],
        ]);
        assert_eq!(json!(attributes), expected);
        assert_eq!(shown["attributes"][1]["unit"], "W");
    }
    let request = world.host.request(Method::GET, "/api/categories", "");
    let german = Answer::of(request.header("accept-language", "ja, de;q=0.5, *;q=0.1")).await;
    assert_eq!(german.body["items"][0]["name"], "Haus");
    assert_eq!(
        german
            .header("vary")
            .to_lowercase()
            .matches("accept-language")
            .count(),
        1
    );
    let request = world.host.request(Method::GET, "/api/categories", "");
    let request = request.header("accept-language", "ja, de;q=0.5, *;q=0.1");
    let same = Answer::of(request.header("if-none-match", german.header("etag"))).await;
    assert_eq!(same.status, 304);
    let request = world.host.request(Method::GET, "/api/categories", "");
    let other = Answer::of(request.header("if-none-match", german.header("etag"))).await;
    assert_eq!(other.status, 200, "it is in another language");
}

#[tokio::test]
async fn a_category_is_renamed_moved_retired_and_reinstated() {
    let world = World::new();
    let admin = world.admin();
    let home = add(&world, &admin, "Home", &Value::Null).await;
    let lamps = add(&world, &admin, "Lamps", &home["id"]).await;
    let renamed = act(
        &world,
        &admin,
        &lamps,
        "",
        &json!({"names": {"en": "Lights"}, "slug": "lights"}),
    )
    .await;
    assert_eq!(
        (
            renamed.status,
            &renamed.body["name"],
            &renamed.body["version"]
        ),
        (200, &json!("Lights"), &json!(2))
    );
    let same = act(
        &world,
        &admin,
        &lamps,
        "",
        &json!({"slug": "lights", "names": null}),
    )
    .await;
    assert_eq!(same.body, renamed.body, "it is so already");
    let moved = act(&world, &admin, &lamps, "/move", &json!({})).await;
    assert_eq!((moved.status, &moved.body["parentId"]), (200, &Value::Null));
    act(
        &world,
        &admin,
        &lamps,
        "/move",
        &json!({"parentId": home["id"]}),
    )
    .await;
    let retired = act(&world, &admin, &home, "/retire", &json!({})).await;
    assert_eq!(
        (retired.status, &retired.body["retired"]),
        (200, &json!(true))
    );
    let states = |items: Vec<Value>| -> Vec<Value> {
        items
            .into_iter()
            .map(|item| item["retired"].clone())
            .collect()
    };
    assert_eq!(
        states(tree(&world, "").await),
        [true, true],
        "with all below"
    );
    act(&world, &admin, &home, "/reinstate", &json!({})).await;
    assert_eq!(states(tree(&world, "").await), [false, false]);
}

#[tokio::test]
async fn only_operators_change_the_tree() {
    let world = World::new();
    let (admin, user) = (world.admin(), world.user());
    let home = add(&world, &admin, "Home", &Value::Null).await;
    create(&world, &user, &json!({"names": {"en": "Pens"}}))
        .await
        .assert_problem(403, "forbidden");
    for action in ["", "/move", "/retire", "/reinstate"] {
        act(&world, &user, &home, action, &json!({}))
            .await
            .assert_problem(403, "forbidden");
    }
    assert_eq!(tree(&world, "").await.len(), 1);
}

#[tokio::test]
async fn a_tree_with_a_circle_or_too_many_levels_is_refused() {
    let world = World::new();
    let admin = world.admin();
    let mut chain = vec![add(&world, &admin, "1", &Value::Null).await];
    for level in 2..=8 {
        let parent = chain.last().unwrap()["id"].clone();
        chain.push(add(&world, &admin, &level.to_string(), &parent).await);
    }
    let before = tree(&world, "").await;
    for below in [&chain[0], &chain[1], &chain[7]] {
        act(
            &world,
            &admin,
            &chain[0],
            "/move",
            &json!({"parentId": below["id"]}),
        )
        .await
        .assert_problem(409, "category_circle");
    }
    create(
        &world,
        &admin,
        &json!({"names": {"en": "9"}, "parentId": chain[7]["id"]}),
    )
    .await
    .assert_problem(409, "category_too_deep");
    assert_eq!(tree(&world, "").await, before);
}

#[tokio::test]
async fn names_slugs_and_attributes_that_are_taken_are_refused() {
    let world = World::new();
    let admin = world.admin();
    let width = json!([{"key": "width", "names": {"en": "Width"}, "type": "number", "unit": "cm"}]);
    let home = create(
        &world,
        &admin,
        &json!({"names": {"en": "Home", "de": "Haus"}, "attributes": width}),
    )
    .await
    .body;
    create(&world, &admin, &json!({"names": {"fr": "HAUS"}}))
        .await
        .assert_problem(409, "category_name_taken");
    create(
        &world,
        &admin,
        &json!({"names": {"en": "Pens"}, "slug": "home"}),
    )
    .await
    .assert_problem(409, "slug_taken");
    let below = json!({"names": {"en": "Lamps"}, "parentId": home["id"], "attributes": width});
    create(&world, &admin, &below)
        .await
        .assert_problem(409, "attribute_taken");
    let elsewhere = create(&world, &admin, &with(below, json!({"parentId": null})))
        .await
        .body;
    act(
        &world,
        &admin,
        &elsewhere,
        "/move",
        &json!({"parentId": home["id"]}),
    )
    .await
    .assert_problem(409, "attribute_taken");
    assert_eq!(names(&tree(&world, "").await), ["Home", "Lamps"]);
}

#[tokio::test]
async fn a_change_for_another_version_and_of_no_category_is_refused() {
    let world = World::new();
    let admin = world.admin();
    let home = add(&world, &admin, "Home", &Value::Null).await;
    let edit = json!({"names": {"en": "House"}});
    let guarded = |tag: &'static str| {
        let request = world
            .host
            .request(Method::PATCH, &path(&home, ""), &admin.token);
        Answer::of(request.header("if-match", tag).json(&edit))
    };
    guarded("\"7\"")
        .await
        .assert_problem(412, "precondition_failed");
    assert_eq!(guarded("\"1\"").await.status, 200);
    for nowhere in ["0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "no-slug", "%20"] {
        let nowhere = json!({"id": nowhere});
        act(&world, &admin, &nowhere, "", &edit)
            .await
            .assert_problem(404, "category_not_found");
        world
            .host
            .get(&path(&nowhere, ""), "")
            .await
            .assert_problem(404, "category_not_found");
    }
}

#[rstest]
#[case(json!({}), &[("/names", "required")])]
#[case(json!({"names": {}}), &[("/names", "too_few")])]
#[case(json!({"names": "Home"}), &[("/names", "invalid_type")])]
#[case(json!({"names": {"en": "", "english": "Home", "de": 5}}), &[("/names/de", "invalid_type"), ("/names/en", "too_short"), ("/names/english", "invalid_language")])]
#[case(json!({"names": {"en": "x".repeat(65)}, "slug": "No Slug"}), &[("/names/en", "too_long"), ("/slug", "invalid_slug")])]
#[case(json!({"names": {"en": "A"}, "parentId": "home"}), &[("/parentId", "invalid_id")])]
#[case(json!({"names": {"en": "A"}, "parentId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d"}), &[("/parentId", "unknown_category")])]
#[case(json!({"names": {"en": "A"}, "retired": true}), &[("/retired", "unknown_field")])]
#[case(json!({"names": {"en": "A"}, "attributes": [
    {"key": "Width", "names": {"en": "W"}, "type": "number"},
    {"key": "a", "names": {"en": "W"}, "type": "colour"},
    {"key": "a"},
]}), &[("/attributes/0/key", "invalid_key"), ("/attributes/1/type", "unknown_value"), ("/attributes/2/names", "required"), ("/attributes/2/type", "required")])]
#[case(json!({"names": {"en": "A"}, "attributes": [
    {"key": "a", "names": {"en": "A"}, "type": "text", "unit": "cm"},
    {"key": "b", "names": {"en": "A"}, "type": "boolean", "values": ["x"]},
    {"key": "c", "names": {"en": "A"}, "type": "one_of"},
    {"key": "d", "names": {"en": "A"}, "type": "one_of", "values": ["x", "x"]},
    {"key": "e", "names": {"en": "A"}, "type": "one_of", "values": []},
]}), &[
    ("/attributes/0/unit", "wrong_for_type"), ("/attributes/1/values", "wrong_for_type"), ("/attributes/2/values", "required"),
    ("/attributes/3/values", "repeated"), ("/attributes/4/values", "too_few"),
])]
#[tokio::test]
async fn a_bad_category_is_refused_with_all_its_faults_and_not_created(
    #[case] body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::new();
    create(&world, &world.admin(), &body)
        .await
        .assert_faults(faults);
    assert_eq!(tree(&world, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_language_that_is_none_is_refused_in_the_query_and_passed_over_in_the_header() {
    let world = World::new();
    let answer = world.host.get("/api/categories?lang=english", "").await;
    answer.assert_faults(&[("?lang", "invalid_language")]);
    let request = world.host.request(Method::GET, "/api/categories", "");
    assert_eq!(
        Answer::of(request.header("accept-language", "%%, en_GB"))
            .await
            .status,
        200
    );
}
