//! Products in categories, with attributes, and what is counted of them.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{User, World, lamp, with};

/// `Lighting`, whose products have a material, a power in W, and may be dimmable; and `Desk lamps` in it.
async fn plant(world: &World) -> (Value, Value) {
    let admin = world.admin();
    let lighting = json!({"names": {"en": "Lighting", "de": "Licht"}, "attributes": [
        {"key": "material", "names": {"en": "Material"}, "type": "one_of", "values": ["brass", "oak"]},
        {"key": "power", "names": {"en": "Power"}, "type": "number", "unit": "W"},
        {"key": "dimmable", "names": {"en": "Dimmable"}, "type": "boolean"},
        {"key": "colour", "names": {"en": "Colour"}, "type": "text"},
    ]});
    let lighting = world
        .host
        .post("/api/categories", &admin.token, &lighting)
        .await;
    assert_eq!(lighting.status, 201, "{lighting:?}");
    let lighting = lighting.body;
    let desk = json!({"names": {"en": "Desk lamps"}, "parentId": lighting["id"]});
    let desk = world
        .host
        .post("/api/categories", &admin.token, &desk)
        .await
        .body;
    (lighting, desk)
}

fn in_category(category: &Value, members: Value) -> Value {
    with(
        with(lamp(), json!({"category": {"id": category["id"]}})),
        members,
    )
}

#[tokio::test]
async fn a_product_has_a_category_and_attributes_of_it() {
    let world = World::new();
    let (lighting, desk) = plant(&world).await;
    let seller = world.user();
    let said = json!({"material": "oak", "power": 7.5, "dimmable": true, "colour": "dark red"});
    let product = world
        .list(&seller, &in_category(&desk, json!({"attributes": said})))
        .await;
    assert_eq!(product["categoryId"], desk["id"]);
    assert_eq!(product["category"], "Desk lamps");
    assert_eq!(product["attributes"], said);
    assert_eq!(world.get(&seller, &product).await.body, product);
    let edit = json!({"id": product["id"], "category": "lighting", "attributes": {"power": 8}});
    let edited = world.update(&seller, &edit).await.body;
    assert_eq!(edited["categoryId"], lighting["id"]);
    assert_eq!(edited["attributes"], json!({"power": 8}));
    let other = world
        .list(&seller, &with(lamp(), json!({"category": "DESK lamps"})))
        .await;
    assert_eq!(
        (&other["categoryId"], &other["category"]),
        (&desk["id"], &json!("DESK lamps"))
    );
    assert_eq!(other["attributes"], Value::Null, "it says nothing");
}

#[tokio::test]
async fn free_text_makes_a_category_that_others_share() {
    let world = World::new();
    let (one, other) = (world.user(), world.user());
    let first = world.list(&one, &lamp()).await;
    let second = world
        .list(&other, &with(lamp(), json!({"category": "hOME"})))
        .await;
    assert_eq!(first["categoryId"], second["categoryId"]);
    let tree = world.host.get("/api/categories", "").await.body;
    assert_eq!(tree["items"].as_array().unwrap().len(), 1);
    assert_eq!(tree["items"][0]["id"], first["categoryId"]);
    assert_eq!(tree["items"][0]["slug"], "home");
    let by_slug = world.names(&one, "?category=home").await;
    let by_id = format!("?category={}", first["categoryId"].as_str().unwrap());
    assert_eq!(by_slug.len(), 2);
    assert_eq!(world.names(&one, &by_id).await, by_slug);
}

