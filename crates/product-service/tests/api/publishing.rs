//! Drafts, publishing and taking back, GET /api/products/mine, and what operators remove.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{User, World, lamp, with};
use host::testing::Answer;

impl World {
    async fn act(&self, user: &User, product: &Value, act: &str, body: Value) -> Answer {
        let id = product["id"].as_str().unwrap();
        let path = format!("/api/products/{id}/{act}");
        let request = self.host.request(Method::POST, &path, &user.token);
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        Answer::of(request).await
    }

    async fn own(&self, user: &User, query: &str) -> Vec<Value> {
        let path = format!("/api/products/mine{query}");
        let answer = self.host.get(&path, &user.token).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        answer.body["items"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_draft_is_seen_by_its_seller_only_until_it_is_published() {
    let world = World::new();
    let (seller, other) = (world.user(), world.user());
    let draft = with(lamp(), json!({"status": "draft"}));
    let product = world.list(&seller, &draft).await;
    assert_eq!(product["status"], "draft");
    assert_eq!(world.get(&seller, &product).await.body, product);
    let hidden = world.get(&other, &product).await;
    hidden.assert_problem(404, "product_not_found");
    assert!(world.names(&seller, "").await.is_empty());
    assert!(
        world
            .reserve(world.order(), &other, &product, 1)
            .await
            .is_err()
    );
    let refused = world.act(&other, &product, "publish", Value::Null).await;
    refused.assert_problem(403, "not_owner");
    for _ in 0..2 {
        let published = world.act(&seller, &product, "publish", Value::Null).await;
        assert_eq!(published.status, 200, "{published:?}");
        assert_eq!(published.body["status"], "active");
        assert_eq!(published.header("etag"), "\"2\"");
    }
    assert_eq!(world.names(&other, "?q=lamp").await, ["Desk lamp"]);
    let buyer = world.user();
    let order = world.order();
    world.reserve(order, &buyer, &product, 1).await.unwrap();
    world.deliver(vec![world.confirmation(order)]).await;
    let back = world.act(&seller, &product, "unpublish", Value::Null).await;
    assert_eq!(back.body["status"], "draft");
    assert!(world.names(&other, "").await.is_empty());
    assert_eq!(
        world.get(&buyer, &product).await.status,
        200,
        "they bought it"
    );
    let hidden = world.get(&other, &product).await;
    hidden.assert_problem(404, "product_not_found");
    let unknown = json!({"id": world.unknown_product()});
    let refused = world.act(&seller, &unknown, "publish", Value::Null).await;
    refused.assert_problem(404, "product_not_found");
}

#[tokio::test]
async fn an_operator_removes_a_product_and_its_seller_sees_why() {
    let world = World::new();
    let (seller, buyer, admin) = (world.user(), world.user(), world.admin());
    let product = world.list(&seller, &lamp()).await;
    let order = world.order();
    world.reserve(order, &buyer, &product, 1).await.unwrap();
    world.deliver(vec![world.confirmation(order)]).await;
    let why = json!({"reason": "Counterfeit"});
    for user in [&seller, &buyer] {
        let refused = world.act(user, &product, "takedown", why.clone()).await;
        refused.assert_problem(403, "forbidden");
    }
    for (body, fault) in [
        (json!({}), "required"),
        (json!({"reason": ""}), "too_short"),
        (json!({"reason": "x".repeat(201)}), "too_long"),
        (json!({"reason": 1}), "invalid_type"),
    ] {
        let refused = world.act(&admin, &product, "takedown", body).await;
        refused.assert_faults(&[("/reason", fault)]);
    }
    let unknown = json!({"id": world.unknown_product()});
    let refused = world.act(&admin, &unknown, "takedown", why.clone()).await;
    refused.assert_problem(404, "product_not_found");
    let gone = world.act(&admin, &product, "takedown", why).await;
    assert_eq!(gone.status, 200, "{gone:?}");
    assert_eq!(gone.body["status"], "removed");
    let again = json!({"reason": "Another reason"});
    let again = world.act(&admin, &product, "takedown", again).await;
    assert_eq!(again.body, gone.body, "the first reason stays");
    let seen = world.get(&seller, &product).await.body;
    assert_eq!(seen["moderation"]["reason"], "Counterfeit");
    assert_eq!(world.own(&seller, "?status=removed").await, [seen]);
    let bought = world.get(&buyer, &product).await;
    assert_eq!((bought.status, bought.body.get("moderation")), (200, None));
    let stranger = world.get(&world.user(), &product).await;
    stranger.assert_problem(404, "product_not_found");
    let list = "/api/products/taken-down";
    for user in [&seller, &buyer] {
        let refused = world.host.get(list, &user.token).await;
        refused.assert_problem(403, "forbidden");
    }
    let unread = format!("{list}?cursor=x");
    let refused = world.host.get(&unread, &admin.token).await;
    refused.assert_faults(&[("?cursor", "invalid_cursor")]);
    let listed = world.host.get(list, &admin.token).await;
    assert_eq!(listed.body["items"], json!([gone.body]), "{listed:?}");
    let refused = world.act(&seller, &product, "publish", Value::Null).await;
    refused.assert_problem(404, "product_not_found");

    let refused = world.act(&seller, &product, "reinstate", Value::Null).await;
    refused.assert_problem(403, "forbidden");
    let refused = world.act(&admin, &unknown, "reinstate", Value::Null).await;
    refused.assert_problem(404, "product_not_found");
    let back = world.act(&admin, &product, "reinstate", Value::Null).await;
    assert_eq!(back.status, 200, "{back:?}");
    let state = (&back.body["status"], back.body.get("moderation"));
    assert_eq!(state, (&json!("draft"), None));
    let listed = world.host.get(list, &admin.token).await;
    assert_eq!(listed.body["items"], json!([]), "{listed:?}");
    let again = world.act(&admin, &product, "reinstate", Value::Null).await;
    assert_eq!(again.body, back.body);
    let published = world.act(&seller, &product, "publish", Value::Null).await;
    assert_eq!(published.body["status"], "active");
}

#[tokio::test]
async fn a_seller_lists_their_own_products_by_status_and_by_what_runs_out() {
    let world = World::new();
    let (seller, other) = (world.user(), world.user());
    let thing = |name: &str, stock: i64, members: Value| {
        with(with(lamp(), json!({"name": name, "stock": stock})), members)
    };
    let large = json!({"variants": [{"options": {"Size": "L"}, "stock": 1}]});
    world.list(&seller, &thing("Plenty", 90, json!({}))).await;
    world.list(&seller, &thing("Varied", 90, large)).await;
    world
        .list(&seller, &thing("Draft", 3, json!({"status": "draft"})))
        .await;
    world.list(&other, &lamp()).await;
    let own = async |query: &str| -> Vec<String> {
        let products = world.own(&seller, query).await;
        let products = products
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        products.collect()
    };
    assert_eq!(own("").await, ["Draft", "Varied", "Plenty"]);
    assert_eq!(own("?status=draft").await, ["Draft"]);
    assert_eq!(own("?lowStock=1").await, ["Varied"]);
    assert_eq!(own("?lowStock=3&status=active").await, ["Varied"]);
    assert_eq!(own("?lowStock=3").await, ["Draft", "Varied"]);
    let page = world
        .host
        .get("/api/products/mine?limit=2", &seller.token)
        .await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    assert_eq!(own(&format!("?limit=2&cursor={cursor}")).await, ["Plenty"]);
    for (query, fault) in [
        ("status=gone", ("?status", "unknown_value")),
        ("lowStock=-1", ("?lowStock", "out_of_range")),
        ("lowStock=few", ("?lowStock", "invalid_type")),
        ("cursor=x", ("?cursor", "invalid_cursor")),
        ("limit=0", ("?limit", "out_of_range")),
        ("seller=x", ("?seller", "unknown_parameter")),
    ] {
        let path = format!("/api/products/mine?{query}");
        let refused = world.host.get(&path, &seller.token).await;
        refused.assert_faults(&[fault]);
    }
    let other_filter = format!("/api/products/mine?status=draft&cursor={cursor}");
    let refused = world.host.get(&other_filter, &seller.token).await;
    refused.assert_faults(&[("?cursor", "invalid_cursor")]);
}
