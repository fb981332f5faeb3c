//! The catalogue as visitors see it: facets, variants, pictures, and what is not sold any more.

use reqwest::Method;
use serde_json::json;

use crate::browser::{Browser, order};
use crate::world::World;

/// Adds a variant to a product. `fields` are the names and values of the form.
pub(crate) async fn add_variant(seller: &mut Browser, product: &str, fields: &[(&str, &str)]) {
    let path = format!("/sell/products/{product}/variants");
    seller.open(&path).await;
    let key = seller.hidden("key");
    let fields = [&[("key", key.as_str())], fields].concat();
    seller.send(&path, &fields).await;
}

/// A shirt in two sizes. Returns the product and its second variant.
pub(crate) async fn shirt(seller: &mut Browser) -> (String, String) {
    let shirt = seller.list("Shirt", "20", "3", "none").await;
    let path = format!("/sell/products/{shirt}/variants");
    seller.open(&path).await;
    let version = seller.hidden("version");
    let fields = [
        ("version", version.as_str()),
        ("name.new", "Size"),
        ("value.new", "M"),
        ("price", "20"),
    ];
    seller.send(&format!("{path}/{shirt}"), &fields).await;
    seller.assert_shows("It is saved.");
    let large = [
        ("name.0", "Size"),
        ("value.0", "L"),
        ("price", "22.50"),
        ("stock", "4"),
    ];
    add_variant(seller, &shirt, &large).await;
    seller.assert_shows("It is saved.");
    let remove = seller.page.split("/remove\"").next().unwrap();
    let large = remove.rsplit('/').next().unwrap().to_owned();
    (shirt, large)
}

#[tokio::test]
async fn a_visitor_narrows_the_catalogue_by_facets_and_takes_choices_back() {
    let world = World::start();
    world.operator().await;
    let category = async |name: &str, parent: Option<&str>| {
        let body = json!({"names": {"en": name, "de": format!("{name} (de)")}, "parentId": parent});
        let made = world.as_operator(Method::POST, "/api/categories", &body);
        made.await["id"].as_str().unwrap().to_owned()
    };
    let living = category("Living", None).await;
    let lamps = category("Lamps", Some(&living)).await;
    let toys = category("Toys", None).await;
    let mut seller = world.person("Grace").await;
    for (name, price, category) in [("Lamp", "24", &lamps), ("Bear", "5", &toys)] {
        seller.open("/sell/products/new").await;
        let key = seller.hidden("key");
        let fields = [
            ("key", key.as_str()),
            ("name", name),
            ("price", price),
            ("stock", "3"),
            ("categoryId", category),
            ("delivery", "none"),
        ];
        seller.send("/sell/products/new", &fields).await;
        seller.assert_shows("Your product is in the shop.");
    }
    let mut visitor = world.browser();
    visitor.open_until("/browse", "Bear").await;
    visitor
        .open_until("/browse", "Living <span class=\"muted\">(1)</span>")
        .await;
    visitor.assert_shows("Toys <span class=\"muted\">(1)</span>");
    visitor.open("/").await;
    assert_eq!(visitor.link("/browse?category="), "/browse?category=living");
    // What is below shows once its parent is chosen, and a choice does not narrow its own counts.
    visitor
        .open_until("/browse?category=living", "Lamps <span")
        .await;
    visitor.assert_shows("<h1>Living</h1>");
    visitor.assert_shows(">Lamp</span>");
    visitor.assert_shows("Toys <span class=\"muted\">(1)</span>");
    assert!(!visitor.page.contains(">Bear</span>"));
    visitor
        .open("/browse?category=living&category=toys&sort=best_selling&max=30")
        .await;
    visitor.assert_shows(">Lamp</span>");
    visitor.assert_shows(">Bear</span>");
    visitor.assert_shows("Category: Toys");
    let without = visitor.link("/browse?category=living&amp;sort");
    assert_eq!(
        without,
        "/browse?category=living&amp;sort=best_selling&amp;max=30"
    );
    visitor.open(&without.replace("&amp;", "&")).await;
    assert!(!visitor.page.contains(">Bear</span>"));
    // A category by its old name in an address, or one that is not there.
    visitor.open("/browse?category=Toys").await;
    visitor.assert_shows("<h1>Toys</h1>");
    visitor.open("/browse?category=none").await;
    visitor.assert_shows("No product matches.");
    // A range of prices is a link, and one of numbers two fields.
    visitor.open("/browse?category=toys").await;
    let cheap = visitor.link("/browse?category=toys&amp;min=");
    visitor.open(&cheap.replace("&amp;", "&")).await;
    visitor.assert_shows(">Bear</span>");
    visitor.open("/browse?from.power=5&to.power=").await;
    assert_eq!(visitor.status, 200);
    visitor.assert_shows("Power: 5–");
    visitor.assert_shows("name=\"from.power\" type=\"text\" value=\"5\"");
    visitor.open("/browse?category=living&cursor=x").await;
    assert_eq!(visitor.status, 422);
    visitor
        .send(
            "/language",
            &[("language", "de"), ("next", "/browse?category=toys")],
        )
        .await;
    visitor.assert_shows("<h1>Toys (de)</h1>");
}