#[rstest]
#[case(json!({"attributes": {"power": "7.5"}}), &[("/attributes/power", "invalid_type")])]
#[case(json!({"attributes": {"power": true, "material": 5, "dimmable": "yes"}}), &[
    ("/attributes/power", "invalid_type"), ("/attributes/material", "invalid_type"), ("/attributes/dimmable", "invalid_type"),
])]
#[case(json!({"attributes": {"material": "steel"}}), &[("/attributes/material", "unknown_value")])]
#[case(json!({"attributes": {"weight": 5, "power": 5}}), &[("/attributes/weight", "unknown_attribute")])]
#[case(json!({"attributes": {"Power": 5, "power": 0.0001, "colour": "", "material": null, "dimmable": []}}), &[
    ("/attributes/Power", "invalid_key"), ("/attributes/power", "out_of_range"), ("/attributes/colour", "too_short"),
    ("/attributes/material", "invalid_type"), ("/attributes/dimmable", "invalid_type"),
])]
#[case(json!({"attributes": ["power"]}), &[("/attributes", "invalid_type")])]
#[case(json!({"category": {"id": "desk-lamps"}}), &[("/category/id", "invalid_id")])]
#[case(json!({"category": {"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d"}}), &[("/category/id", "unknown_category")])]
#[case(json!({"category": {}}), &[("/category/id", "required")])]
#[case(json!({"category": {"slug": "desk-lamps"}}), &[("/category/slug", "unknown_field"), ("/category/id", "required")])]
#[case(json!({"category": "Pens", "attributes": {"colour": "red"}}), &[("/attributes/colour", "unknown_attribute")])]
#[tokio::test]
async fn what_does_not_fit_the_category_is_refused_and_nothing_is_written(
    #[case] members: Value,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::new();
    let (_, desk) = plant(&world).await;
    let seller = world.user();
    let before = world.host.get("/api/categories", "").await.body;
    let body = in_category(&desk, members.clone());
    world.create(&seller, &body).await.assert_faults(faults);
    assert_eq!(world.names(&seller, "").await, Vec::<String>::new());
    let product = world.list(&seller, &in_category(&desk, json!({}))).await;
    let edit = with(json!({"id": product["id"]}), members);
    world.update(&seller, &edit).await.assert_faults(faults);
    assert_eq!(world.get(&seller, &product).await.body, product);
    assert_eq!(world.host.get("/api/categories", "").await.body, before);
}

#[tokio::test]
async fn a_retired_category_takes_no_products() {
    let world = World::new();
    let (lighting, desk) = plant(&world).await;
    let (admin, seller) = (world.admin(), world.user());
    let old = world.list(&seller, &in_category(&desk, json!({}))).await;
    let retire = format!(
        "/api/categories/{}/retire",
        lighting["id"].as_str().unwrap()
    );
    let retired = world.host.post(&retire, &admin.token, &json!({})).await;
    assert_eq!(retired.status, 200);
    for category in [
        json!({"id": desk["id"]}),
        json!("Lighting"),
        json!("desk LAMPS"),
    ] {
        let body = with(lamp(), json!({"category": category}));
        let faults = [("/category", "category_retired")];
        world.create(&seller, &body).await.assert_faults(&faults);
    }
    let same = json!({"id": old["id"], "category": "Desk lamps", "price": 5});
    assert_eq!(
        world.update(&seller, &same).await.status,
        200,
        "it may stay"
    );
    assert_eq!(
        world.names(&seller, "?category=lighting").await,
        ["Desk lamp"]
    );
}

async fn shop(world: &World) -> (User, User) {
    let (lighting, desk) = plant(world).await;
    let (one, other) = (world.user(), world.user());
    for (seller, category, name, price, attributes) in [
        (
            &one,
            &desk,
            "A",
            150,
            json!({"material": "oak", "power": 5}),
        ),
        (
            &one,
            &desk,
            "B",
            1500,
            json!({"material": "brass", "power": 10}),
        ),
        (
            &other,
            &lighting,
            "C",
            180,
            json!({"material": "brass", "dimmable": true}),
        ),
    ] {
        let members = json!({"name": name, "price": price, "attributes": attributes});
        world.list(seller, &in_category(category, members)).await;
    }
    world
        .list(
            &other,
            &with(lamp(), json!({"name": "D", "category": "Pens"})),
        )
        .await;
    (one, other)
}

