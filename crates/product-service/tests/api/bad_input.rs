//! Which requests are refused, with which problem, and that they write nothing.

use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{User, World, lamp, with};

async fn assert_nothing_is_listed(world: &World, user: &User) {
    assert!(world.names(user, "").await.is_empty());
}

#[rstest]
#[case(json!({"name": 5}), &[("/name", "invalid_type")])]
#[case(json!({"name": null}), &[("/name", "invalid_type")])]
#[case(json!({"name": " "}), &[("/name", "too_short")])]
#[case(json!({"name": "x".repeat(201)}), &[("/name", "too_long")])]
#[case(json!({"name": "a\u{0}b"}), &[("/name", "invalid_character")])]
#[case(json!({"description": ["x"]}), &[("/description", "invalid_type")])]
#[case(json!({"description": null}), &[("/description", "invalid_type")])]
#[case(json!({"description": "x".repeat(10_001)}), &[("/description", "too_long")])]
#[case(json!({"description": "bell\u{7}"}), &[("/description", "invalid_character")])]
#[case(json!({"category": ""}), &[("/category", "too_short")])]
#[case(json!({"category": "x".repeat(65)}), &[("/category", "too_long")])]
#[case(json!({"category": true}), &[("/category", "invalid_type")])]
#[case(json!({"delivery": "pigeon"}), &[("/delivery", "unknown_value")])]
#[case(json!({"delivery": "None"}), &[("/delivery", "unknown_value")])]
#[case(json!({"delivery": true}), &[("/delivery", "invalid_type")])]
#[case(json!({"stock": -1}), &[("/stock", "out_of_range")])]
#[case(json!({"stock": 1_000_000_001}), &[("/stock", "out_of_range")])]
#[case(json!({"stock": u64::MAX}), &[("/stock", "out_of_range")])]
#[case(json!({"stock": 1.0}), &[("/stock", "invalid_type")])]
#[case(json!({"stock": "1"}), &[("/stock", "invalid_type")])]
#[case(json!({"stock": null}), &[("/stock", "invalid_type")])]
#[case(json!({"price": 0}), &[("/price", "out_of_range")])]
#[case(json!({"price": -5}), &[("/price", "out_of_range")])]
#[case(json!({"price": 9.99}), &[("/price", "invalid_type")])]
#[case(json!({"price": 9_007_199_254_740_992i64}), &[("/price", "out_of_range")])]
#[case(json!({"price": u64::MAX}), &[("/price", "out_of_range")])]
#[case(json!({"price": "12"}), &[("/price", "invalid_type")])]
#[case(json!({"price": null}), &[("/price", "invalid_type")])]
#[case(json!({"price": {}}), &[("/price/amount", "required")])]
#[case(json!({"price": {"amount": 1.5}}), &[("/price/amount", "invalid_type")])]
#[case(json!({"price": {"amount": 0, "currency": "usd"}}), &[("/price/amount", "out_of_range"), ("/price/currency", "invalid_currency")])]
#[case(json!({"price": {"amount": 1, "vat": 2}}), &[("/price/vat", "unknown_field")])]
#[case(json!({"colour": "red", "sellerId": "x"}), &[("/colour", "unknown_field"), ("/sellerId", "unknown_field")])]
#[case(json!({"name": "", "price": -1, "stock": 0.5, "category": 4, "id": 1}), &[
    ("/name", "too_short"), ("/price", "out_of_range"), ("/stock", "invalid_type"),
    ("/category", "invalid_type"), ("/id", "unknown_field"),
])]
#[tokio::test]
async fn a_field_that_breaks_a_rule_is_named_and_nothing_is_listed(
    #[case] members: Value,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::new();
    let user = world.user();
    world
        .create(&user, &with(lamp(), members))
        .await
        .assert_faults(faults);
    assert_nothing_is_listed(&world, &user).await;
}

#[tokio::test]
async fn every_field_of_a_new_product_is_required() {
    let world = World::new();
    let user = world.user();
    world.create(&user, &json!({})).await.assert_faults(&[
        ("/name", "required"),
        ("/description", "required"),
        ("/price", "required"),
        ("/stock", "required"),
        ("/category", "required"),
    ]);
    for body in [json!([]), json!("x"), json!(null), json!(5)] {
        world
            .create(&user, &body)
            .await
            .assert_faults(&[("", "invalid_type")]);
    }
    assert_nothing_is_listed(&world, &user).await;
}

#[rstest]
#[case(json!({"id": null}), &[("/id", "invalid_type")])]
#[case(json!({"id": 5}), &[("/id", "invalid_type")])]
#[case(json!({"id": "lamp"}), &[("/id", "invalid_id")])]
#[case(json!({"stock": -1, "price": 0.1}), &[("/stock", "out_of_range"), ("/price", "invalid_type")])]
#[case(json!({"name": "x".repeat(201), "status": "removed"}), &[("/name", "too_long"), ("/status", "unknown_field")])]
#[tokio::test]
async fn a_bad_edit_is_refused_and_changes_nothing(
    #[case] members: Value,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::new();
    let seller = world.user();
    let product = world.list(&seller, &lamp()).await;
    let edit = with(json!({"id": product["id"]}), members);
    world.update(&seller, &edit).await.assert_faults(faults);
    assert_eq!(world.get(&seller, &product).await.body, product);
}

