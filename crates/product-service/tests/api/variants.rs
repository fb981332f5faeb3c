//! Variants: in POST /api/products/create, and POST, PATCH and DELETE under /api/products/{id}/variants.

use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{User, World, lamp, with};

/// A shirt in three sizes.
fn shirt() -> Value {
    with(
        lamp(),
        json!({
            "name": "Shirt",
            "sku": "SHIRT-S",
            "barcode": "4006381333931",
            "options": {"Size": "S"},
            "variants": [
                {"options": {"Size": "M"}, "stock": 3, "sku": "SHIRT-M"},
                {"options": {"Size": "L"}, "stock": 0, "price": 1499},
            ],
        }),
    )
}

fn path(product: &Value, rest: &str) -> String {
    format!("/api/products/{}{rest}", product["id"].as_str().unwrap())
}

impl World {
    async fn add(&self, user: &User, product: &Value, body: &Value) -> Answer {
        let path = path(product, "/variants");
        self.host.post(&path, &user.token, body).await
    }

    async fn vary(&self, method: Method, user: &User, at: &str, body: &Value) -> Answer {
        let request = self.host.request(method, at, &user.token);
        Answer::of(request.json(body)).await
    }
}

/// The path of the variant at this place of a product's list.
fn variant(product: &Value, place: usize) -> String {
    let id = product["variants"][place]["id"].as_str().unwrap();
    path(product, &format!("/variants/{id}"))
}

#[tokio::test]
async fn a_product_is_listed_with_its_variants_and_the_first_is_the_product_itself() {
    let world = World::new();
    let seller = world.user();
    let product = world.list(&seller, &shirt()).await;
    let variants = product["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 3);
    assert_eq!(variants[0]["id"], product["id"]);
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    for (variant, (size, price, stock)) in
        variants
            .iter()
            .zip([("S", 1299, 40), ("M", 1299, 3), ("L", 1499, 0)])
    {
        assert_eq!(variant["options"], json!({"Size": size}));
        assert_eq!(variant["price"], usd(price));
        assert_eq!(variant["stock"], stock);
    }
    assert_eq!(
        (&product["price"], &product["stock"]),
        (&usd(1299), &json!(40))
    );
    assert_eq!(product["sku"], "SHIRT-S");
    assert_eq!(world.get(&seller, &product).await.body, product);
    let listed = world.page(&seller, "").await.body;
    assert_eq!(listed["items"][0], product);
    let plain = world.list(&seller, &lamp()).await;
    for member in [
        "variants",
        "options",
        "sku",
        "barcode",
        "metadata",
        "moderation",
    ] {
        assert_eq!(plain.get(member), None, "{member}");
    }
    world.assert_book_is_right();
}

#[rstest]
#[case(json!({"variants": {}}), &[("/variants", "invalid_type")])]
#[case(json!({"variants": [{}]}), &[("/variants/0/options", "required"), ("/variants/0/stock", "required")])]
#[case(json!({"variants": [{"options": {"Size": "M"}, "stock": -1}]}), &[("/variants/0/stock", "out_of_range")])]
#[case(json!({"variants": [{"options": {"Size": "M"}, "stock": 1, "price": 0}]}), &[("/variants/0/price", "out_of_range")])]
#[case(json!({"variants": [{"options": {"Size": "M"}, "stock": 1, "name": "x"}]}), &[("/variants/0/name", "unknown_field")])]
#[case(json!({"variants": [{"options": {"Size": 5}, "stock": 1}]}), &[("/variants/0/options/Size", "invalid_type")])]
#[case(json!({"variants": [{"options": {"Size": " "}, "stock": 1}]}), &[("/variants/0/options", "too_short")])]
#[case(json!({"variants": [{"options": {"Size": "x".repeat(65)}, "stock": 1}]}), &[("/variants/0/options", "too_long")])]
#[case(json!({"variants": [{"options": {"Size": "S", "size": "M"}, "stock": 1}]}), &[("/variants/0/options", "duplicate")])]
#[case(json!({"variants": [{"options": {"a": "1", "b": "1", "c": "1", "d": "1", "e": "1", "f": "1"}, "stock": 1}]}), &[("/variants/0/options", "too_long")])]
#[case(json!({"variants": [{"options": {}, "stock": 1}]}), &[("/variants/0/options", "duplicate")])]
#[case(
    json!({"options": {"Size": "M"}, "variants": [{"options": {"Size": "L"}, "stock": 1}, {"options": {"SIZE": "m"}, "stock": 1}]}),
    &[("/variants/1/options", "duplicate")]
)]
#[case(
    json!({"options": {"a": "1", "b": "1", "c": "1"}, "variants": [{"options": {"d": "1", "e": "1", "f": "1"}, "stock": 1}]}),
    &[("/variants/0/options", "too_long")]
)]
#[case(
    json!({"sku": "A", "variants": [{"options": {"Size": "M"}, "stock": 1, "sku": " A "}]}),
    &[("/variants/0/sku", "duplicate")]
)]
#[case(json!({"sku": ""}), &[("/sku", "too_short")])]
#[case(json!({"sku": "x".repeat(65)}), &[("/sku", "too_long")])]
#[case(json!({"barcode": "a\nb"}), &[("/barcode", "invalid_character")])]
#[case(json!({"options": ["Size"]}), &[("/options", "invalid_type")])]
#[case(json!({"status": "removed"}), &[("/status", "unknown_value")])]
#[case(json!({"status": "Draft"}), &[("/status", "unknown_value")])]
#[case(json!({"metadata": []}), &[("/metadata", "invalid_type")])]
#[case(json!({"metadata": "x"}), &[("/metadata", "invalid_type")])]
#[case(json!({"metadata": {"a": "x".repeat(16 * 1024)}}), &[("/metadata", "too_long")])]
#[tokio::test]
async fn what_does_not_fit_is_named_and_nothing_is_listed(
    #[case] members: Value,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::new();
    let user = world.user();
    let refused = world.create(&user, &with(lamp(), members)).await;
    refused.assert_faults(faults);
    assert!(world.names(&user, "").await.is_empty());
}

