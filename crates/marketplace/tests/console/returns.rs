//! What goes back: returns, disputes, and a part of an order that is cancelled.

use crate::browser::{ADDRESS, Browser, order};
use crate::world::World;

/// Ada has bought three lamps of Grace, who has shipped them, and they have arrived. Returns the path of the order.
async fn delivered(seller: &mut Browser, buyer: &mut Browser) -> String {
    let lamp = seller.list("Lamp", "10", "9", "shipped").await;
    buyer.top_up("100").await;
    buyer.add(&lamp, "3").await;
    let path = order(buyer, &ADDRESS).await;
    let sale = format!("/sell{path}");
    seller.open_until(&sale, "name=\"items.").await;
    let (key, items) = (seller.hidden("key"), seller.field("items."));
    let package = [
        ("key", key.as_str()),
        (items.as_str(), "3"),
        ("carrier", "Post"),
        ("trackingNumber", "T1"),
    ];
    seller.send(&format!("{sale}/ship"), &package).await;
    seller.assert_shows("The package is on its way.");
    buyer.open(&path).await;
    let arrived = buyer.action(&format!("{path}/parts/"));
    buyer.send(&arrived, &[]).await;
    buyer.assert_shows("It is marked as delivered.");
    path
}

/// Says something about the return or the dispute with this path, on its page. An empty comment is refused beside its field.
async fn says(person: &mut Browser, case: &str, text: &str, shown: &str) {
    let (comments, key) = (format!("{case}/comments"), person.hidden("key"));
    person.send(&comments, &[("text", "")]).await;
    assert_eq!(person.status, 422);
    person.assert_shows("id=\"e-say-");
    let fields = [("key", key.as_str()), ("text", text)];
    // Pressed twice, said once.
    for _ in 0..2 {
        person.send(&comments, &fields).await;
        person.assert_shows("Your comment is there for all sides to see.");
    }
    let said = format!("<q>{shown}</q></li>");
    assert_eq!(person.page.matches(&said).count(), 1, "{}", person.page);
}

/// Seller, buyer and operator comment on the return in the order at `path`, which the seller handles at `desk`, and see each other's.
async fn all_sides_comment(
    world: &World,
    seller: &mut Browser,
    buyer: &mut Browser,
    (path, desk): (&str, &str),
) {
    says(seller, desk, "Which <one>?", "Which &lt;one&gt;?").await;
    buyer.open(path).await;
    buyer.assert_shows("Which &lt;one&gt;?");
    let case = buyer.action(&format!("{path}/returns/"));
    let case = case.trim_end_matches("/comments");
    says(buyer, case, "The upper", "The upper").await;
    let mut operator = world.operator().await;
    operator.open("/operate/returns?status=requested").await;
    operator.assert_shows("2 × Lamp");
    assert_eq!(
        operator.link("/operate/orders/0"),
        format!("/operate{path}")
    );
    let case = format!("/operate{case}");
    operator.open(&format!("/operate{path}")).await;
    says(&mut operator, &case, "Please answer", "Please answer").await;
    seller.open(desk).await;
    for text in [
        "The upper",
        "Please answer",
        "Ada",
        "<strong>operator</strong>",
    ] {
        seller.assert_shows(text);
    }
}

