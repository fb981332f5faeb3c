//! What sellers see of their sales, and operators of all orders.

use serde_json::{Value, json};

use crate::world::{DAY, Part, Script, World, address, one, shipped};

/// The sales of a list, read page by page.
async fn all(world: &World, token: &str, query: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.host.get(&format!("{query}{cursor}"), token).await;
        assert_eq!(page.status, 200, "{page:?}");
        items.extend(page.body["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page.body["nextCursor"].as_str() else {
            return items;
        };
        cursor = format!("&cursor={next}");
    }
}

fn ids(items: &[Value], name: &str) -> Vec<String> {
    let id = |item: &Value| item[name].as_str().unwrap().to_owned();
    items.iter().map(id).collect()
}

/// Orders, and waits until the stock is sold.
async fn sold(world: &World, buyer: &str, body: &Value, seller: &str) -> Part {
    let placed = world.create(buyer, body, &[]).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let part = Part::of(&placed.body);
    world.until_sold(seller, &part.order).await;
    part
}

#[tokio::test]
async fn a_seller_lists_their_sales_newest_first_by_status_and_by_words() {
    let world = World::start(Script::Pays);
    let ((product, seller), (ada, buyer)) = (world.to_ship(100), world.user());
    world.named(ada, "Ada Lovelace", 1).await;
    let mut parts = Vec::new();
    for _ in 0..5 {
        world.clock.advance(std::time::Duration::from_secs(1));
        parts.insert(
            0,
            sold(&world, &buyer, &shipped(&[(product, 1)]), &seller).await,
        );
    }
    let orders: Vec<String> = parts.iter().map(|part| part.order.clone()).collect();
    let listed = all(&world, &seller, "/api/orders/sales?limit=2").await;
    assert_eq!(ids(&listed, "orderId"), orders);
    let sale = &listed[0];
    assert_eq!(sale["buyerName"], "Ada Lovelace");
    assert_eq!(sale["shippingAddress"], address());
    assert_eq!(sale["fulfilment"]["id"], parts[0].id.as_str());
    assert_eq!(sale["fulfilment"]["commission"]["amount"], 50);
    assert!(sale["paidAt"].is_string());

    let package = parts[1].ship(&world, &seller, &parts[1].everything()).await;
    assert_eq!(package.status, 201);
    let shipped = all(&world, &seller, "/api/orders/sales?status=shipped").await;
    assert_eq!(ids(&shipped, "orderId"), [orders[1].clone()]);
    let open = all(&world, &seller, "/api/orders/sales?status=open&limit=1").await;
    assert_eq!(open.len(), 4);
    for (words, expected) in [
        ("1z999", vec![orders[1].clone()]),
        ("LOVELACE", orders.clone()),
        ("lamp", orders.clone()),
        (orders[3].as_str(), vec![orders[3].clone()]),
        ("table", vec![]),
    ] {
        let query = format!("/api/orders/sales?q={words}&limit=2");
        let found = all(&world, &seller, &query).await;
        assert_eq!(ids(&found, "orderId"), expected, "{words}");
    }
    assert_eq!(
        all(&world, &buyer, "/api/orders/sales?limit=9").await,
        [Value::Null; 0]
    );
    let (_, other) = world.to_ship(1);
    assert_eq!(
        all(&world, &other, "/api/orders/sales?limit=9").await,
        [Value::Null; 0]
    );
}

#[tokio::test]
async fn a_cursor_of_sales_with_other_filters_and_a_span_that_ends_before_it_begins_is_refused() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.product(100), world.user());
    for _ in 0..2 {
        sold(&world, &buyer, &one(product, 1), &seller).await;
    }
    let page = world.host.get("/api/orders/sales?limit=1", &seller).await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    for (query, pointer, code) in [
        (
            format!("status=open&cursor={cursor}"),
            "?cursor",
            "invalid_cursor",
        ),
        (
            format!("q=lamp&cursor={cursor}"),
            "?cursor",
            "invalid_cursor",
        ),
        ("status=lost".to_owned(), "?status", "unknown_value"),
        (
            "from=2026-01-02&to=2026-01-01".to_owned(),
            "?to",
            "out_of_range",
        ),
        ("from=yesterday".to_owned(), "?from", "invalid_time"),
        (format!("q={}", "x".repeat(101)), "?q", "too_long"),
        ("q=%20".to_owned(), "?q", "too_short"),
    ] {
        let path = format!("/api/orders/sales?{query}");
        let refused = world.host.get(&path, &seller).await;
        refused.assert_faults(&[(pointer, code)]);
    }
}

#[tokio::test]
async fn a_seller_sees_the_sums_of_their_sales_by_day() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.product(100), world.user());
    let first = sold(&world, &buyer, &one(product, 4), &seller).await;
    let today = world.now()[..10].to_owned();
    first
        .refund(&world, &seller, ("amount", json!(500)), &[])
        .await;
    world.clock.advance(DAY);
    let tomorrow = world.now()[..10].to_owned();
    sold(&world, &buyer, &one(product, 2), &seller).await;
    world.part_until(&seller, &first.order, "completed").await;
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let days = json!([
        {"date": today, "sales": 1, "sold": usd(2000), "refunded": usd(500), "fees": usd(150), "pending": usd(0)},
        {"date": tomorrow, "sales": 1, "sold": usd(1000), "refunded": usd(0), "fees": usd(100), "pending": usd(900)},
    ]);
    let summary = world.host.get("/api/orders/sales/summary", &seller).await;
    assert_eq!(summary.status, 200, "{summary:?}");
    assert_eq!(summary.body["days"], days);
    let path = format!("/api/orders/sales/summary?from={tomorrow}&to={tomorrow}");
    let day = world.host.get(&path, &seller).await.body;
    assert_eq!(day["days"], json!([days[1]]));
    assert_eq!(day["from"], format!("{tomorrow}T00:00:00.000Z"));
    let none = world
        .host
        .get("/api/orders/sales/summary", &buyer)
        .await
        .body;
    assert_eq!(none["days"], json!([]));
    for (query, pointer) in [
        ("from=2024-01-01&to=2025-01-01", "?from"),
        ("from=2999-01-01", "?from"),
        ("from=2025-01-02&to=2025-01-01", "?to"),
    ] {
        let path = format!("/api/orders/sales/summary?{query}");
        let refused = world.host.get(&path, &seller).await;
        refused.assert_faults(&[(pointer, "out_of_range")]);
    }
    let leap = world.host.get(
        "/api/orders/sales/summary?from=2024-01-01&to=2024-12-31",
        &seller,
    );
    assert_eq!(leap.await.status, 200);
}