#[tokio::test]
async fn a_product_has_at_most_a_hundred_variants() {
    let world = World::new();
    let seller = world.user();
    let sizes = |count: usize| -> Vec<Value> {
        let sizes = 0..count;
        sizes
            .map(|size| json!({"options": {"Size": size.to_string()}, "stock": 1}))
            .collect()
    };
    let many = |count| with(lamp(), json!({"variants": sizes(count)}));
    let refused = world.create(&seller, &many(100)).await;
    refused.assert_faults(&[("/variants", "too_long")]);
    let full = world.list(&seller, &many(99)).await;
    let more = json!({"options": {"Size": "one more"}, "stock": 1});
    world
        .add(&seller, &full, &more)
        .await
        .assert_problem(409, "too_many_variants");
    let removed = variant(&full, 7);
    let answer = world
        .vary(Method::DELETE, &seller, &removed, &json!({}))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["variants"].as_array().unwrap().len(), 99);
    assert_eq!(world.add(&seller, &full, &more).await.status, 201);
    world.assert_book_is_right();
}

#[tokio::test]
async fn a_variant_is_added_once_for_a_key_edited_and_removed() {
    let world = World::new();
    let seller = world.user();
    let product = world.list(&seller, &lamp()).await;
    let body =
        json!({"options": {"Size": "M"}, "stock": 2, "price": {"amount": 900, "currency": "EUR"}});
    let at = path(&product, "/variants");
    let once = || {
        let request = world.host.request(Method::POST, &at, &seller.token);
        Answer::of(request.header("idempotency-key", "key").json(&body))
    };
    let first = once().await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.header("location"), path(&product, ""));
    assert_eq!(first.header("etag"), "\"2\"");
    assert_eq!(
        first.body["price"],
        json!({"amount": 900, "currency": "EUR"})
    );
    let again = once().await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let shown = world.get(&seller, &product).await.body;
    assert_eq!(shown["variants"].as_array().unwrap().len(), 2);
    let medium = variant(&shown, 1);
    let edit = json!({"price": 950, "stock": 7, "sku": "M-1"});
    let edited = world.vary(Method::PATCH, &seller, &medium, &edit).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    let now = &edited.body["variants"][1];
    assert_eq!(now["price"], json!({"amount": 950, "currency": "EUR"}));
    assert_eq!((&now["stock"], &now["sku"]), (&json!(7), &json!("M-1")));
    assert_eq!(edited.header("etag"), "\"3\"");
    let default = path(
        &product,
        &format!("/variants/{}", product["id"].as_str().unwrap()),
    );
    let edited = world
        .vary(
            Method::PATCH,
            &seller,
            &default,
            &json!({"options": {"Size": "S"}}),
        )
        .await;
    assert_eq!(edited.body["options"], json!({"Size": "S"}));
    for _ in 0..2 {
        let removed = world
            .vary(Method::DELETE, &seller, &medium, &json!({}))
            .await;
        assert_eq!((removed.status, removed.header("etag")), (200, "\"5\""));
        assert_eq!(
            removed.body.get("variants"),
            None,
            "the default one is left"
        );
    }
    world.assert_book_is_right();
}

/// A shirt and a lamp of one seller, and a stranger.
struct Shop {
    world: World,
    seller: User,
    stranger: User,
    shirt: Value,
    lamp: Value,
}

impl Shop {
    async fn open() -> Self {
        let world = World::new();
        let (seller, stranger) = (world.user(), world.user());
        let shirt = world.list(&seller, &shirt()).await;
        let lamp = world
            .list(&seller, &with(lamp(), json!({"sku": "LAMP"})))
            .await;
        Self {
            world,
            seller,
            stranger,
            shirt,
            lamp,
        }
    }

    /// Asserts that the seller's request is refused so.
    async fn refuses(&self, method: Method, at: &str, body: &Value, status: u16, code: &str) {
        let answer = self.world.vary(method, &self.seller, at, body).await;
        assert_eq!(answer.status, status, "{at} {body}: {answer:?}");
        answer.assert_problem(status, code);
    }

