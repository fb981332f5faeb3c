//! /api/users/me/addresses.

use futures_util::future::join_all;
use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{World, assert_challenged};

const PATH: &str = "/api/users/me/addresses";

/// A valid address for tests to vary.
fn york() -> Value {
    json!({"name": "Ada", "line1": "1 High Street", "city": "York", "postalCode": "YO1 7HH", "country": "GB"})
}

/// `base` with some members replaced.
fn with(mut base: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

impl World {
    async fn keep(&self, token: &str, address: &Value) -> Value {
        let answer = self.host.post(PATH, token, address).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.body["id"].as_str().unwrap();
        assert_eq!(answer.header("location"), format!("{PATH}/{id}"));
        answer.body
    }

    async fn with_key(&self, token: &str, key: &str, address: &Value) -> Answer {
        let request = self.host.request(Method::POST, PATH, token);
        Answer::of(request.header("idempotency-key", key).json(address)).await
    }

    async fn put(&self, token: &str, id: &Value, address: &Value) -> Answer {
        let path = format!("{PATH}/{}", id.as_str().unwrap());
        Answer::of(self.host.request(Method::PUT, &path, token).json(address)).await
    }

    async fn delete(&self, token: &str, id: &Value) -> Answer {
        let path = format!("{PATH}/{}", id.as_str().unwrap());
        Answer::of(self.host.request(Method::DELETE, &path, token)).await
    }

    async fn show(&self, token: &str, id: &Value) -> Answer {
        let path = format!("{PATH}/{}", id.as_str().unwrap());
        self.host.get(&path, token).await
    }

    async fn kept(&self, token: &str) -> Vec<Value> {
        let answer = self.host.get(&format!("{PATH}?limit=50"), token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["items"].as_array().unwrap().clone()
    }

    /// The ids of those that are the default.
    async fn defaults(&self, token: &str) -> Vec<Value> {
        let kept = self.kept(token).await.into_iter();
        let defaults = kept.filter(|address| address["isDefault"] == true);
        defaults.map(|address| address["id"].clone()).collect()
    }
}

#[tokio::test]
async fn an_address_is_kept_shown_replaced_and_removed() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    assert_eq!(
        world.host.get(PATH, &ada).await.body,
        json!({"items": [], "nextCursor": null})
    );
    let full = json!({
        "name": " Ada Lovelace ", "line1": "12 St James's Square", "line2": "Flat 3", "city": "London", "region": "Greater London",
        "postalCode": "SW1Y 4JH", "country": "GB", "phone": "+44 20 7946 0000",
    });
    let kept = world.keep(&ada, &full).await;
    let mut expected = with(
        full.clone(),
        &json!({"name": "Ada Lovelace", "isDefault": true}),
    );
    expected["id"] = kept["id"].clone();
    assert_eq!(kept, expected);
    assert_eq!(world.show(&ada, &kept["id"]).await.body, kept);
    assert_eq!(world.kept(&ada).await, std::slice::from_ref(&kept));
    let replaced = world.put(&ada, &kept["id"], &york()).await;
    let expected = with(york(), &json!({"id": kept["id"], "isDefault": true}));
    assert_eq!((replaced.status, &replaced.body), (200, &expected));
    assert_eq!(world.show(&ada, &kept["id"]).await.body, expected);
    let removed = world.delete(&ada, &kept["id"]).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    assert_eq!(world.kept(&ada).await, Vec::<Value>::new());
    for answer in [
        world.show(&ada, &kept["id"]).await,
        world.put(&ada, &kept["id"], &york()).await,
        world.delete(&ada, &kept["id"]).await,
    ] {
        answer.assert_problem(404, "address_not_found");
    }
}

#[tokio::test]
async fn one_address_is_the_default() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    let says = |is_default: Value| with(york(), &json!({"isDefault": is_default}));
    let first = world.keep(&ada, &says(json!(false))).await["id"].clone();
    let second = world.keep(&ada, &says(json!(null))).await["id"].clone();
    assert_eq!(world.defaults(&ada).await, std::slice::from_ref(&first));
    let third = world.keep(&ada, &says(json!(true))).await["id"].clone();
    assert_eq!(world.defaults(&ada).await, std::slice::from_ref(&third));
    let changed = world.put(&ada, &second, &says(json!(true))).await;
    assert_eq!(
        (changed.status, &changed.body["isDefault"]),
        (200, &json!(true))
    );
    assert_eq!(world.defaults(&ada).await, std::slice::from_ref(&second));
    let given_up = world.put(&ada, &second, &says(json!(false))).await;
    given_up.assert_faults(&[("/isDefault", "default_needed")]);
    assert_eq!(world.delete(&ada, &second).await.status, 204);
    let newest = world.defaults(&ada).await;
    assert_eq!(
        newest,
        std::slice::from_ref(&third),
        "the newest that is left"
    );
    assert_eq!(world.delete(&ada, &first).await.status, 204);
    assert_eq!(world.defaults(&ada).await, [third]);
}

#[tokio::test]
async fn the_list_is_paged_and_the_newest_come_first() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, world.keep(&ada, &york()).await["id"].clone());
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = world.host.get(&format!("{PATH}{query}"), &ada).await;
        assert_eq!(page.status, 200, "{page:?}");
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|one| one["id"].clone()));
        let Some(cursor) = page.body["nextCursor"].as_str() else {
            break;
        };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ids);
    for (query, fault) in [
        ("?limit=0", ("?limit", "out_of_range")),
        ("?cursor=x", ("?cursor", "invalid_cursor")),
        ("?city=York", ("?city", "unknown_parameter")),
    ] {
        let refused = world.host.get(&format!("{PATH}{query}"), &ada).await;
        refused.assert_faults(&[fault]);
    }
}

