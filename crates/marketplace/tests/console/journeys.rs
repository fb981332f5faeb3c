//! Journeys that end well.

use crate::browser::{ADDRESS, Browser, order};
use crate::world::World;

#[tokio::test]
async fn a_visitor_browses_and_searches_without_a_login_and_every_page_is_sealed_off() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Brass lamp", "24.00", "10", "none").await;
    seller.list("Vase", "5", "1", "none").await;

    let mut visitor = world.browser();
    for path in [
        "/",
        "/browse",
        &format!("/products/{lamp}"),
        "/cart",
        "/login",
        "/register",
    ] {
        visitor.open(path).await;
        assert_eq!((visitor.status, visitor.path.as_str()), (200, path));
        let policy = visitor.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(
            visitor.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
    }
    visitor.open("/").await;
    visitor.assert_shows("Brass lamp");
    visitor.assert_shows("$24.00");
    visitor.open("/browse?q=brass&sort=relevance").await;
    visitor.assert_shows("Brass lamp");
    assert!(!visitor.page.contains("Vase"));
    visitor.open("/browse?min=1&max=10,00").await;
    visitor.assert_shows("Vase");
    assert!(!visitor.page.contains("Brass lamp"));
    visitor.open("/browse?min=cheap").await;
    assert_eq!(visitor.status, 422);
    visitor.assert_shows("This is no amount of money.");
    for path in [
        "/orders",
        "/wallet",
        "/account",
        "/sell",
        "/operate",
        "/checkout",
    ] {
        visitor.open(path).await;
        assert!(
            visitor.path.starts_with("/login?next=%2F"),
            "{}",
            visitor.path
        );
    }
    let asset = visitor.link("/assets/console.css");
    visitor.open(&asset).await;
    assert!(
        visitor.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}

/// Refunds an amount and one item at its price, with refused refunds in between.
async fn refunds(seller: &mut Browser, sale: &str) {
    const MORE: &str = "another";
    const LAST: &str = "a-third";
    let (first, items) = (seller.hidden("key"), seller.field("refund."));
    for (key, quantity, amount, status, says) in [
        (&*first, "", "5", 200, "The refund is made."),
        (MORE, "", "500", 409, "That is more than is left to refund."),
        (
            LAST,
            "",
            "",
            422,
            "Please say how many of something, or an amount.",
        ),
        (
            LAST,
            "1",
            "5",
            422,
            "Please give either items or an amount.",
        ),
        (LAST, "x", "", 422, "This is no whole number."),
        (LAST, "9", "", 409, "That is more than is left to refund."),
        (LAST, "1", "", 200, "The refund is made."),
    ] {
        let fields = [
            ("key", key),
            (items.as_str(), quantity),
            ("restock", "true"),
            ("amount", amount),
            ("reason", "It came back"),
        ];
        seller.send(&format!("{sale}/refund"), &fields).await;
        assert_eq!(seller.status, status, "{}", seller.page);
        seller.assert_shows(says);
        if status != 200 {
            seller.assert_shows("value=\"It came back\"");
        }
    }
}

#[tokio::test]
async fn a_buyer_orders_and_the_seller_ships_and_refunds() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Brass lamp", "24.00", "10", "shipped").await;
    let mut buyer = world.person("Ada").await;
    buyer.add(&lamp, "3").await;
    buyer.assert_shows("$72.00");

    // The wallet is empty: the checkout says so, and offers to top it up.
    buyer.open("/checkout").await;
    buyer.assert_shows("You need $72.00 more.");
    order(&mut buyer, &ADDRESS).await;
    assert_eq!(buyer.status, 402);
    buyer.assert_shows("Your wallet holds too little.");
    buyer.top_up("100").await;
    let saved = [&ADDRESS[..], &[("save", "1"), ("note", "Ring twice")]].concat();
    order(&mut buyer, &saved).await;
    assert_eq!(buyer.status, 200, "{}", buyer.page);
    buyer.assert_shows("Your order is placed.");
    buyer.assert_shows("Ring twice");
    let order = buyer.path.split('?').next().unwrap().to_owned();
    buyer.open("/cart").await;
    buyer.assert_shows("Your cart is empty.");
    buyer.open("/account").await;
    buyer.assert_shows("12 St James&#x27;s Square");
    buyer.open("/orders").await;
    assert_eq!(buyer.link("/orders/0"), order);

    // The seller ships two of three.
    let sale = format!("/sell{order}");
    for _ in 0..100 {
        seller.open("/sell").await;
        if seller.page.contains(&sale) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    seller.open(&sale).await;
    seller.assert_shows("Ring twice");
    let key = seller.hidden("key");
    let items = seller.page.split("name=\"items.").nth(1).unwrap();
    let items = format!("items.{}", items.split('"').next().unwrap());
    let package = [
        ("key", key.as_str()),
        (items.as_str(), "2"),
        ("carrier", "Royal Mail"),
        ("trackingNumber", "RM1"),
    ];
    seller.send(&format!("{sale}/ship"), &package).await;
    seller.assert_shows("The package is on its way.");
    seller.assert_shows("2 shipped");
    // Sent twice, shipped once.
    seller.send(&format!("{sale}/ship"), &package).await;
    seller.assert_shows("2 shipped");
    seller.open(&format!("{sale}/slip")).await;
    seller.assert_shows("Packing slip");

    // The buyer has it, and cancels the rest.
    buyer.open(&order).await;
    let arrived = buyer.action(&format!("{order}/parts/"));
    buyer.send(&arrived, &[]).await;
    buyer.assert_shows("It is marked as delivered.");
    buyer
        .send(&format!("{order}/cancel"), &[("reason", "Two are enough")])
        .await;
    buyer.assert_shows("1 cancelled");
    buyer.assert_shows("Two are enough");

    seller.open(&sale).await;
    refunds(&mut seller, &sale).await;
    seller.open("/sell/money").await;
    seller.assert_shows("Sold: $72.00");
    buyer.open("/wallet").await;
    buyer.assert_shows("$57.00");
}

#[tokio::test]
async fn pressing_twice_orders_once() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "10", "none").await;
    let mut buyer = world.person("Ada").await;
    buyer.top_up("100").await;
    buyer.add(&lamp, "1").await;
    buyer.open("/checkout").await;
    let (csrf, key, line) = (
        buyer.hidden("csrf"),
        buyer.hidden("key"),
        buyer.hidden("line"),
    );
    let fields = [("csrf", csrf.as_str()), ("key", &key), ("line", &line)];
    buyer.send_as_is("/checkout", &fields).await;
    let first = buyer.path.clone();
    buyer.send_as_is("/checkout", &fields).await;
    assert_eq!(buyer.path, first);
    buyer.open("/wallet").await;
    buyer.assert_shows("$90.00");
}