#[tokio::test]
async fn what_a_request_may_leave_out_may_be_null() {
    let world = World::new();
    let seller = world.user();
    let price = json!({"price": {"amount": 1299, "currency": null}});
    let product = world.list(&seller, &with(lamp(), price)).await;
    let nulls = json!({"name": null, "description": null, "price": null, "category": null, "delivery": null, "stock": 7});
    let edit = with(json!({"id": product["id"]}), nulls);
    let edited = world.update(&seller, &edit).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    assert_eq!(edited.body["stock"], 7);
    for member in ["name", "description", "price", "category", "delivery"] {
        assert_eq!(edited.body[member], product[member], "{member}");
    }
}

#[tokio::test]
async fn a_bad_removal_is_refused_and_removes_nothing() {
    let world = World::new();
    let seller = world.user();
    let product = world.list(&seller, &lamp()).await;
    for (body, faults) in [
        (json!({}), vec![("/id", "required")]),
        (json!({"id": "x"}), vec![("/id", "invalid_id")]),
        (json!({"id": 1}), vec![("/id", "invalid_type")]),
        (
            json!({"id": product["id"], "force": true}),
            vec![("/force", "unknown_field")],
        ),
    ] {
        world.remove(&seller, &body).await.assert_faults(&faults);
    }
    world
        .update(&seller, &json!({}))
        .await
        .assert_faults(&[("/id", "required")]);
    assert_eq!(world.names(&seller, "").await, ["Desk lamp"]);
}

#[tokio::test]
async fn what_is_no_json_of_a_sane_size_is_refused_and_nothing_is_listed() {
    let world = World::new();
    let user = world.user();
    let send = |content_type: &'static str, body: Vec<u8>| {
        let request = world
            .host
            .request(Method::POST, "/api/products/create", &user.token);
        Answer::of(request.header("content-type", content_type).body(body))
    };
    let json = "application/json";
    for broken in [
        &b"{"[..],
        b"",
        b"{\"name\": \"\xff\xfe\"}",
        b"{} {}",
        b"{'name': 1}",
        b"{\"price\": NaN}",
        b"{\"stock\": 01}",
    ] {
        send(json, broken.to_vec())
            .await
            .assert_problem(400, "malformed_json");
    }
    let huge = with(lamp(), json!({"description": "x".repeat(256 * 1024)})).to_string();
    send(json, huge.into_bytes())
        .await
        .assert_problem(413, "body_too_large");
    let sane = || lamp().to_string().into_bytes();
    for other in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
    ] {
        send(other, sane())
            .await
            .assert_problem(415, "unsupported_media_type");
    }
    assert_nothing_is_listed(&world, &user).await;
    assert_eq!(
        send("application/json; charset=utf-8", sane()).await.status,
        201
    );
}

#[rstest]
#[case("?limit=0", &[("?limit", "out_of_range")])]
#[case("?limit=101", &[("?limit", "out_of_range")])]
#[case("?limit=ten", &[("?limit", "invalid_type")])]
#[case("?sort=cheapest", &[("?sort", "unknown_value")])]
#[case("?sort=relevance", &[("?sort", "requires_q")])]
#[case("?sort=relevance&q=%20%20", &[("?sort", "requires_q")])]
#[case("?minPrice=1.5", &[("?minPrice", "invalid_type")])]
#[case("?minPrice=-1&maxPrice=9007199254740992", &[("?minPrice", "out_of_range"), ("?maxPrice", "out_of_range")])]
#[case("?minPrice=9&maxPrice=8", &[("?minPrice", "out_of_range")])]
#[case("?minPrice=99999999999999999999999&maxPrice=-99999999999999999999999", &[("?minPrice", "out_of_range"), ("?maxPrice", "out_of_range")])]
#[case("?minPrice=&maxPrice=1e3", &[("?minPrice", "invalid_type"), ("?maxPrice", "invalid_type")])]
#[case("?limit=99999999999999999999999", &[("?limit", "out_of_range")])]
#[case("?q=a+b+c+d+e+f+g+h+i", &[("?q", "too_many_words")])]
#[case("?category=%20%09", &[("?category", "too_short")])]
#[case("?inStock=yes", &[("?inStock", "invalid_type")])]
#[case("?seller=me", &[("?seller", "invalid_id")])]
#[case("?category=", &[("?category", "too_short")])]
#[case("?colour=red", &[("?colour", "unknown_parameter")])]
#[case("?limit=5&limit=6", &[("?limit", "repeated")])]
#[case("?cursor=nonsense", &[("?cursor", "invalid_cursor")])]
#[case("?cursor=", &[("?cursor", "invalid_cursor")])]
#[case("?offset=5&limit=x&sort=no&cursor=??", &[("?offset", "unknown_parameter"), ("?limit", "invalid_type"), ("?sort", "unknown_value")])]
#[tokio::test]
async fn a_bad_parameter_is_named(#[case] query: &str, #[case] faults: &[(&str, &str)]) {
    let world = World::new();
    world.page(&world.user(), query).await.assert_faults(faults);
}

#[tokio::test]
async fn a_search_that_is_too_long_or_holds_control_characters_is_refused() {
    let world = World::new();
    let user = world.user();
    let long = format!("?q={}", "x".repeat(201));
    world
        .page(&user, &long)
        .await
        .assert_faults(&[("?q", "too_long")]);
    world
        .page(&user, "?q=a%00b")
        .await
        .assert_faults(&[("?q", "invalid_character")]);
}