#[tokio::test]
async fn a_buyer_returns_something_and_the_seller_receives_it_in_parts() {
    let world = World::start();
    let (mut seller, mut buyer) = (world.person("Grace").await, world.person("Ada").await);
    let path = delivered(&mut seller, &mut buyer).await;
    let form = buyer.link(&format!("{path}/parts/"));
    assert!(form.ends_with("/return"), "{form}");
    buyer.open(&form).await;
    let (key, items) = (buyer.hidden("key"), buyer.field("items."));
    // Nothing chosen, too many, no reason: what was typed is kept.
    let fields = |quantity, reason| {
        [
            ("key", key.as_str()),
            (items.as_str(), quantity),
            ("reason", reason),
            ("comment", "A crack <in> it"),
        ]
    };
    for (quantity, reason, status, fault) in [
        ("0", "damaged", 422, "Please say how many of something."),
        ("x", "damaged", 422, "This is no whole number."),
        ("2", "", 422, "This is needed."),
        ("9", "damaged", 409, "This cannot be done now."),
    ] {
        buyer.send(&form, &fields(quantity, reason)).await;
        assert_eq!(buyer.status, status, "{fault}");
        buyer.assert_shows(fault);
        buyer.assert_shows("A crack &lt;in&gt; it");
    }
    let key = buyer.hidden("key");
    let fields = [
        ("key", key.as_str()),
        (items.as_str(), "2"),
        ("reason", "damaged"),
        ("comment", "A crack"),
    ];
    buyer.send(&form, &fields).await;
    buyer.assert_shows("Your return is requested.");
    buyer.assert_shows("A crack");
    // Pressed twice, requested once.
    buyer.send(&form, &fields).await;
    assert_eq!(buyer.page.matches("to be answered").count(), 1);
    buyer.open("/returns").await;
    assert_eq!(buyer.link("/orders/0"), path);
    buyer.assert_shows("2 × Lamp");

    seller.open("/sell").await;
    seller.assert_shows("Returns to answer");
    seller.assert_shows("2 × Lamp");
    let desk = seller.link(&format!("/sell{path}/returns/"));
    seller.open(&desk).await;
    all_sides_comment(&world, &mut seller, &mut buyer, (&path, &desk)).await;
    seller
        .send(&format!("{desk}/deny"), &[("comment", "")])
        .await;
    assert_eq!(seller.status, 422);
    seller
        .send(&format!("{desk}/approve"), &[("comment", "Send it")])
        .await;
    seller.assert_shows("The return is approved.");
    let (restock, write_off) = (seller.field("restock."), seller.field("writeOff."));
    seller
        .send(&format!("{desk}/receive"), &[(&restock, "0")])
        .await;
    seller.assert_shows("Please say how many of something.");
    seller
        .send(&format!("{desk}/receive"), &[(&restock, "7")])
        .await;
    assert_eq!(seller.status, 409);
    let key = seller.hidden("key");
    let one = [("key", key.as_str()), (&restock, ""), (&write_off, "1")];
    seller.send(&format!("{desk}/receive"), &one).await;
    seller.assert_shows("It is received.");
    seller.assert_shows("1 received");
    buyer.open_until("/wallet", "$80.00").await;
    // The buyer keeps the other one.
    buyer.open(&path).await;
    buyer.assert_shows("Send it");
    let withdraw = buyer.action(&format!("{path}/returns/"));
    let withdraw = withdraw.replace("/comments", "/withdraw");
    buyer.send(&withdraw, &[]).await;
    buyer.assert_shows("It is withdrawn.");
    // Withdrawn already.
    buyer.send(&withdraw, &[]).await;
    assert_eq!(buyer.status, 409);
    buyer.assert_shows("This cannot be done now.");
    seller.open("/sell/returns?status=received").await;
    seller.assert_shows(&desk);
}