#[tokio::test]
async fn an_operator_audits_the_ledger_and_finds_an_order() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "10", "none").await;
    let mut buyer = world.person("Ada").await;
    buyer.top_up("100").await;
    buyer.add(&lamp, "1").await;
    order(&mut buyer, &[]).await;
    let order = buyer.path.split('?').next().unwrap().to_owned();

    let mut operator = world.operator().await;
    operator.open("/operate").await;
    operator.assert_shows("Orders paid");
    operator.open("/operate/review").await;
    operator.assert_shows("All orders are settled.");
    operator.open("/operate/audit").await;
    operator.send("/operate/audit", &[]).await;
    operator.assert_shows("Every invariant holds.");
    operator.open("/operate/orders?status=paid").await;
    assert_eq!(
        operator.link("/operate/orders/0"),
        format!("/operate{order}")
    );
    operator.open(&order).await;
    assert_eq!(operator.path, format!("/operate{order}"));
    operator
        .send(&format!("/operate{order}/compensate"), &[])
        .await;
    operator.assert_shows("The order is being undone.");

    buyer.open("/operate").await;
    assert_eq!(buyer.status, 403);
}

#[tokio::test]
async fn an_account_is_changed_and_speaks_german_if_asked() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    ada.open("/account").await;
    ada.send("/account/profile", &[("name", "Ada King")]).await;
    ada.assert_shows("Ada King");
    let passwords = [
        ("currentPassword", "wrong wrong"),
        ("newPassword", "staple this instead"),
    ];
    ada.send("/account/password", &passwords).await;
    ada.assert_shows("The current password is wrong.");
    ada.open("/account/addresses/new").await;
    ada.send(
        "/account/addresses/new",
        &[("name", "Ada"), ("country", "UK")],
    )
    .await;
    assert_eq!(ada.status, 422);
    ada.assert_shows("This is needed.");
    ada.assert_shows("This is no country code of two letters.");
    ada.send("/account/addresses/new", &ADDRESS[1..]).await;
    ada.assert_shows("12 St James&#x27;s Square");
    let address = ada.link("/account/addresses/0");
    ada.open(&address).await;
    ada.send(&format!("{address}/remove"), &[]).await;
    ada.assert_shows("It is removed.");

    ada.send("/language", &[("language", "de"), ("next", "/cart")])
        .await;
    assert_eq!(ada.path, "/cart");
    ada.assert_shows("Ihr Warenkorb ist leer.");
    ada.assert_shows("<html lang=\"de\">");
}

