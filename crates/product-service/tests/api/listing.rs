//! GET /api/products.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use kernel::Clock as _;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{User, World, lamp, with};

/// Reads all pages of a list.
async fn walk(world: &World, user: &User, query: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = world.page(user, &format!("{query}{cursor}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        all.extend(answer.body["items"].as_array().unwrap().clone());
        let next = &answer.body["nextCursor"];
        if next.is_null() {
            return all;
        }
        cursor = format!("&cursor={}", next.as_str().unwrap());
    }
}

#[tokio::test]
async fn equal_lists_at_the_same_time_hold_what_was_listed_before_each_of_them() {
    let world = World::new();
    let seller = world.user();
    let readers: Vec<User> = (0..16).map(|_| world.user()).collect();
    for number in 0..20 {
        // These are on their way while the product is listed.
        let early = join_all(readers.iter().map(|one| world.page(one, "?limit=1")));
        let list = async {
            let body = with(lamp(), json!({"name": format!("lamp {number}")}));
            let listed = world.list(&seller, &body).await;
            let late = readers.iter().map(|one| world.page(one, "?limit=1"));
            for answer in join_all(late).await {
                assert_eq!(answer.status, 200, "{answer:?}");
                assert_eq!(answer.body["items"][0]["id"], listed["id"]);
            }
        };
        let (early, ()) = tokio::join!(early, list);
        assert!(early.iter().all(|answer| answer.status == 200), "{early:?}");
    }
}

#[tokio::test]
async fn all_pages_of_every_order_together_hold_every_product_once() {
    let world = World::new();
    let seller = world.user();
    for number in 0..250 {
        let body = with(
            lamp(),
            json!({"name": format!("lamp {number}"), "price": 1 + number % 9}),
        );
        world.list(&seller, &body).await;
    }
    for query in [
        "?limit=30",
        "?limit=30&sort=newest",
        "?limit=30&sort=price",
        "?limit=30&sort=-price",
        "?limit=30&q=lamp",
        "?limit=30&q=lamp&sort=newest",
        "?limit=30&q=lam&sort=price",
        "?limit=30&q=lamp&sort=-price",
        "?limit=30&category=HOME&minPrice=1&maxPrice=9&inStock=true&sort=price",
    ] {
        let all = walk(&world, &seller, query).await;
        let ids: HashSet<String> = all.iter().map(|item| item["id"].to_string()).collect();
        assert_eq!((all.len(), ids.len()), (250, 250), "{query}");
        let prices: Vec<i64> = all
            .iter()
            .map(|item| item["price"]["amount"].as_i64().unwrap())
            .collect();
        if query.contains("sort=price") {
            assert!(prices.is_sorted(), "{query}");
        }
        if query.contains("sort=-price") {
            assert!(prices.iter().rev().is_sorted(), "{query}");
        }
        if query.contains("newest") || query == "?limit=30" {
            assert_eq!(all[0]["name"], "lamp 249");
            assert_eq!(all[249]["name"], "lamp 0");
        }
    }
}

#[tokio::test]
async fn a_page_has_twenty_products_unless_asked_otherwise() {
    let world = World::new();
    let seller = world.user();
    for _ in 0..21 {
        world.list(&seller, &lamp()).await;
    }
    for (query, items) in [
        ("", 20),
        ("?limit=1", 1),
        ("?limit=21", 21),
        ("?limit=100", 21),
    ] {
        let page = world.page(&seller, query).await.body;
        assert_eq!(page["items"].as_array().unwrap().len(), items);
        assert_eq!(page["nextCursor"].is_null(), items == 21, "{query}");
    }
}

#[tokio::test]
async fn a_new_product_while_paging_moves_nothing() {
    let world = World::new();
    let seller = world.user();
    for number in 0..6 {
        world
            .list(&seller, &with(lamp(), json!({"name": format!("{number}")})))
            .await;
    }
    let first = world.page(&seller, "?limit=3").await.body;
    world
        .list(&seller, &with(lamp(), json!({"name": "late"})))
        .await;
    let next = format!("?limit=3&cursor={}", first["nextCursor"].as_str().unwrap());
    assert_eq!(world.names(&seller, &next).await, ["2", "1", "0"]);
}

#[rstest]
#[case("", "?category=Home")]
#[case("", "?sort=price")]
#[case("?category=Home", "?category=Garden")]
#[case("?sort=price", "?sort=-price")]
#[case("?q=lamp", "?q=light")]
#[case("?q=lamp", "?q=lamp&sort=newest")]
#[case("?minPrice=1", "?minPrice=2")]
#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only(#[case] own: &str, #[case] other: &str) {
    let world = World::new();
    let seller = world.user();
    for _ in 0..3 {
        world.list(&seller, &lamp()).await;
    }
    let and = |query: &str, more: &str| {
        let sign = if query.is_empty() { "?" } else { "&" };
        format!("{query}{sign}{more}")
    };
    let first = world.page(&seller, &and(own, "limit=1")).await.body;
    let cursor = format!("cursor={}", first["nextCursor"].as_str().unwrap());
    assert_eq!(world.page(&seller, &and(own, &cursor)).await.status, 200);
    world
        .page(&seller, &and(other, &cursor))
        .await
        .assert_faults(&[("?cursor", "invalid_cursor")]);
    let mangled = cursor.replacen(|c: char| c.is_ascii_digit(), "_", 1);
    if mangled != cursor {
        world
            .page(&seller, &and(own, &mangled))
            .await
            .assert_faults(&[("?cursor", "invalid_cursor")]);
    }
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let world = World::new();
    let (seller, other) = (world.user(), world.user());
    world
        .list(
            &seller,
            &with(lamp(), json!({"name": "A", "price": 100, "stock": 0})),
        )
        .await;
    world
        .list(
            &seller,
            &with(
                lamp(),
                json!({"name": "B", "price": 200, "category": "Garden"}),
            ),
        )
        .await;
    world
        .list(&other, &with(lamp(), json!({"name": "C", "price": 300})))
        .await;
    for (query, names) in [
        (String::new(), vec!["C", "B", "A"]),
        ("?category=hOmE".to_owned(), vec!["C", "A"]),
        ("?category=Hom".to_owned(), vec![]),
        (
            "?category=%20%EF%BC%A8%EF%BC%AFme%20".to_owned(),
            vec!["C", "A"],
        ),
        (format!("?seller={}", seller.id), vec!["B", "A"]),
        (format!("?seller={}&category=garden", seller.id), vec!["B"]),
        ("?minPrice=200".to_owned(), vec!["C", "B"]),
        ("?maxPrice=200".to_owned(), vec!["B", "A"]),
        ("?minPrice=200&maxPrice=200".to_owned(), vec!["B"]),
        ("?minPrice=0&maxPrice=99".to_owned(), vec![]),
        ("?minPrice=0&maxPrice=0".to_owned(), vec![]),
        (
            "?minPrice=0&maxPrice=9007199254740991".to_owned(),
            vec!["C", "B", "A"],
        ),
        ("?minPrice=9007199254740991".to_owned(), vec![]),
        ("?inStock=true".to_owned(), vec!["C", "B"]),
        ("?inStock=false".to_owned(), vec!["C", "B", "A"]),
        ("?sort=price".to_owned(), vec!["A", "B", "C"]),
        ("?sort=-price&maxPrice=200".to_owned(), vec!["B", "A"]),
        ("?q=".to_owned(), vec!["C", "B", "A"]),
        ("?q=%20".to_owned(), vec!["C", "B", "A"]),
        ("?q=warm&maxPrice=250&sort=price".to_owned(), vec!["A", "B"]),
    ] {
        assert_eq!(world.names(&seller, &query).await, names, "{query}");
    }
}

