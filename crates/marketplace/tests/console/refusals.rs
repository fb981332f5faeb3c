//! What goes wrong: stale prices and stock, forms from elsewhere, logins that end.

use std::time::Duration;

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn a_stale_price_or_stock_is_told_and_nothing_is_ordered() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "5", "none").await;
    let mut buyer = world.person("Ada").await;
    buyer.top_up("100").await;
    buyer.add(&lamp, "2").await;
    buyer.open("/checkout").await;
    let (csrf, key, line) = (
        buyer.hidden("csrf"),
        buyer.hidden("key"),
        buyer.hidden("line"),
    );

    let product = format!("/sell/products/{lamp}");
    seller.open(&product).await;
    let version = seller.hidden("version");
    let edit = |price, stock| {
        [
            ("name", "Lamp"),
            ("price", price),
            ("stock", stock),
            ("category", "Home"),
            ("delivery", "none"),
        ]
    };
    let fields = [&[("version", version.as_str())], &edit("12", "5")[..]].concat();
    seller.send(&product, &fields).await;
    seller.assert_shows("It is saved.");
    // The same form again: somebody has changed the product since.
    seller.open(&product).await;
    seller.send(&product, &fields).await;
    assert_eq!(seller.status, 422);
    seller.assert_shows("It has changed since you opened it.");

    buyer
        .send_as_is(
            "/checkout",
            &[("csrf", &csrf), ("key", &key), ("line", &line)],
        )
        .await;
    assert_eq!(buyer.status, 409);
    buyer.assert_shows("A price has changed since you saw it.");
    buyer.assert_shows("from $10.00 to $12.00");

    seller.open(&product).await;
    let version = seller.hidden("version");
    seller
        .send(
            &product,
            &[&[("version", version.as_str())], &edit("12", "1")[..]].concat(),
        )
        .await;
    let (key, line) = (buyer.hidden("key"), buyer.hidden("line"));
    buyer
        .send("/checkout", &[("key", &key), ("line", &line)])
        .await;
    assert_eq!(buyer.status, 409);
    buyer.assert_shows("There is less in stock than you want.");
    buyer.assert_shows("Only 1 left.");
    buyer.open("/wallet").await;
    buyer.assert_shows("$100.00");
}

#[tokio::test]
async fn a_form_without_the_token_of_a_page_of_ours_does_nothing() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    let (mut other, stolen) = (world.browser(), ada.hidden("csrf"));
    other.open("/").await;
    for fields in [&[("amount", "5")][..], &[("amount", "5"), ("csrf", "AAAA")]] {
        ada.send_as_is("/wallet", fields).await;
        assert_eq!(ada.status, 403);
        ada.assert_shows("This form is too old or comes from elsewhere.");
    }
    other
        .send_as_is("/cart/add", &[("csrf", &stolen), ("product", "x")])
        .await;
    assert_eq!(other.status, 403);
    ada.open("/wallet").await;
    ada.assert_shows("$0.00");
}

#[tokio::test]
async fn a_login_that_has_ended_keeps_what_was_typed() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    ada.open("/account").await;
    let csrf = ada.hidden("csrf");
    ada.cookies.remove("login");
    ada.send_as_is("/account/profile", &[("csrf", &csrf), ("name", "Ada King")])
        .await;
    assert_eq!(ada.status, 401);
    ada.assert_shows("Your login has ended.");
    let typed = ada.hidden("typed");
    let login = [
        ("typed", typed.as_str()),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    ada.send("/login", &login).await;
    ada.assert_shows("You are logged in again");
    assert_eq!(ada.hidden("name"), "Ada King");
    ada.send("/account/profile", &[("name", "Ada King")]).await;
    ada.assert_shows("It is saved.");
}

#[tokio::test]
async fn a_sealed_cookie_that_was_changed_is_nobody() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    ada.cookies.insert("login".to_owned(), "AAAA".to_owned());
    ada.open("/account").await;
    assert!(ada.path.starts_with("/login"), "{}", ada.path);
}

#[tokio::test]
async fn two_tabs_that_renew_the_login_at_once_stay_logged_in() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    let mut tab = world.browser();
    tab.cookies.clone_from(&ada.cookies);
    for _ in 0..2 {
        world.clock.advance(Duration::from_hours(1));
        tokio::join!(ada.open("/wallet"), tab.open("/wallet"));
        for browser in [&ada, &tab] {
            assert_eq!((browser.status, browser.path.as_str()), (200, "/wallet"));
        }
    }
    // A login that has ended on the server is over here, too.
    world.clock.advance(Duration::from_hours(24 * 60));
    ada.open("/wallet").await;
    assert!(ada.path.starts_with("/login"), "{}", ada.path);
}

#[tokio::test]
async fn what_is_not_there_is_a_page_that_says_so() {
    let world = World::start();
    let mut visitor = world.browser();
    for path in [
        "/products/x",
        "/products/0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d",
    ] {
        visitor.open(path).await;
        assert_eq!(visitor.status, 404, "{path}");
        visitor.assert_shows("There is nothing here");
    }
    visitor.open("/nothing").await;
    assert_eq!(visitor.status, 404);
    visitor.open("/cart").await;
    visitor
        .send("/cart/add", &[("product", "x"), ("quantity", "-1")])
        .await;
    assert_eq!(visitor.status, 404);
    let long = "x".repeat(300_000);
    visitor.open("/login").await;
    visitor.send("/login", &[("email", &long)]).await;
    assert_eq!(visitor.status, 413);
    visitor.assert_shows("That is too much to send at once.");
}

#[tokio::test]
async fn wrong_credentials_and_a_taken_email_are_told_beside_what_was_typed() {
    let world = World::start();
    world.person("Ada").await;
    let mut other = world.browser();
    other.open("/login").await;
    let fields = [("email", "ada@example.com"), ("password", "wrong wrong")];
    other.send("/login", &fields).await;
    assert_eq!(other.status, 422);
    other.assert_shows("No account has this email and this password.");
    other.assert_shows("value=\"ada@example.com\"");
    other.open("/register").await;
    let fields = [
        ("name", "Eve"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    other.send("/register", &fields).await;
    other.assert_shows("An account with this email exists.");
    let fields = [("name", ""), ("email", "x"), ("password", "short")];
    other.send("/register", &fields).await;
    for fault in ["This is too short.", "This is no email address."] {
        other.assert_shows(fault);
    }
}
