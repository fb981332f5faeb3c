//! Query parameters, ids in paths, headers.

use e2e::{Answer, unique};
use reqwest::Method;
use serde_json::json;

use crate::{Case, Scene, assert_faults};

const EVERY_LIST: &[Case] = &[
    ("limit=0", &[("?limit", "out_of_range")]),
    ("limit=101", &[("?limit", "out_of_range")]),
    ("limit=-1", &[("?limit", "out_of_range")]),
    ("limit=ten", &[("?limit", "invalid_type")]),
    ("limit=1.5", &[("?limit", "invalid_type")]),
    ("limit=", &[("?limit", "invalid_type")]),
    ("limit=99999999999999999999", &[("?limit", "out_of_range")]),
    ("limit=5&limit=6", &[("?limit", "repeated")]),
    ("cursor=nonsense", &[("?cursor", "invalid_cursor")]),
    ("cursor=", &[("?cursor", "invalid_cursor")]),
    (
        "cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &[("?cursor", "invalid_cursor")],
    ),
    ("offset=5", &[("?offset", "unknown_parameter")]),
    (
        "limit=0&cursor=x&page=1",
        &[
            ("?limit", "out_of_range"),
            ("?cursor", "invalid_cursor"),
            ("?page", "unknown_parameter"),
        ],
    ),
];

const PRODUCTS: &[Case] = &[
    ("sort=best", &[("?sort", "unknown_value")]),
    ("seller=nobody", &[("?seller", "invalid_id")]),
    ("inStock=perhaps", &[("?inStock", "invalid_type")]),
    ("minPrice=cheap", &[("?minPrice", "invalid_type")]),
    ("maxPrice=1.5", &[("?maxPrice", "invalid_type")]),
];

const TRANSACTIONS: &[Case] = &[
    ("type=gift", &[("?type", "unknown_value")]),
    ("from=yesterday", &[("?from", "invalid_time")]),
    ("to=2026-13-01T00:00:00Z", &[("?to", "invalid_time")]),
];

const ORDERS: &[Case] = &[("status=eaten", &[("?status", "unknown_value")])];

const CASES: &[Case] = &[
    ("status=eaten", &[("?status", "unknown_value")]),
    ("role=admin", &[("?role", "unknown_value")]),
];

const SALES: &[Case] = &[
    ("status=eaten", &[("?status", "unknown_value")]),
    ("from=yesterday", &[("?from", "invalid_time")]),
    ("to=2026-13-01T00:00:00Z", &[("?to", "invalid_time")]),
];

#[tokio::test]
async fn a_bad_query_is_told_every_fault() {
    let scene = Scene::set().await;
    let orders = format!("/api/orders/{}/byUser", scene.buyer.id);
    let timeline = scene.lamps.order_path("/timeline");
    let lists = [
        ("/api/products", PRODUCTS),
        ("/api/wallet/transaction", TRANSACTIONS),
        (orders.as_str(), ORDERS),
        ("/api/orders/sales", SALES),
        ("/api/orders/returns", CASES),
        ("/api/orders/disputes", CASES),
        (timeline.as_str(), &[]),
    ];
    for (path, cases) in lists {
        for (query, faults) in EVERY_LIST.iter().chain(cases) {
            let request = format!("{path}?{query}");
            assert_faults(&scene.buyer.get(&request).await, faults, &request);
        }
    }
}

#[tokio::test]
async fn a_changed_cursor_is_refused_in_every_byte() {
    let scene = Scene::set().await;
    scene.seller.lists("Second lamp", 100, 1).await;
    let path = format!("/api/products?seller={}&limit=1", scene.seller.id);
    let page = scene.seller.get(&path).await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    for place in 0..cursor.len() {
        let mut changed = cursor.to_owned();
        let other = if &cursor[place..=place] == "A" {
            "Z"
        } else {
            "A"
        };
        changed.replace_range(place..=place, other);
        let request = format!("{path}&cursor={changed}");
        assert_faults(
            &scene.seller.get(&request).await,
            &[("?cursor", "invalid_cursor")],
            &request,
        );
    }
}

#[tokio::test]
async fn an_id_that_is_none_leads_nowhere() {
    let scene = Scene::set().await;
    for id in [
        "nonsense",
        "1",
        "%00",
        "..%2f..%2fetc",
        "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4",
        "%ff",
    ] {
        for path in [format!("/api/products/{id}"), format!("/api/orders/{id}")] {
            let answer = scene.buyer.get(&path).await;
            assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
            assert_eq!(
                answer.header("content-type"),
                "application/problem+json",
                "{path}"
            );
        }
    }
    let stranger = scene
        .buyer
        .get(&format!("/api/orders/{}/byUser", unique()))
        .await;
    stranger.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn a_bad_idempotency_key_is_refused_and_nothing_runs() {
    let scene = Scene::set().await;
    let long = "k".repeat(256);
    let bodies = [
        ("/api/wallet/credit", json!({"amount": 5})),
        ("/api/wallet/debit", json!({"amount": 5})),
        (
            "/api/orders/create",
            json!({"productId": scene.product.id, "quantity": 1}),
        ),
    ];
    for (path, body) in &bodies {
        for key in ["", "two words", "schlüssel", long.as_str()] {
            let request = scene.buyer.request(Method::POST, path);
            let answer = Answer::of(request.header("idempotency-key", key).json(body)).await;
            answer.assert_problem(400, "invalid_header");
            scene
                .assert_unchanged(&format!("{path} with the key {key:?}"))
                .await;
        }
        let request = scene.buyer.request(Method::POST, path);
        let twice = request
            .header("idempotency-key", "a")
            .header("idempotency-key", "b");
        Answer::of(twice.json(body))
            .await
            .assert_problem(400, "invalid_header");
        scene
            .assert_unchanged(&format!("{path} with two keys"))
            .await;
    }
}