#[tokio::test]
async fn signs_in_a_search_are_no_syntax() {
    let world = World::new();
    let seller = world.user();
    world.list(&seller, &lamp()).await;
    for q in [
        "%22lamp",
        "lamp*",
        "(lamp",
        "lamp)",
        "name:lamp",
        "%5Elamp",
        "-lamp",
        "lamp%22%20OR%20%22x",
        "NEAR(lamp",
        "%27;--",
        "%22",
        "*",
        "%F0%9F%92%A1",
    ] {
        let answer = world.page(&seller, &format!("?q={q}")).await;
        assert_eq!(answer.status, 200, "{q}: {answer:?}");
    }
    assert_eq!(world.names(&seller, "?q=-lamp").await, ["Desk lamp"]);
    for none in ["***", "%CC%81", "%D9%8E%D6%B0", "%E2%80%8B", "%27%27"] {
        let found = world.names(&seller, &format!("?q={none}")).await;
        assert_eq!(found, Vec::<String>::new(), "{none}");
    }
    assert_eq!(
        world.names(&seller, "?q=***&sort=price").await,
        Vec::<String>::new()
    );
    assert_eq!(world.names(&seller, "?q=DESK+la").await, ["Desk lamp"]);
    assert_eq!(
        world.names(&seller, "?q=lamp+OR+sofa").await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_search_of_one_letter_finds_only_that_word_and_one_of_200_characters_is_answered() {
    let world = World::new();
    let seller = world.user();
    for name in ["Vitamin C", "Cup", "\u{676f}\u{5b50}"] {
        world
            .list(&seller, &with(lamp(), json!({"name": name})))
            .await;
    }
    assert_eq!(world.names(&seller, "?q=c").await, ["Vitamin C"]);
    assert_eq!(world.names(&seller, "?q=cu").await, ["Cup"]);
    for half in ["%E6%9D%AF", "%E5%AD%90"] {
        let found = world.names(&seller, &format!("?q={half}")).await;
        assert_eq!(found, ["\u{676f}\u{5b50}"]);
    }
    for long in ["x".repeat(200), "%E6%9D%AF".repeat(200), "c+".repeat(100)] {
        let answer = world.page(&seller, &format!("?q={long}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn the_newest_are_the_last_listed_whatever_the_clock_does() {
    let world = World::new();
    let seller = world.user();
    let start = world.clock.now();
    let hour = Duration::from_hours(1);
    let steps = [
        start,
        start.minus(hour),
        start.plus(24 * hour),
        start.minus(2 * hour),
        start.plus(hour),
    ];
    let mut listed = Vec::new();
    for now in steps {
        world.clock.set(now);
        let product = world.list(&seller, &lamp()).await;
        listed.insert(0, product["id"].clone());
    }
    let all = walk(&world, &seller, "?limit=2&sort=newest").await;
    let ids: Vec<Value> = all.iter().map(|product| product["id"].clone()).collect();
    assert_eq!(ids, listed);
}