#[tokio::test]
async fn a_seller_presents_themselves_and_an_operator_suspends_and_reinstates_them() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "10", "none").await;
    seller.open("/sell/profile").await;
    let profile = [
        ("displayName", "Grace's lamps"),
        ("description", "All by hand."),
        ("accepted", "1"),
        ("windowDays", "x"),
    ];
    seller.send("/sell/profile", &profile).await;
    assert_eq!(seller.status, 422);
    seller.assert_shows("This is no whole number.");
    let profile = [
        ("displayName", "Grace's lamps"),
        ("description", "All by hand."),
        ("accepted", "1"),
        ("windowDays", "60"),
    ];
    let mut visitor = world.browser();
    let mut page = String::new();
    for _ in 0..100 {
        seller.open("/sell/profile").await;
        seller.send("/sell/profile", &profile).await;
        seller.assert_shows("It is saved.");
        visitor.open(&format!("/products/{lamp}")).await;
        page = visitor.link("/sellers/");
        visitor.open(&page).await;
        if visitor.page.contains("All by hand.") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    visitor.assert_shows("All by hand.");
    visitor.assert_shows("Within 60 days.");

    let mut operator = world.operator().await;
    operator.open("/operate/sellers").await;
    let suspend = operator.action("/operate/sellers/");
    operator.send(&suspend, &[("reason", "Complaints")]).await;
    operator.assert_shows("It is decided.");
    operator.assert_shows("Complaints");
    for _ in 0..100 {
        visitor.open(&page).await;
        if visitor.page.contains("sells nothing at the moment") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    visitor.assert_shows("This seller sells nothing at the moment.");
    let reinstate = operator.action("/operate/sellers/");
    operator.send(&reinstate, &[("reason", "Settled")]).await;
    operator.assert_shows("It is decided.");
}

#[tokio::test]
async fn a_product_is_taken_out_of_the_shop_and_put_back() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "10", "none").await;
    let product = format!("/sell/products/{lamp}");
    seller.open(&product).await;
    seller.send(&format!("{product}/unpublish"), &[]).await;
    seller.assert_shows("It is out of the shop.");
    let mut visitor = world.browser();
    visitor.open(&format!("/products/{lamp}")).await;
    assert_eq!(visitor.status, 404);
    seller.open("/sell/products?status=draft").await;
    seller.assert_shows("Lamp");
    seller.open(&product).await;
    seller.send(&format!("{product}/publish"), &[]).await;
    visitor.open(&format!("/products/{lamp}")).await;
    visitor.assert_shows("Lamp");
}
