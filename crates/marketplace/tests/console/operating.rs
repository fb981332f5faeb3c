//! Journeys of operators.

use std::time::Duration;

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::browser::{ADDRESS, Browser};
use crate::world::World;

/// Orders a lamp that is shipped and arrives. Returns the order's path.
async fn delivered(world: &World, seller: &mut Browser, buyer: &mut Browser) -> String {
    let lamp = seller.list("Lamp", "10", "10", "shipped").await;
    buyer.top_up("100").await;
    buyer.add(&lamp, "1").await;
    buyer.open("/checkout").await;
    let (key, line) = (buyer.hidden("key"), buyer.hidden("line"));
    let fields = [("key", key.as_str()), ("line", line.as_str())];
    buyer
        .send("/checkout", &[&fields, &ADDRESS[..]].concat())
        .await;
    let order = buyer.path.split('?').next().unwrap().to_owned();
    let sale = format!("/sell{order}");
    within(seller, "/sell", &sale).await;
    seller.open(&sale).await;
    let key = seller.hidden("key");
    let items = seller.page.split("name=\"items.").nth(1).unwrap();
    let items = format!("items.{}", items.split('"').next().unwrap());
    let package = [
        ("key", key.as_str()),
        (items.as_str(), "1"),
        ("carrier", "Royal Mail"),
        ("trackingNumber", "RM1"),
    ];
    seller.send(&format!("{sale}/ship"), &package).await;
    seller.assert_shows("The package is on its way.");
    world.clock.advance(Duration::from_secs(1));
    order
}

/// Opens `path` until it shows `text`.
async fn within(browser: &mut Browser, path: &str, text: &str) {
    for _ in 0..100 {
        browser.open(path).await;
        if browser.page.contains(text) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    browser.assert_shows(text);
}

#[tokio::test]
async fn an_operator_finds_people_by_email_and_role() {
    let world = World::start();
    let mut operator = world.operator().await;
    let mut ada = world.person("Ada").await;
    operator.open("/operate/users?email=AD").await;
    operator.assert_shows("ada@example.com");
    assert!(!operator.page.contains("olga@example.com"));
    let page = operator.link("/operate/users/0");
    operator.open(&page).await;
    operator.assert_shows("ada@example.com");
    operator.assert_shows("none beyond those of every user");
    operator.open("/operate/users?role=admin").await;
    operator.assert_shows("olga@example.com");
    assert!(!operator.page.contains("ada@example.com"));
    operator.open("/operate/users?role=emperor").await;
    assert_eq!(operator.status, 422);
    operator.assert_shows("This is none of the choices.");
    operator
        .open("/operate/users/0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d")
        .await;
    assert_eq!(operator.status, 404);
    for path in [
        page.as_str(),
        "/operate",
        "/operate/users",
        "/operate/listings",
        "/operate/listings/taken-down",
        "/operate/returns",
        "/operate/disputes",
        "/operate/categories",
        "/operate/categories/new",
        "/operate/messages",
        "/operate/review",
    ] {
        ada.open(path).await;
        assert_eq!(ada.status, 403, "{path}");
    }
}

#[tokio::test]
async fn an_operator_takes_a_listing_down_with_a_reason_and_puts_it_back() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "10", "none").await;
    let mut operator = world.operator().await;
    operator.open("/operate/listings?q=lamp").await;
    let listing = operator.link("/operate/listings/0");
    assert_eq!(listing, format!("/operate/listings/{lamp}"));
    operator.open(&listing).await;
    let take_down = format!("{listing}/takedown");
    operator.send(&take_down, &[("reason", "")]).await;
    assert_eq!(operator.status, 422);
    operator.assert_shows("This is too short.");
    operator
        .send(&take_down, &[("reason", "Counterfeit")])
        .await;
    operator.assert_shows("It is taken down.");
    operator.assert_shows("Counterfeit");
    let mut visitor = world.browser();
    visitor.open(&format!("/products/{lamp}")).await;
    assert_eq!(visitor.status, 404);
    let removed = "/operate/listings/taken-down";
    operator.open(removed).await;
    operator.assert_shows("Counterfeit");
    let put_back = operator.action("/operate/listings/");
    assert_eq!(put_back, format!("{listing}/reinstate"));
    operator.send(&put_back, &[]).await;
    operator.assert_shows("It is put back.");
    operator.open(removed).await;
    operator.assert_shows("Nothing is taken down.");
    let product = format!("/sell/products/{lamp}");
    seller.open(&product).await;
    seller.send(&format!("{product}/publish"), &[]).await;
    visitor.open(&format!("/products/{lamp}")).await;
    visitor.assert_shows("Lamp");
}

