//! POST /api/products/create.

use host::testing::Answer;
use product_service::{Config, Delivery};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{User, World, lamp, with};

#[tokio::test]
async fn a_product_is_listed_with_its_place_and_its_version() {
    let world = World::new();
    let seller = world.user();
    let answer = world.create(&seller, &lamp()).await;
    assert_eq!(answer.status, 201);
    let id = answer.body["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/api/products/{id}"));
    assert_eq!(answer.header("etag"), "\"1\"");
    let created = answer.body["createdAt"].clone();
    let category = answer.body["categoryId"].as_str().unwrap();
    let expected = json!({
        "id": id,
        "sellerId": seller.id.to_string(),
        "seller": {"id": seller.id},
        "name": "Desk lamp",
        "description": "Warm light",
        "price": {"amount": 1299, "currency": "USD"},
        "stock": 40,
        "category": "Home",
        "categoryId": category,
        "delivery": "none",
        "returns": {"accepted": true, "windowDays": 14},
        "status": "active",
        "images": [],
        "version": 1,
        "createdAt": created,
        "updatedAt": created,
    });
    assert_eq!(answer.body, expected);
    assert_eq!(world.get(&world.user(), &answer.body).await.body, expected);
    world.assert_book_is_right();
}

#[tokio::test]
async fn a_price_without_a_currency_is_in_the_marketplaces() {
    let world = World::new();
    let seller = world.user();
    for (price, currency) in [
        (json!(5), "USD"),
        (json!({"amount": 5}), "USD"),
        (json!({"amount": 5, "currency": "EUR"}), "EUR"),
    ] {
        let product = world
            .list(&seller, &with(lamp(), json!({"price": price})))
            .await;
        assert_eq!(product["price"], json!({"amount": 5, "currency": currency}));
    }
}

#[tokio::test]
async fn a_product_that_names_no_delivery_has_the_marketplaces() {
    for default_delivery in [Delivery::None, Delivery::Shipped] {
        let world = World::with_config(&Config {
            default_delivery,
            ..Config::default()
        });
        let seller = world.user();
        let said = default_delivery.as_str();
        for (delivery, expected) in [
            (json!(null), said),
            (json!("shipped"), "shipped"),
            (json!("none"), "none"),
        ] {
            let body = with(lamp(), json!({"delivery": delivery}));
            let product = world.list(&seller, &body).await;
            assert_eq!(product["delivery"], expected);
            assert_eq!(world.get(&seller, &product).await.body, product);
            let page = world.page(&seller, "?limit=1").await;
            assert_eq!(page.body["items"][0], product);
        }
    }
}

#[tokio::test]
async fn every_limit_is_inclusive() {
    let world = World::new();
    let seller = world.user();
    for extreme in [
        json!({"name": "n", "description": "", "price": 1, "stock": 0, "category": "c"}),
        json!({"name": "ñ".repeat(200), "description": "д".repeat(10_000), "price": 9_007_199_254_740_991i64, "stock": 1_000_000_000, "category": "ç".repeat(64)}),
    ] {
        let product = world.list(&seller, &extreme).await;
        let shown = world.get(&seller, &product).await.body;
        assert_eq!(shown, product);
        for member in ["name", "description", "stock", "category"] {
            assert_eq!(shown[member], extreme[member]);
        }
    }
}

#[tokio::test]
async fn white_space_around_a_text_is_no_part_of_it() {
    let world = World::new();
    let product = world
        .list(
            &world.user(),
            &with(
                lamp(),
                json!({"name": "  Lamp\n", "description": " \t ", "category": " Home "}),
            ),
        )
        .await;
    assert_eq!(product["name"], "Lamp");
    assert_eq!(product["description"], "");
    assert_eq!(product["category"], "Home");
}

async fn keyed(world: &World, seller: &User, body: &Value) -> Answer {
    let request = world
        .host
        .request(Method::POST, "/api/products/create", &seller.token);
    Answer::of(request.header("idempotency-key", "once").json(body)).await
}

async fn count(world: &World, seller: &User) -> usize {
    world.names(seller, "").await.len()
}

#[tokio::test]
async fn a_repeated_request_with_a_key_lists_one_product_and_gets_the_first_answer() {
    let world = World::new();
    let seller = world.user();
    let first = keyed(&world, &seller, &lamp()).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotency-replayed"), "");
    let edit = json!({"id": first.body["id"], "stock": 1});
    assert_eq!(world.update(&seller, &edit).await.status, 200);
    let again = keyed(&world, &seller, &lamp()).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    for name in ["location", "etag", "content-type"] {
        assert_eq!(again.header(name), first.header(name));
    }
    assert_eq!(count(&world, &seller).await, 1);
    world.assert_book_is_right();
}

#[tokio::test]
async fn the_same_product_spelt_another_way_is_the_same_request_and_another_product_is_not() {
    let world = World::new();
    let seller = world.user();
    let first = keyed(&world, &seller, &lamp()).await;
    let amount = first.body["price"]["amount"].clone();
    for same in [
        json!({"price": amount}),
        json!({"price": {"amount": amount}}),
        json!({"price": {"currency": "USD", "amount": amount}}),
        json!({"name": " Desk lamp\n"}),
        json!({"delivery": "none"}),
        json!({"delivery": null}),
    ] {
        let again = keyed(&world, &seller, &with(lamp(), same)).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
    }
    for other in [
        json!({"name": "desk lamp"}),
        json!({"price": {"amount": amount, "currency": "EUR"}}),
        json!({"stock": 41}),
        json!({"delivery": "shipped"}),
    ] {
        keyed(&world, &seller, &with(lamp(), other))
            .await
            .assert_problem(422, "idempotency_key_reused");
    }
    let theirs = keyed(&world, &world.user(), &lamp()).await;
    assert_ne!(theirs.body["id"], first.body["id"], "a key is its user's");
    assert_eq!(count(&world, &seller).await, 2);
}

#[tokio::test]
async fn concurrent_requests_with_one_key_list_one_product() {
    let world = World::new();
    let seller = world.user();
    let body = lamp();
    let ask = || keyed(&world, &seller, &body);
    let (one, two, three, four) = tokio::join!(ask(), ask(), ask(), ask());
    for other in [two, three, four] {
        assert_eq!((other.status, other.body), (201, one.body.clone()));
    }
    assert_eq!(count(&world, &seller).await, 1);
}

#[tokio::test]
async fn what_does_not_exist_yet_matches_no_version() {
    let world = World::new();
    let seller = world.user();
    let request = world
        .host
        .request(Method::POST, "/api/products/create", &seller.token);
    Answer::of(request.header("if-match", "\"1\"").json(&lamp()))
        .await
        .assert_problem(412, "precondition_failed");
    assert_eq!(count(&world, &seller).await, 0);
}