    /// Asserts that a stranger may not, and that nothing has changed.
    async fn is_untouched_by(&self, method: Method, at: &str, body: &Value) {
        let answer = self.world.vary(method, &self.stranger, at, body).await;
        answer.assert_problem(403, "not_owner");
        let now = self.world.get(&self.seller, &self.shirt).await;
        assert_eq!(now.body, self.shirt);
        self.world.assert_book_is_right();
    }

    /// The path of a variant of the shirt, as if it were the lamp's.
    fn foreign(&self) -> String {
        let medium = self.shirt["variants"][1]["id"].as_str().unwrap();
        path(&self.lamp, &format!("/variants/{medium}"))
    }

    /// The path of a variant of the shirt that it does not have.
    fn nowhere(&self) -> String {
        let unknown = self.world.unknown_product();
        path(&self.shirt, &format!("/variants/{unknown}"))
    }
}

#[tokio::test]
async fn a_variant_that_does_not_fit_is_not_added() {
    let shop = Shop::open().await;
    let new = |members| with(json!({"options": {"Size": "XL"}, "stock": 1}), members);
    let at = path(&shop.shirt, "/variants");
    for (members, status, code) in [
        (json!({"sku": "LAMP"}), 409, "sku_taken"),
        (json!({"sku": "SHIRT-M"}), 422, "validation_failed"),
        (json!({"options": {"size": "s"}}), 422, "validation_failed"),
        (json!({"stock": null}), 422, "validation_failed"),
    ] {
        shop.refuses(Method::POST, &at, &new(members), status, code)
            .await;
    }
    let unknown = json!({"id": shop.world.unknown_product()});
    for nowhere in [
        path(&unknown, "/variants"),
        "/api/products/x/variants".into(),
    ] {
        let body = new(json!({}));
        shop.refuses(Method::POST, &nowhere, &body, 404, "product_not_found")
            .await;
    }
    shop.is_untouched_by(Method::POST, &at, &new(json!({})))
        .await;
    let taken = with(lamp(), json!({"sku": "SHIRT-M"}));
    let refused = shop.world.create(&shop.seller, &taken).await;
    assert_eq!(refused.body["sku"], "SHIRT-M");
    refused.assert_problem(409, "sku_taken");
    let of_another = shop.world.create(&shop.stranger, &taken).await;
    assert_eq!(of_another.status, 201, "a SKU is its seller's");
}

#[tokio::test]
async fn an_edit_of_a_variant_that_does_not_fit_changes_nothing() {
    let shop = Shop::open().await;
    let medium = variant(&shop.shirt, 1);
    let stock = json!({"stock": 1});
    for (members, status, code) in [
        (json!({"sku": "LAMP"}), 409, "sku_taken"),
        (json!({"options": {"Size": "L"}}), 422, "validation_failed"),
        (json!({"stock": -1}), 422, "validation_failed"),
        (json!({"id": "x"}), 422, "validation_failed"),
    ] {
        shop.refuses(Method::PATCH, &medium, &members, status, code)
            .await;
    }
    let malformed = path(&shop.shirt, "/variants/x");
    for at in [shop.foreign(), shop.nowhere(), malformed] {
        shop.refuses(Method::PATCH, &at, &stock, 404, "variant_not_found")
            .await;
    }
    let request = shop
        .world
        .host
        .request(Method::PATCH, &medium, &shop.seller.token);
    let stale = Answer::of(request.header("if-match", "\"7\"").json(&stock)).await;
    stale.assert_problem(412, "precondition_failed");
    shop.is_untouched_by(Method::PATCH, &medium, &stock).await;
}

#[tokio::test]
async fn the_default_variant_and_those_of_other_products_are_not_removed() {
    let shop = Shop::open().await;
    let nothing = json!({});
    let default = variant(&shop.shirt, 0);
    shop.refuses(Method::DELETE, &default, &nothing, 409, "default_variant")
        .await;
    for at in [shop.foreign(), shop.nowhere()] {
        shop.refuses(Method::DELETE, &at, &nothing, 404, "variant_not_found")
            .await;
    }
    shop.is_untouched_by(Method::DELETE, &variant(&shop.shirt, 1), &nothing)
        .await;
}

#[tokio::test]
async fn metadata_is_given_back_as_it_was() {
    let world = World::new();
    let seller = world.user();
    let metadata = json!({"erp": {"$id": 7, "a.b": [1.5, null, true]}, "": "x"});
    let product = world
        .list(&seller, &with(lamp(), json!({"metadata": metadata})))
        .await;
    assert_eq!(product["metadata"], metadata);
    let edit = json!({"id": product["id"], "stock": 1});
    assert_eq!(
        world.update(&seller, &edit).await.body["metadata"],
        metadata
    );
    let edit = json!({"id": product["id"], "metadata": {}});
    assert_eq!(
        world.update(&seller, &edit).await.body["metadata"],
        json!({})
    );
}