#[tokio::test]
async fn facets_count_the_whole_list_and_a_choice_does_not_narrow_its_own() {
    let world = World::new();
    let (one, other) = shop(&world).await;
    let query = "?limit=1&facets=category,price,seller,attr.*&attr.material=brass&lang=de";
    let page = world.page(&one, query).await;
    assert_eq!(page.status, 200, "{page:?}");
    let facets = &page.body["facets"];
    assert_eq!(page.body["items"].as_array().unwrap().len(), 1);
    let of = |facet: &str, members: &[&str]| -> Vec<Vec<Value>> {
        let all = facets[facet].as_array().unwrap().iter();
        all.map(|one| members.iter().map(|member| one[*member].clone()).collect())
            .collect()
    };
    assert_eq!(
        json!(of("category", &["name", "slug", "count"])),
        json!([["Licht", "lighting", 2], ["Desk lamps", "desk-lamps", 1]])
    );
    assert_eq!(
        json!(of("price", &["from", "to", "count"])),
        json!([[100, 199, 1], [1000, 1999, 1]])
    );
    let mut sellers = vec![(json!(one.id), 1), (json!(other.id), 1)];
    sellers.sort_by_key(|(id, _)| id.to_string());
    assert_eq!(json!(of("seller", &["id", "count"])), json!(sellers));
    assert_eq!(
        json!(of("attr.material", &["value", "count"])),
        json!([["brass", 2], ["oak", 1]])
    );
    assert_eq!(
        json!(of("attr.power", &["value", "count"])),
        json!([[10, 1]])
    );
    assert_eq!(
        json!(of("attr.dimmable", &["value", "count"])),
        json!([[true, 1]])
    );
    let none = world.page(&one, "").await.body;
    assert_eq!(none["facets"], Value::Null);
}

#[tokio::test]
async fn a_filter_may_have_several_values_and_all_hold_in_one_variant() {
    let world = World::new();
    let (one, other) = shop(&world).await;
    let shirt = json!({"name": "Shirt", "category": "Shirts", "stock": 0, "options": {"Colour": "red", "Size": "S"},
        "variants": [{"options": {"Colour": "blue", "Size": "M"}, "stock": 3}]});
    world.list(&other, &with(lamp(), shirt)).await;
    let both = format!("?seller={}&seller={}&category=lighting", one.id, other.id);
    for (query, names) in [
        ("?category=desk-lamps&category=pens", vec!["D", "B", "A"]),
        ("?category=Lighting", vec!["C", "B", "A"]),
        (both.as_str(), vec!["C", "B", "A"]),
        (
            "?attr.material=oak&attr.material=brass&sort=price",
            vec!["A", "C", "B"],
        ),
        ("?attr.power=5..9.5", vec!["A"]),
        ("?attr.power=10", vec!["B"]),
        ("?attr.power=..5&attr.power=10..", vec!["B", "A"]),
        ("?attr.dimmable=true", vec!["C"]),
        ("?attr.dimmable=false", vec![]),
        ("?attr.colour=red&attr.size=S", vec!["Shirt"]),
        ("?attr.colour=red&attr.size=M", vec![]),
        (
            "?attr.colour=red&attr.colour=blue&attr.size=M&inStock=true",
            vec!["Shirt"],
        ),
        ("?attr.colour=red&inStock=true", vec![]),
        ("?q=sofa&attr.material=brass&sort=price", vec![]),
        ("?q=warm&attr.material=brass&sort=price", vec!["C", "B"]),
    ] {
        assert_eq!(world.names(&one, query).await, names, "{query}");
    }
}

#[tokio::test]
async fn a_cursor_of_a_list_in_memory_is_good_for_its_own_list_only() {
    let world = World::new();
    let (one, _) = shop(&world).await;
    let own = "?limit=1&category=lighting&sort=best_selling";
    let first = world.page(&one, own).await.body;
    let cursor = format!("&cursor={}", first["nextCursor"].as_str().unwrap());
    let second = world.page(&one, &format!("{own}{cursor}")).await;
    assert_eq!(second.status, 200);
    assert_ne!(second.body["items"][0]["id"], first["items"][0]["id"]);
    // Facets are no part of the list.
    let with_facets = format!("{own}&facets=price{cursor}");
    assert_eq!(world.page(&one, &with_facets).await.status, 200);
    for other in [
        "?limit=1&category=desk-lamps&sort=best_selling",
        "?limit=1&category=lighting",
        "?limit=1&category=lighting&category=pens&sort=best_selling",
        "?limit=1&category=lighting&sort=best_selling&attr.power=5",
    ] {
        let answer = world.page(&one, &format!("{other}{cursor}")).await;
        answer.assert_faults(&[("?cursor", "invalid_cursor")]);
    }
}

