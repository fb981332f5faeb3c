//! POST /api/products/create.

use serde_json::json;

use crate::world::{World, lamp, with};

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
    let expected = json!({
        "id": id,
        "sellerId": seller.id.to_string(),
        "name": "Desk lamp",
        "description": "Warm light",
        "price": {"amount": 1299, "currency": "USD"},
        "stock": 40,
        "category": "Home",
        "status": "active",
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
