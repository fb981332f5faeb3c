//! PUT /api/products/update.

use host::testing::Answer;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{World, lamp, with};

#[rstest]
#[case(json!({"name": "Lantern"}))]
#[case(json!({"description": ""}))]
#[case(json!({"price": {"amount": 5, "currency": "EUR"}}))]
#[case(json!({"stock": 0}))]
#[case(json!({"category": "Garden"}))]
#[case(json!({"delivery": "shipped"}))]
#[case(json!({"name": "Lantern", "description": "Bright", "price": {"amount": 7, "currency": "USD"}, "stock": 50, "category": "Garden"}))]
#[tokio::test]
async fn any_subset_of_fields_is_changed_and_the_rest_stays(#[case] edit: Value) {
    let world = World::new();
    let seller = world.user();
    let old = world.list(&seller, &lamp()).await;
    world.advance(1);
    let answer = world
        .update(&seller, &with(edit.clone(), json!({"id": old["id"]})))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("etag"), "\"2\"");
    let mut expected = with(old.clone(), edit);
    expected["version"] = json!(2);
    let is_moved = expected["category"] != old["category"];
    assert_eq!(answer.body["categoryId"] != old["categoryId"], is_moved);
    expected["categoryId"] = answer.body["categoryId"].clone();
    assert_ne!(answer.body["updatedAt"], old["updatedAt"]);
    expected["updatedAt"] = answer.body["updatedAt"].clone();
    assert_eq!(answer.body, expected);
    assert_eq!(world.get(&seller, &old).await.body, expected);
    world.assert_book_is_right();
}

#[tokio::test]
async fn an_edit_that_changes_nothing_leaves_the_version() {
    let world = World::new();
    let seller = world.user();
    let old = world.list(&seller, &lamp()).await;
    for edit in [
        json!({"id": old["id"]}),
        with(lamp(), json!({"id": old["id"]})),
    ] {
        let answer = world.update(&seller, &edit).await;
        assert_eq!((answer.status, &answer.body), (200, &old));
        assert_eq!(answer.header("etag"), "\"1\"");
    }
}

#[tokio::test]
async fn a_price_without_a_currency_keeps_the_products_and_only_a_named_one_changes_it() {
    let world = World::new();
    let seller = world.user();
    let yen = json!({"price": {"amount": 100_000, "currency": "JPY"}});
    let product = world.list(&seller, &with(lamp(), yen)).await;
    for (price, amount, currency) in [
        (json!(120_000), 120_000, "JPY"),
        (json!({"amount": 130_000}), 130_000, "JPY"),
        (json!({"amount": 900, "currency": "EUR"}), 900, "EUR"),
        (json!(950), 950, "EUR"),
    ] {
        let edit = json!({"id": product["id"], "price": price});
        let answer = world.update(&seller, &edit).await;
        let expected = json!({"amount": amount, "currency": currency});
        assert_eq!((answer.status, &answer.body["price"]), (200, &expected));
        assert_eq!(world.get(&seller, &product).await.body["price"], expected);
    }
}

#[tokio::test]
async fn another_sellers_product_is_not_changed() {
    let world = World::new();
    let (seller, stranger) = (world.user(), world.user());
    let old = world.list(&seller, &lamp()).await;
    let edit = json!({"id": old["id"], "price": 1});
    world
        .update(&stranger, &edit)
        .await
        .assert_problem(403, "not_owner");
    // Ownership is checked before the version, so a stranger learns nothing about the version.
    Answer::of(world.put(&stranger, &edit).header("if-match", "\"9\""))
        .await
        .assert_problem(403, "not_owner");
    assert_eq!(world.get(&seller, &old).await.body, old);
}

#[tokio::test]
async fn a_product_that_is_not_there_or_was_removed_is_not_changed() {
    let world = World::new();
    let seller = world.user();
    let nowhere = json!({"id": world.unknown_product(), "stock": 1});
    world
        .update(&seller, &nowhere)
        .await
        .assert_problem(404, "product_not_found");
    let gone = world.list(&seller, &lamp()).await;
    assert_eq!(
        world
            .remove(&seller, &json!({"id": gone["id"]}))
            .await
            .status,
        200
    );
    for user in [&seller, &world.user()] {
        let edit = json!({"id": gone["id"], "stock": 1});
        world
            .update(user, &edit)
            .await
            .assert_problem(404, "product_not_found");
    }
    assert_eq!(world.get(&seller, &gone).await.body["stock"], 40);
}

#[tokio::test]
async fn an_edit_for_another_version_is_refused() {
    let world = World::new();
    let seller = world.user();
    let old = world.list(&seller, &lamp()).await;
    let edit = json!({"id": old["id"], "name": "Lantern"});
    for stale in ["\"2\"", "W/\"0\"", "\"one\"", "1"] {
        Answer::of(world.put(&seller, &edit).header("if-match", stale))
            .await
            .assert_problem(412, "precondition_failed");
    }
    assert_eq!(world.get(&seller, &old).await.body, old);
    for (current, version) in [("\"1\"", 2), ("*", 2), ("\"7\", \"2\"", 2)] {
        let answer = Answer::of(world.put(&seller, &edit).header("if-match", current)).await;
        assert_eq!(
            (answer.status, &answer.body["version"]),
            (200, &json!(version)),
            "{current}"
        );
    }
}

#[tokio::test]
async fn a_sale_in_between_is_a_change_too() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    world
        .reserve(world.order(), &buyer, &product, 3)
        .await
        .unwrap();
    // Without the check, an edit based on the old stock would lose the three reserved items.
    let restock = json!({"id": product["id"], "stock": 41});
    Answer::of(world.put(&seller, &restock).header("if-match", "\"1\""))
        .await
        .assert_problem(412, "precondition_failed");
    assert_eq!(world.get(&seller, &product).await.body["stock"], 37);
    world.assert_book_is_right();
}
