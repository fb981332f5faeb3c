//! Listing, finding and changing products.

use e2e::{Answer, Shape, unique};
use reqwest::Method;
use serde_json::json;

use crate::{column, items};

#[tokio::test]
async fn a_product_is_read_as_it_was_listed() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    let created = seller
        .post(
            "/api/products/create",
            &json!({"name": "Teapot", "description": "Holds two cups", "category": "kitchen",
                    "price": 1_999, "stock": 4}),
        )
        .await;
    assert_eq!(created.status, 201, "{created:?}");
    let id = created.body["id"].as_str().unwrap();
    assert_eq!(created.header("location"), format!("/api/products/{id}"));
    let read = seller.get(&format!("/api/products/{id}")).await;
    assert_eq!(read.body, created.body);
    assert_eq!(read.header("etag"), created.header("etag"));
    assert_eq!(read.body["sellerId"], seller.id.as_str());
    assert_eq!(
        read.body["price"],
        json!({"amount": 1_999, "currency": "USD"})
    );
    assert_eq!(read.body["stock"], 4);
    assert_eq!(read.body["version"], 1);
}

#[tokio::test]
async fn a_reader_who_has_the_product_already_gets_304_until_it_changes() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    let pot = seller.lists("Teapot", 1_999, 4).await;
    let path = format!("/api/products/{}", pot.id);
    let tag = seller.get(&path).await.header("etag").to_owned();
    let again = async || {
        let request = seller.request(Method::GET, &path);
        Answer::of(request.header("if-none-match", &tag)).await
    };
    let same = again().await;
    assert_eq!((same.status, same.header("etag")), (304, tag.as_str()));
    assert!(same.body.is_null());
    let changed = json!({"id": pot.id, "price": 1_500});
    assert_eq!(
        seller
            .send(Method::PUT, "/api/products/update", &changed)
            .await
            .status,
        200
    );
    assert_eq!(again().await.status, 200);
}

#[tokio::test]
async fn a_change_made_on_a_stale_reading_is_refused() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    let pot = seller.lists("Teapot", 1_999, 4).await;
    let path = format!("/api/products/{}", pot.id);
    let tag = seller.get(&path).await.header("etag").to_owned();
    let guarded = async |price: i64| {
        let body = json!({"id": pot.id, "price": price});
        let request = seller.request(Method::PUT, "/api/products/update");
        Answer::of(request.header("if-match", &tag).json(&body)).await
    };
    let first = guarded(1_500).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_ne!(first.header("etag"), tag);
    guarded(1_400)
        .await
        .assert_problem(412, "precondition_failed");
    assert_eq!(seller.get(&path).await.body["price"]["amount"], 1_500);
}

#[tokio::test]
async fn only_the_owner_changes_or_removes_a_product() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    let other = shape.client().join("Mallory").await;
    let pot = seller.lists("Teapot", 1_999, 4).await;
    let update = json!({"id": pot.id, "price": 1});
    other
        .send(Method::PUT, "/api/products/update", &update)
        .await
        .assert_problem(403, "not_owner");
    other
        .send(
            Method::PATCH,
            "/api/products/remove",
            &json!({"id": pot.id}),
        )
        .await
        .assert_problem(403, "not_owner");
    let read = seller.get(&format!("/api/products/{}", pot.id)).await;
    assert_eq!(read.body["price"]["amount"], 1_999);
    assert_eq!(read.body["version"], 1);
    let nothing = json!({"id": unique(), "price": 1});
    other
        .send(Method::PUT, "/api/products/update", &nothing)
        .await
        .assert_problem(404, "product_not_found");
}

