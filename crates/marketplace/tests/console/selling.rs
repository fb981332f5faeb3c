//! What a seller does with their products: drafts, attributes, variants, pictures, stock.

use reqwest::Method;
use serde_json::json;

use crate::shopping::{add_variant, shirt};
use crate::world::{PASSWORD, World};

fn picture() -> Vec<u8> {
    let pixels = [200, 60, 40].repeat(40 * 30);
    images::png_of(40, 30, &pixels).unwrap()
}

#[tokio::test]
async fn a_draft_says_of_itself_what_its_category_asks_for() {
    let world = World::start();
    world.operator().await;
    let lamps = json!({"names": {"en": "Lamps"}, "attributes": [
        {"key": "power", "names": {"en": "Power"}, "type": "number", "unit": "W"},
        {"key": "dimmable", "names": {"en": "Dimmable"}, "type": "boolean"},
        {"key": "socket", "names": {"en": "Socket"}, "type": "one_of", "values": ["E14", "E27"]},
    ]});
    let lamps = world
        .as_operator(Method::POST, "/api/categories", &lamps)
        .await;
    let lamps = lamps["id"].as_str().unwrap();
    let mut seller = world.person("Grace").await;
    seller.open("/sell/products/new").await;
    assert!(!seller.page.contains("attr.power"));
    let key = seller.hidden("key");
    let typed = [
        ("key", key.as_str()),
        ("name", "Bulb"),
        ("price", "3"),
        ("stock", "3"),
        ("categoryId", lamps),
        ("delivery", "none"),
        ("status", "draft"),
    ];
    let new = "/sell/products/new";
    seller
        .send(new, &[&typed[..], &[("step", "attributes")]].concat())
        .await;
    assert_eq!(seller.status, 200);
    seller.assert_shows("Power (W)");
    seller.assert_shows("value=\"Bulb\"");
    for (power, fault) in [("bright", "This is no number."), ("7.12345", "attr.power")] {
        seller
            .send(new, &[&typed[..], &[("attr.power", power)]].concat())
            .await;
        assert_eq!(seller.status, 422, "{power}");
        seller.assert_shows(fault);
        seller.assert_shows("id=\"e-attr.power\"");
    }
    let attributes = [
        ("attr.power", "7,5"),
        ("attr.dimmable", "true"),
        ("attr.socket", "E27"),
    ];
    seller.send(new, &[&typed[..], &attributes].concat()).await;
    seller.assert_shows("Your draft is kept.");
    seller.assert_shows("value=\"7.5\"");
    let product = seller.path.split('?').next().unwrap().to_owned();
    let shown = product.replace("/sell", "");
    seller.open(&shown).await;
    seller.assert_shows("7.5 W");
    seller.assert_shows("This is a draft.");
    let mut visitor = world.browser();
    visitor.open(&shown).await;
    assert_eq!(visitor.status, 404);
    seller.open(&product).await;
    seller.send(&format!("{product}/publish"), &[]).await;
    seller.assert_shows("It is in the shop.");
    visitor.open(&shown).await;
    visitor.assert_shows("Socket");
    // An operator takes it down, and the seller sees why.
    let id = shown.rsplit('/').next().unwrap();
    let takedown = format!("/api/products/{id}/takedown");
    world
        .as_operator(
            Method::POST,
            &takedown,
            &json!({"reason": "Not allowed here"}),
        )
        .await;
    for page in ["/sell/products?status=removed", &product] {
        seller.open(page).await;
        seller.assert_shows("Not allowed here");
    }
}

#[tokio::test]
async fn variants_are_added_changed_and_removed_and_refusals_are_beside_their_fields() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let (shirt, large) = shirt(&mut seller).await;
    let path = format!("/sell/products/{shirt}/variants");
    let again = [
        ("name.0", "Size"),
        ("value.0", "L"),
        ("price", "9"),
        ("stock", "1"),
    ];
    add_variant(&mut seller, &shirt, &again).await;
    assert_eq!(seller.status, 422);
    seller.assert_shows("Another one has this already.");
    let bad = [
        ("name.0", "Size"),
        ("value.0", "XL"),
        ("price", "cheap"),
        ("stock", "1"),
    ];
    add_variant(&mut seller, &shirt, &bad).await;
    seller.assert_shows("id=\"e-new-price\"");
    seller.assert_shows("value=\"cheap\"");
    let row = format!("{path}/{large}");
    seller.open(&path).await;
    let version = seller.hidden("version");
    let fields = |sku| {
        [
            ("version", version.as_str()),
            ("name.0", "Size"),
            ("value.0", "L"),
            ("price", "25"),
            ("sku", sku),
        ]
    };
    seller.send(&row, &fields("S-1")).await;
    seller.assert_shows("It is saved.");
    // Made from a page that is old by now.
    seller.send(&row, &fields("S-2")).await;
    assert_eq!(seller.status, 412);
    seller.assert_shows("It has changed since you opened it.");
    let other = seller.list("Other", "1", "1", "none").await;
    let taken = [
        ("name.new", "Size"),
        ("value.new", "S"),
        ("price", "1"),
        ("stock", "1"),
        ("sku", "S-1"),
    ];
    add_variant(&mut seller, &other, &taken).await;
    assert_eq!(seller.status, 409);
    seller.assert_shows("id=\"e-new-sku\"");
    seller.open(&path).await;
    seller.send(&format!("{row}/remove"), &[]).await;
    seller.assert_shows("It is saved.");
    assert!(!seller.page.contains(&large));
    seller.send(&format!("{path}/{shirt}/remove"), &[]).await;
    assert_eq!(seller.status, 409);
    seller.assert_shows("The first variant goes only with its product.");
}