#[rstest]
#[case("?facets=", &[("?facets", "unknown_value")])]
#[case("?facets=colour", &[("?facets", "unknown_value")])]
#[case("?facets=attr.Colour", &[("?facets", "invalid_key")])]
#[case("?attr.Colour=red", &[("?attr.Colour", "invalid_key")])]
#[case("?attr.=red", &[("?attr.", "invalid_key")])]
#[case("?attr.colour=", &[("?attr.colour", "too_short")])]
#[case("?attr.power=much", &[("?attr.power", "invalid_type")])]
#[case("?attr.power=5&attr.power=much&attr.dimmable=1", &[("?attr.power", "invalid_type"), ("?attr.dimmable", "invalid_type")])]
#[case("?seller=x&seller=y", &[("?seller", "invalid_id"), ("?seller", "invalid_id")])]
#[case("?sort=newest&sort=price", &[("?sort", "repeated")])]
#[case("?lang=x", &[("?lang", "invalid_language")])]
#[tokio::test]
async fn a_bad_filter_is_refused(#[case] query: &str, #[case] faults: &[(&str, &str)]) {
    let world = World::new();
    plant(&world).await;
    let user = world.user();
    world.page(&user, query).await.assert_faults(faults);
}

#[tokio::test]
async fn a_list_is_narrowed_by_at_most_20_values_or_attributes() {
    let world = World::new();
    let user = world.user();
    let many = |name: &str, most: usize| -> String {
        let all: Vec<String> = (0..most)
            .map(|number| format!("{name}=a{number}"))
            .collect();
        format!("?{}", all.join("&"))
    };
    for name in ["category", "attr.colour"] {
        assert_eq!(world.page(&user, &many(name, 20)).await.status, 200);
        let pointer = format!("?{name}");
        let answer = world.page(&user, &many(name, 21)).await;
        answer.assert_faults(&[(&pointer, "too_many")]);
    }
    let attributes = |most: usize| -> String {
        let all: Vec<String> = (0..most)
            .map(|number| format!("attr.a{number}=x"))
            .collect();
        format!("?{}", all.join("&"))
    };
    assert_eq!(world.page(&user, &attributes(20)).await.status, 200);
    let answer = world.page(&user, &attributes(21)).await;
    answer.assert_faults(&[("?attr.", "too_many")]);
}

#[tokio::test]
async fn an_answer_to_a_write_is_followed_by_the_write_in_facets() {
    let world = World::new();
    let (lighting, _) = plant(&world).await;
    let seller = world.user();
    let counted = async || {
        let page = world
            .page(&seller, "?facets=attr.power&category=lighting")
            .await
            .body;
        page["facets"]["attr.power"].clone()
    };
    assert_eq!(counted().await, Value::Null);
    for power in 1..=5 {
        let body = in_category(&lighting, json!({"attributes": {"power": power}}));
        let product = world.list(&seller, &body).await;
        assert_eq!(counted().await, json!([{"value": power, "count": 1}]));
        let edit = json!({"id": product["id"], "attributes": {"power": 0.5}});
        world.update(&seller, &edit).await;
        assert_eq!(counted().await, json!([{"value": 0.5, "count": 1}]));
        let path = format!(
            "/api/products/{}/unpublish",
            product["id"].as_str().unwrap()
        );
        let unpublished = world
            .host
            .request(Method::POST, &path, &seller.token)
            .send()
            .await;
        assert_eq!(unpublished.unwrap().status(), 200);
        assert_eq!(counted().await, Value::Null);
    }
}