#[tokio::test]
async fn a_user_keeps_at_most_50_addresses() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    let body = york();
    let answers = join_all((0..60).map(|_| world.host.post(PATH, &ada, &body))).await;
    let (kept, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.status == 201);
    assert_eq!((kept.len(), refused.len()), (50, 10));
    for answer in refused {
        answer.assert_problem(409, "too_many_addresses");
    }
    assert_eq!(world.kept(&ada).await.len(), 50);
    assert_eq!(world.defaults(&ada).await.len(), 1);
    let refused = world.with_key(&ada, "once", &york()).await;
    refused.assert_problem(409, "too_many_addresses");
    let one = world.kept(&ada).await[0]["id"].clone();
    assert_eq!(world.delete(&ada, &one).await.status, 204);
    let again = world.with_key(&ada, "once", &york()).await;
    assert_eq!(again.status, 201, "there is room now");
}

#[tokio::test]
async fn a_repeated_request_with_a_key_keeps_one_address_and_gets_the_first_answer() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    let first = world.with_key(&ada, "once", &york()).await;
    assert_eq!(first.status, 201, "{first:?}");
    let spelt = with(
        york(),
        &json!({"name": " Ada ", "line2": null, "isDefault": null}),
    );
    for body in [york(), spelt] {
        let again = world.with_key(&ada, "once", &body).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("location"), first.header("location"));
    }
    for other in [json!({"city": "Leeds"}), json!({"isDefault": true})] {
        let reused = world.with_key(&ada, "once", &with(york(), &other)).await;
        reused.assert_problem(422, "idempotency_key_reused");
    }
    assert_eq!(world.kept(&ada).await.len(), 1);
    let eve = world.someone("eve@example.com").await.token;
    let theirs = world.with_key(&eve, "once", &york()).await;
    assert_ne!(theirs.body["id"], first.body["id"], "a key is its user's");
}

#[tokio::test]
async fn only_their_owner_sees_and_changes_addresses() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    let eve = world.someone("eve@example.com").await.token;
    world.keep(&eve, &york()).await;
    let hers = world.keep(&ada, &york()).await;
    for answer in [
        world.show(&eve, &hers["id"]).await,
        world.put(&eve, &hers["id"], &york()).await,
        world.delete(&eve, &hers["id"]).await,
        world.show(&eve, &json!("7")).await,
    ] {
        answer.assert_problem(404, "address_not_found");
    }
    assert_eq!(world.kept(&ada).await, std::slice::from_ref(&hers));
    assert_eq!(world.kept(&eve).await.len(), 1);
    for answer in [
        world.host.get(PATH, "").await,
        world.host.post(PATH, "", &york()).await,
        world.show("", &hers["id"]).await,
        world.put("", &hers["id"], &york()).await,
        world.delete("", &hers["id"]).await,
    ] {
        assert_challenged(&answer, "unauthenticated");
    }
}

#[rstest]
#[case(json!({"name": ""}), &[("/name", "too_short")])]
#[case(json!({"name": "Ada\u{202E}"}), &[("/name", "invalid_character")])]
#[case(json!({"name": "x".repeat(101)}), &[("/name", "too_long")])]
#[case(json!({"line1": "a\r\nb"}), &[("/line1", "invalid_character")])]
#[case(json!({"line1": "x".repeat(201)}), &[("/line1", "too_long")])]
#[case(json!({"line2": ""}), &[("/line2", "too_short")])]
#[case(json!({"line2": 2}), &[("/line2", "invalid_type")])]
#[case(json!({"city": "Yo\u{0}rk"}), &[("/city", "invalid_character")])]
#[case(json!({"region": "\u{2067}x"}), &[("/region", "invalid_character")])]
#[case(json!({"postalCode": "x".repeat(21)}), &[("/postalCode", "too_long")])]
#[case(json!({"postalCode": 12345}), &[("/postalCode", "invalid_type")])]
#[case(json!({"country": "XX"}), &[("/country", "invalid_country")])]
#[case(json!({"country": "gb"}), &[("/country", "invalid_country")])]
#[case(json!({"phone": "call me"}), &[("/phone", "invalid_phone")])]
#[case(json!({"isDefault": "yes"}), &[("/isDefault", "invalid_type")])]
#[case(json!({"id": "1", "userId": "2"}), &[("/id", "unknown_field"), ("/userId", "unknown_field")])]
#[case(json!({"name": null, "line1": null, "city": null, "postalCode": null, "country": null}), &[
    ("/name", "invalid_type"), ("/line1", "invalid_type"), ("/city", "invalid_type"), ("/postalCode", "invalid_type"),
    ("/country", "invalid_type"),
])]
#[tokio::test]
async fn what_breaks_a_rule_is_named_and_nothing_is_kept(
    #[case] members: Value,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::start();
    let ada = world.someone("ada@example.com").await.token;
    let bad = with(york(), &members);
    world
        .host
        .post(PATH, &ada, &bad)
        .await
        .assert_faults(faults);
    assert_eq!(world.kept(&ada).await, Vec::<Value>::new());
    let kept = world.keep(&ada, &york()).await;
    let refused = world.put(&ada, &kept["id"], &bad).await;
    refused.assert_faults(faults);
    assert_eq!(world.kept(&ada).await, [kept]);
}