#[tokio::test]
async fn a_buyer_chooses_a_variant_and_the_order_names_it() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let (shirt, large) = shirt(&mut seller).await;
    let mut buyer = world.person("Ada").await;
    buyer.top_up("100").await;
    let page = format!("/products/{shirt}");
    buyer.open(&page).await;
    buyer.assert_shows("<p class=\"price large\">$20.00</p>");
    let other = format!("{page}?variant={large}");
    assert_eq!(buyer.link(&other), other);
    buyer.open(&other).await;
    buyer.assert_shows("<p class=\"price large\">$22.50</p>");
    buyer.assert_shows("Only 4 left.");
    let fields = [
        ("product", shirt.as_str()),
        ("variant", &large),
        ("quantity", "2"),
    ];
    buyer.send("/cart/add", &fields).await;
    buyer.assert_shows("$45.00");
    buyer.assert_shows("L, $22.50");
    order(&mut buyer, &[]).await;
    buyer.assert_shows("Your order is placed.");
    buyer.assert_shows(&other);
    // The browser of facets knows the option.
    buyer.open_until("/browse", "attr.size").await;
    buyer.open("/browse?attr.size=L").await;
    buyer.assert_shows("Size: L");
    // The variant is removed: its link leads to the product.
    seller
        .open(&format!("/sell/products/{shirt}/variants"))
        .await;
    let remove = seller.action(&format!("/sell/products/{shirt}/variants/{large}/remove"));
    seller.send(&remove, &[]).await;
    seller.assert_shows("It is saved.");
    buyer.open(&other).await;
    assert_eq!((buyer.status, buyer.path.as_str()), (200, page.as_str()));
}

#[tokio::test]
async fn a_product_that_was_bought_is_shown_to_its_buyer_when_it_is_gone() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "5", "none").await;
    let mut buyer = world.person("Ada").await;
    buyer.top_up("100").await;
    buyer.add(&lamp, "1").await;
    order(&mut buyer, &[]).await;
    seller.open(&format!("/sell/products/{lamp}")).await;
    seller
        .send(&format!("/sell/products/{lamp}/remove"), &[])
        .await;
    seller.assert_shows("It is removed.");
    let path = format!("/products/{lamp}");
    buyer.open(&path).await;
    assert_eq!(buyer.status, 200);
    buyer.assert_shows("This product is no longer sold.");
    assert!(!buyer.page.contains("/cart/add"));
    let mut visitor = world.browser();
    visitor.open(&path).await;
    assert_eq!(visitor.status, 404);
    // Its seller sees why it is gone.
    seller.open(&format!("/sell/products/{lamp}")).await;
    seller.assert_shows("This product is no longer sold.");
}