#[tokio::test]
async fn an_operator_decides_a_dispute_once() {
    let world = World::start();
    let (mut seller, mut buyer) = (world.person("Grace").await, world.person("Ada").await);
    let order = delivered(&world, &mut seller, &mut buyer).await;
    let mut operator = world.operator().await;
    let token = world.token("ada@example.com").await;
    let id = order.trim_start_matches("/orders/");
    let path = format!("/api/orders/{id}");
    let seen = world.api(Method::GET, &path, &token, Value::Null).await;
    let part = seen.pointer("/fulfilments/0/id").unwrap();
    let body = json!({"fulfilmentId": part, "reason": "not_received", "comment": "Nothing came"});
    let path = format!("/api/orders/{id}/disputes");
    world.api(Method::POST, &path, &token, body).await;

    operator.open("/operate").await;
    operator.assert_shows("The oldest dispute waits since");
    operator.open("/operate/disputes?status=open").await;
    let page = operator.link(&format!("/operate{order}/disputes/"));
    operator.open(&page).await;
    operator.assert_shows("Nothing came");
    let key = operator.hidden("key");
    let decide = |amount: &'static str| {
        [
            ("key".to_owned(), key.clone()),
            ("currency".to_owned(), "USD".to_owned()),
            ("outcome".to_owned(), "partial".to_owned()),
            ("amount".to_owned(), amount.to_owned()),
            ("comment".to_owned(), "Half each".to_owned()),
        ]
    };
    for (amount, status, says) in [
        ("half", 422, "This is no amount of money."),
        ("500", 409, "That is more than is left to refund."),
        ("5", 200, "It is decided."),
        ("5", 200, "It is decided."),
    ] {
        let fields = decide(amount);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        operator.send(&page, &fields).await;
        assert_eq!(operator.status, status, "{}", operator.page);
        operator.assert_shows(says);
        if status != 200 {
            // What was typed is still there.
            operator.assert_shows("Half each");
        }
        // The page after the decision has no form any more; the browser still has the token of the one before.
        if says == "It is decided." {
            operator.assert_shows("A part of the money goes back to the buyer");
        }
    }
    within(&mut buyer, "/wallet", "$95.00").await;
}

#[tokio::test]
async fn an_operator_grows_the_tree_of_categories() {
    let world = World::start();
    let mut operator = world.operator().await;
    operator.open("/operate/categories/new").await;
    operator
        .send(
            "/operate/categories/new",
            &[("names.en", ""), ("rows", "0")],
        )
        .await;
    assert_eq!(operator.status, 422);
    operator.assert_shows("There has to be at least one.");
    let lamps = [
        ("names.en", "Lamps"),
        ("names.de", "Lampen"),
        ("rows", "1"),
        ("attribute.0.key", "material"),
        ("attribute.0.type", "one_of"),
        ("attribute.0.names.en", "Material"),
        ("attribute.0.values", "brass\r\nsteel\r\n"),
    ];
    operator.send("/operate/categories/new", &lamps).await;
    operator.assert_shows("It is saved.");
    operator.assert_shows("Lamps");
    operator.assert_shows("Material");
    operator.send("/operate/categories/new", &lamps).await;
    assert_eq!(operator.status, 409);
    operator.assert_shows("A category beside it has this name.");
    operator.assert_shows("value=\"Lampen\"");
    operator.open("/operate/categories").await;
    let below = operator.link("/operate/categories/new?parent=");
    let top = below.split('=').next_back().unwrap().to_owned();
    operator.open(&below).await;
    let desk = [
        ("names.en", "Desk lamps"),
        ("parent", top.as_str()),
        ("rows", "0"),
    ];
    operator.send("/operate/categories/new", &desk).await;
    operator.assert_shows("Desk lamps");

    let page = format!("/operate/categories/{top}");
    operator.open(&page).await;
    operator.assert_shows("brass");
    let version = operator.hidden("version");
    // Under itself it cannot go.
    operator
        .send(
            &format!("{page}/move"),
            &[("version", &version), ("parent", &top)],
        )
        .await;
    assert_eq!(operator.status, 409);
    operator.assert_shows("A category cannot be part of itself.");
    let renamed = [
        ("version", version.as_str()),
        ("names.en", "Lights"),
        ("names.fr", "Lampes"),
        ("slug", "lights"),
        ("rows", "0"),
    ];
    operator.send(&page, &renamed).await;
    operator.assert_shows("It is saved.");
    operator.assert_shows("Lights");
    operator.assert_shows("value=\"Lampes\"");
    // Somebody else was faster.
    operator.send(&page, &renamed).await;
    assert_eq!(operator.status, 412);
    operator.assert_shows("It has changed since you opened it.");
    operator.send(&format!("{page}/retire"), &[]).await;
    operator.assert_shows("it takes no more products");
    operator.send(&format!("{page}/reinstate"), &[]).await;
    operator.assert_shows("It is saved.");
    operator
        .send("/language", &[("language", "de"), ("next", &page)])
        .await;
    operator.assert_shows("Kategorien");
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "dead letters are put beside the running services"
)]
async fn an_operator_sends_failed_messages_again() {
    let world = World::start();
    let mut operator = world.operator().await;
    operator.open("/operate/messages").await;
    operator.assert_shows("No message failed.");
    for n in [1_u8, 2] {
        let file = Connection::open(world.dir.path().join("orders.db")).unwrap();
        file.execute(
            "INSERT INTO dead_letters (id, name, kind, subject, time, traceparent, body, attempts, reason, died_at)
             VALUES (?1, 'marketplace.test.v1.Nothing', 0, ?2, 1700000000000, NULL, x'0A', 6, 'the till was closed', 1700000900000)",
            ([n; 16], [9_u8; 16]),
        )
        .unwrap();
    }
    operator.open("/operate").await;
    operator.assert_shows("Some");
    operator.open("/operate/messages").await;
    operator.assert_shows("the till was closed");
    operator.assert_shows("6 attempts");
    let id = operator.hidden("id");
    operator
        .send("/operate/messages/orders/replay", &[("id", &id)])
        .await;
    operator.assert_shows("It is sent again.");
    operator
        .send("/operate/messages/orders/replay", &[("id", &id)])
        .await;
    assert_eq!(operator.status, 404);
    operator.assert_shows("This message is not among the failed ones any more.");
    operator.open("/operate/messages?service=orders").await;
    operator.send("/operate/messages/orders/replay", &[]).await;
    operator.assert_shows("It is sent again.");
    operator.send("/operate/messages/nobody/replay", &[]).await;
    assert_eq!(operator.status, 404);
}