#[tokio::test]
async fn a_buyer_opens_a_dispute_and_takes_it_back() {
    let world = World::start();
    let (mut seller, mut buyer) = (world.person("Grace").await, world.person("Ada").await);
    let path = delivered(&mut seller, &mut buyer).await;
    let form = buyer.link(&format!("{path}/parts/"));
    let form = form.replace("/return", "/dispute");
    buyer.open(&form).await;
    buyer
        .send(&form, &[("reason", "damaged"), ("comment", "")])
        .await;
    assert_eq!(buyer.status, 422);
    buyer.assert_shows("id=\"e-comment\"");
    let key = buyer.hidden("key");
    let fields = [
        ("key", key.as_str()),
        ("reason", "damaged"),
        ("comment", "All in pieces"),
    ];
    buyer.send(&form, &fields).await;
    buyer.assert_shows("Your dispute is open.");
    buyer.assert_shows("All in pieces");
    assert!(!buyer.page.contains("Return something"));
    buyer.open("/disputes").await;
    assert_eq!(buyer.link("/orders/0"), path);
    seller.open("/sell/disputes?status=open").await;
    let sale = format!("/sell{path}");
    assert_eq!(seller.link("/sell/orders/"), sale);
    seller.open(&sale).await;
    seller.assert_shows("All in pieces");
    let case = seller.action(&format!("{sale}/disputes/"));
    let case = case.trim_end_matches("/comments");
    says(
        &mut seller,
        case,
        "All was well packed",
        "All was well packed",
    )
    .await;
    buyer.open(&path).await;
    buyer.assert_shows("All was well packed");
    let case = case.trim_start_matches("/sell");
    says(&mut buyer, case, "Not well enough", "Not well enough").await;
    let comments = format!("{case}/comments");
    let withdraw = format!("{case}/withdraw");
    buyer.send(&withdraw, &[]).await;
    buyer.assert_shows("It is withdrawn.");
    buyer.send(&comments, &[("text", "One more thing")]).await;
    assert_eq!(buyer.status, 409);
    buyer.assert_shows("This cannot be done now.");
    // Somebody else has no part in any of it.
    let mut other = world.person("Eve").await;
    other.send(&comments, &[("text", "Hello")]).await;
    assert_eq!(other.status, 404);
    for path in [&form, &sale] {
        other.open(path).await;
        assert_eq!(other.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_buyer_cancels_a_part_of_what_is_not_shipped() {
    let world = World::start();
    let (mut seller, mut buyer) = (world.person("Grace").await, world.person("Ada").await);
    let lamp = seller.list("Lamp", "10", "9", "shipped").await;
    buyer.top_up("100").await;
    buyer.add(&lamp, "3").await;
    let path = order(&mut buyer, &ADDRESS).await;
    buyer.open_until(&path, "Cancel what is not shipped").await;
    let items = buyer.field("items.");
    let cancel = format!("{path}/cancel");
    for (quantity, status, fault) in [
        ("x", 422, "This is no whole number."),
        ("5", 409, "This cannot be done now."),
    ] {
        buyer
            .send(&cancel, &[(&items, quantity), ("reason", "Too many")])
            .await;
        assert_eq!(buyer.status, status);
        buyer.assert_shows(fault);
        buyer.assert_shows("value=\"Too many\"");
    }
    let key = buyer.hidden("key");
    let fields = [("key", key.as_str()), (&items, "1"), ("reason", "Too many")];
    buyer.send(&cancel, &fields).await;
    buyer.assert_shows("1 cancelled");
    buyer.send(&cancel, &[("reason", "None at all")]).await;
    buyer.assert_shows("3 cancelled");
}

#[tokio::test]
async fn what_needs_no_package_is_neither_shipped_nor_cancelled() {
    let world = World::start();
    let (mut seller, mut buyer) = (world.person("Grace").await, world.person("Ada").await);
    let lamp = seller.list("Lamp", "10", "9", "shipped").await;
    let plan = seller.list("Plan to build one", "5", "9", "none").await;
    buyer.top_up("100").await;
    buyer.add(&lamp, "1").await;
    buyer.add(&plan, "1").await;
    let path = order(&mut buyer, &ADDRESS).await;
    let sale = format!("/sell{path}");
    seller.open_until(&sale, "name=\"items.").await;
    assert_eq!(seller.page.matches("name=\"items.").count(), 1);
    buyer.open(&path).await;
    assert_eq!(buyer.page.matches("name=\"items.").count(), 1);
    let (key, items) = (seller.hidden("key"), seller.field("items."));
    let package = [
        ("key", key.as_str()),
        (items.as_str(), "1"),
        ("carrier", "Post"),
        ("trackingNumber", "T1"),
    ];
    seller.send(&format!("{sale}/ship"), &package).await;
    seller.assert_shows("The package is on its way.");
    seller.open("/sell").await;
    seller.assert_shows("Nothing is waiting to be shipped.");
}