#[tokio::test]
async fn pictures_are_added_described_put_in_order_and_removed() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "5", "none").await;
    let path = format!("/sell/products/{lamp}/images");
    seller.open(&path).await;
    let (csrf, key) = (seller.hidden("csrf"), seller.hidden("key"));
    let fields = |key, alt| [("csrf", csrf.as_str()), ("key", key), ("alt", alt)];
    seller
        .send_file(&path, &fields(&key, "From the left"), &picture())
        .await;
    seller.assert_shows("The picture is added.");
    // Sent twice, added once.
    seller
        .send_file(&path, &fields(&key, "From the left"), &picture())
        .await;
    assert_eq!(seller.page.matches("name=\"place.").count(), 1);
    seller
        .send_file(&path, &fields("other", "From the right"), &picture())
        .await;
    assert_eq!(seller.page.matches("name=\"place.").count(), 2);

    let places: Vec<String> = seller
        .page
        .split("name=\"place.")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    let version = seller.hidden("version");
    let names: Vec<_> = places
        .iter()
        .flat_map(|id| [format!("place.{id}"), format!("alt.{id}")])
        .collect();
    let order = [
        ("version", version.as_str()),
        (&names[0], "1"),
        (&names[1], "From the left"),
        (&names[2], "2"),
        (&names[3], "From above"),
        ("first", &places[1]),
    ];
    seller.send(&format!("{path}/arrange"), &order).await;
    seller.assert_shows("It is saved.");
    assert_eq!(seller.field("place."), names[2]);
    let mut visitor = world.browser();
    visitor.open(&format!("/products/{lamp}")).await;
    visitor.assert_shows("alt=\"From above\"");
    visitor.assert_shows("href=\"#picture-2\"");
    let picture_path = visitor.link("/images/");
    let picture = reqwest::get(format!("{}{picture_path}", world.api_url)).await;
    assert_eq!(picture.unwrap().status(), 200);
    seller
        .send(&format!("{path}/{}/remove", places[0]), &[])
        .await;
    seller.assert_shows("It is removed.");
    assert_eq!(seller.page.matches("name=\"place.").count(), 1);
}

#[tokio::test]
async fn a_file_that_is_no_picture_too_large_or_missing_is_explained_and_its_text_kept() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "5", "none").await;
    let path = format!("/sell/products/{lamp}/images");
    seller.open(&path).await;
    let csrf = seller.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("alt", "A lamp"), ("key", "a")];
    for (file, fault) in [
        (
            &b"not a picture"[..],
            "This is no JPEG, PNG or WebP picture.",
        ),
        (b"", "Please choose a file."),
    ] {
        seller.send_file(&path, &fields, file).await;
        assert_eq!(seller.status, 422);
        seller.assert_shows(fault);
        seller.assert_shows("id=\"e-file\"");
        seller.assert_shows("value=\"A lamp\"");
    }
    let large = vec![0; 11 * 1024 * 1024];
    seller.send_file(&path, &fields, &large).await;
    assert_eq!(seller.status, 413);
    seller.assert_shows("The file is too large: at most 10 MiB.");
    // Without a token of ours nothing is added, and a file goes to the page for it only.
    seller
        .send_file(&path, &[("csrf", "x"), ("key", "b")], &picture())
        .await;
    assert_eq!(seller.status, 403);
    seller
        .send_file("/account/profile", &fields, &picture())
        .await;
    assert_eq!(seller.status, 415);
    // The login has ended: a file cannot be kept, and the login leads back to the page.
    seller.cookies.remove("login");
    seller.send_file(&path, &fields, &picture()).await;
    assert_eq!(seller.status, 401);
    seller.assert_shows("Your login has ended.");
    let next = seller.hidden("next");
    let login = [
        ("next", next.as_str()),
        ("email", "grace@example.com"),
        ("password", PASSWORD),
    ];
    seller.send("/login", &login).await;
    assert_eq!(seller.path, path);
    assert!(!seller.page.contains("name=\"place."));
}

#[tokio::test]
async fn stock_is_added_and_taken_away_for_a_reason_and_what_runs_out_is_listed() {
    let world = World::start();
    let mut seller = world.person("Grace").await;
    let lamp = seller.list("Lamp", "10", "9", "none").await;
    let path = format!("/sell/products/{lamp}/stock");
    seller.open(&path).await;
    let key = seller.hidden("key");
    let fields = |delta, reason| [("key", key.as_str()), ("delta", delta), ("reason", reason)];
    for (delta, reason, status, fault) in [
        ("many", "Found", 422, "This is no whole number."),
        ("3", "", 422, "This is too short."),
        ("-20", "Lost", 409, "There are fewer than that."),
    ] {
        seller.send(&path, &fields(delta, reason)).await;
        assert_eq!(seller.status, status, "{fault}");
        seller.assert_shows(fault);
        seller.assert_shows(&format!("value=\"{delta}\""));
    }
    let key = seller.hidden("key");
    let lost = [
        ("key", key.as_str()),
        ("delta", "-6"),
        ("reason", "Broken in the shop"),
    ];
    for _ in 0..2 {
        seller.send(&path, &lost).await;
        seller.assert_shows("It is saved.");
        seller.assert_shows("<dd>3</dd>");
    }
    seller.assert_shows("Broken in the shop");
    seller.list("Vase", "10", "50", "none").await;
    seller.open("/sell/products?low=5").await;
    seller.assert_shows(">Lamp</a>");
    assert!(!seller.page.contains(">Vase</a>"));
    seller.open("/sell").await;
    seller.assert_shows("Running out");
    seller.open("/sell/products?low=few").await;
    assert_eq!(seller.status, 422);
}