#[tokio::test]
async fn operators_see_the_sums_of_all_sales_by_day_and_what_waits() {
    let world = World::start(Script::Pays);
    let ((lamp, grace), (chair, alan)) = (world.product(100), world.product(100));
    let (_, buyer) = world.user();
    let today = world.now()[..10].to_owned();
    let items =
        json!({"items": [{"productId": lamp, "quantity": 4}, {"productId": chair, "quantity": 2}]});
    let first = sold(&world, &buyer, &items, &grace).await;
    first
        .refund(&world, &grace, ("amount", json!(500)), &[])
        .await;
    world.clock.advance(DAY);
    let tomorrow = world.now()[..10].to_owned();
    sold(&world, &buyer, &one(chair, 2), &alan).await;
    world.part_until(&grace, &first.order, "completed").await;
    world.part_until(&alan, &first.order, "completed").await;
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let days = json!([
        {"date": today, "orders": 1, "sales": 2, "sold": usd(3000), "refunded": usd(500), "fees": usd(250), "held": usd(0)},
        {"date": tomorrow, "orders": 1, "sales": 1, "sold": usd(1000), "refunded": usd(0), "fees": usd(100), "held": usd(1000)},
    ]);
    let admin = world.admin();
    let path = "/api/orders/summary";
    let summary = world.host.get(path, &admin).await;
    assert_eq!(summary.status, 200, "{summary:?}");
    assert_eq!(summary.body["days"], days);
    assert_eq!(summary.body["toReview"], 0);
    assert_eq!(summary.body["disputes"], json!({"count": 0}));
    let settled = ["pending", "cancelling", "refunding"];
    let settled = settled.map(|status| json!({"status": status, "orders": 0}));
    assert_eq!(summary.body["unsettled"], json!(settled));
    let day = format!("{path}?from={tomorrow}&to={tomorrow}");
    let day = world.host.get(&day, &admin).await.body;
    assert_eq!(day["days"], json!([days[1]]));
    for (token, status, code) in [("", 401, "unauthenticated"), (&*grace, 403, "forbidden")] {
        let refused = world.host.get(path, token).await;
        refused.assert_problem(status, code);
    }
    let long = format!("{path}?from=2024-01-01&to=2025-01-01");
    let refused = world.host.get(&long, &admin).await;
    refused.assert_faults(&[("?from", "out_of_range")]);
}

#[tokio::test]
async fn operators_list_any_orders_and_nobody_else_does() {
    let world = World::start(Script::Pays);
    let ((lamp, grace), (chair, alan)) = (world.product(100), world.product(100));
    let ((ada, buyer), (_, other)) = (world.user(), world.user());
    let mut placed = Vec::new();
    for (token, product, seller) in [
        (&buyer, lamp, &grace),
        (&other, chair, &alan),
        (&buyer, chair, &alan),
    ] {
        world.clock.advance(std::time::Duration::from_secs(1));
        placed.insert(0, sold(&world, token, &one(product, 1), seller).await.order);
    }
    let admin = world.admin();
    for token in [&buyer, &grace] {
        let refused = world.host.get("/api/orders", token).await;
        refused.assert_problem(403, "forbidden");
    }
    world
        .host
        .get("/api/orders", "")
        .await
        .assert_problem(401, "unauthenticated");
    let seller = world.desk.stock.lock().unwrap()[&chair].0;
    for (query, expected) in [
        ("?limit=2".to_owned(), vec![0, 1, 2]),
        (format!("?buyer={ada}&limit=1"), vec![0, 2]),
        (format!("?seller={seller}&limit=1"), vec![0, 1]),
        (format!("?seller={seller}&buyer={ada}&limit=1"), vec![0]),
        (
            "?status=paid&needsReview=false&limit=2".to_owned(),
            vec![0, 1, 2],
        ),
        ("?status=refunded&limit=2".to_owned(), vec![]),
        ("?needsReview=true&limit=2".to_owned(), vec![]),
    ] {
        let expected: Vec<String> = expected
            .into_iter()
            .map(|place: usize| placed[place].clone())
            .collect();
        let path = format!("/api/orders{query}");
        let listed = all(&world, &admin, &path).await;
        assert_eq!(ids(&listed, "id"), expected, "{query}");
    }
    let listed = all(&world, &admin, "/api/orders?limit=9").await;
    assert_eq!(listed[0]["fulfilments"][0]["commission"]["amount"], 50);
    for (query, pointer, code) in [
        ("?needsReview=maybe", "?needsReview", "unknown_value"),
        ("?seller=1", "?seller", "invalid_id"),
        ("?status=lost", "?status", "unknown_value"),
        ("?cursor=x", "?cursor", "invalid_cursor"),
    ] {
        let refused = world.host.get(&format!("/api/orders{query}"), &admin).await;
        refused.assert_faults(&[(pointer, code)]);
    }
}