#[tokio::test]
async fn a_removed_product_leaves_the_lists_and_old_orders_still_show_it() {
    let shape = Shape::start();
    let [seller, buyer] = shape.join(["Grace", "Ada"]).await;
    let word = unique();
    let pot = seller.lists(&format!("Teapot {word}"), 1_000, 4).await;
    buyer.credit(5_000).await;
    let order = buyer.orders(&pot, 1).await;
    let id = order.body["id"].as_str().unwrap();

    let removed = seller
        .send(
            Method::PATCH,
            "/api/products/remove",
            &json!({"id": pot.id}),
        )
        .await;
    assert_eq!(removed.status, 200, "{removed:?}");
    assert_eq!(removed.body["id"], pot.id.as_str());
    assert_eq!(removed.body["status"], "removed");

    let mine = format!("/api/products?seller={}", seller.id);
    assert!(items(&buyer.get(&mine).await).is_empty());
    let found = format!("/api/products?q={word}");
    assert!(items(&buyer.get(&found).await).is_empty());
    let refused = buyer.orders(&pot, 1).await;
    assert!([409, 422].contains(&refused.status), "{refused:?}");
    assert_eq!(
        buyer.order(id).await.body["items"][0]["name"],
        format!("Teapot {word}")
    );
}

#[tokio::test]
async fn search_and_filters_find_exactly_what_fits() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    let word = unique().replace('-', "");
    let shop = format!("shop-{}", &word[word.len() - 12..]);
    let table = [
        ("red", 1_000, 5),
        ("green", 2_000, 0),
        ("blue", 3_000, 1),
        ("grey", 4_000, 9),
    ];
    for (colour, price, stock) in table {
        let body = json!({"name": format!("{colour} vase"), "description": format!("hand-made {word}"),
                          "category": shop, "price": price, "stock": stock});
        let created = seller.post("/api/products/create", &body).await;
        assert_eq!(created.status, 201, "{created:?}");
    }
    let names = async |query: &str| {
        let page = seller
            .get(&format!("/api/products?category={shop}&{query}"))
            .await;
        column(items(&page), "name")
    };
    let newest = ["grey vase", "blue vase", "green vase", "red vase"];
    assert_eq!(names("sort=newest").await, newest);
    assert_eq!(names("limit=100").await, newest);
    assert_eq!(
        names("sort=price").await,
        ["red vase", "green vase", "blue vase", "grey vase"]
    );
    assert_eq!(names("sort=-price").await, newest);
    assert_eq!(
        names("minPrice=2000&maxPrice=3000&sort=price").await,
        ["green vase", "blue vase"]
    );
    assert_eq!(
        names("inStock=true&sort=price").await,
        ["red vase", "blue vase", "grey vase"]
    );
    assert_eq!(names(&format!("q={word}%20blue")).await, ["blue vase"]);
    assert_eq!(names("q=nothingofthekind").await, Vec::<String>::new());
    let by_seller = seller
        .get(&format!("/api/products?seller={}", seller.id))
        .await;
    assert_eq!(items(&by_seller).len(), 4);
}

#[tokio::test]
async fn pages_show_each_product_once_even_while_others_are_listed() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    for n in 0..7 {
        seller
            .lists(&format!("Cup {n}"), 100 * (n % 3 + 1), 1)
            .await;
    }
    for sort in ["newest", "price", "-price"] {
        let path = format!("/api/products?seller={}&sort={sort}&limit=2", seller.id);
        let first = seller.get(&path).await;
        assert_eq!(items(&first).len(), 2);
        let mut seen = column(&seller.all(&path).await, "id");
        assert_eq!(seen.len(), 7, "{sort}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 7, "{sort}: none twice");
    }
    let newest = format!("/api/products?seller={}&limit=3", seller.id);
    let first = seller.get(&newest).await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    seller.lists("Cup that came later", 100, 1).await;
    let second = seller.get(&format!("{newest}&cursor={cursor}")).await;
    assert_eq!(column(items(&second), "name"), ["Cup 3", "Cup 2", "Cup 1"]);
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let shape = Shape::start();
    let seller = shape.client().join("Grace").await;
    for n in 0..3 {
        seller.lists(&format!("Cup {n}"), 100, 1).await;
    }
    let page = seller
        .get(&format!("/api/products?seller={}&limit=1", seller.id))
        .await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    for path in [
        format!("/api/products?sort=price&cursor={cursor}"),
        format!("/api/wallet/transaction?cursor={cursor}"),
        format!("/api/orders/{}/byUser?cursor={cursor}", seller.id),
    ] {
        seller
            .get(&path)
            .await
            .assert_faults(&[("?cursor", "invalid_cursor")]);
    }
}
