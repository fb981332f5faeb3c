//! GET /api/sellers/{id}, and sellers in products.

use contracts::{Envelope, id_bytes, user};
use kernel::Clock as _;
use serde_json::json;

use crate::world::{User, World, lamp};

fn changed(
    world: &World,
    of: &User,
    version: i64,
    status: &str,
    more: user::SellerChanged,
) -> Envelope {
    let message = user::SellerChanged {
        seller_id: id_bytes(of.id.as_uuid()),
        version,
        status: status.to_owned(),
        since: world.clock.now().as_millis(),
        ..more
    };
    let step = format!("seller {version}");
    Envelope::about(of.id.as_uuid(), &step, &message, world.clock.now())
}

/// What a seller says who takes everything back.
fn usual() -> user::SellerChanged {
    user::SellerChanged {
        returns_accepted: true,
        ..user::SellerChanged::default()
    }
}

#[tokio::test]
async fn a_product_says_who_sells_it_and_what_they_take_back() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    assert_eq!(product["seller"], json!({"id": seller.id}));
    assert_eq!(
        product["returns"],
        json!({"accepted": true, "windowDays": 14})
    );
    world.deliver(vec![world.naming(&seller, "Grace", 1)]).await;
    let shown = world.get(&buyer, &product).await;
    assert_eq!(
        shown.body["seller"],
        json!({"id": seller.id, "name": "Grace"})
    );
    assert_eq!(shown.header("etag"), "\"1.1.0\"");
    for (version, accepted, days, returns) in [
        (1, true, 30, json!({"accepted": true, "windowDays": 30})),
        (2, true, 7, json!({"accepted": true, "windowDays": 14})),
        (3, false, 30, json!({"accepted": false})),
    ] {
        let policy = user::SellerChanged {
            returns_accepted: accepted,
            return_window_days: days,
            ..user::SellerChanged::default()
        };
        world
            .deliver(vec![changed(&world, &seller, version, "active", policy)])
            .await;
        let shown = world.get(&buyer, &product).await;
        assert_eq!(shown.body["returns"], returns, "{version}");
        let tag = format!("\"1.1.{version}\"");
        assert_eq!(shown.header("etag"), tag);
        let listed = world.page(&buyer, "").await.body;
        assert_eq!(listed["items"][0], shown.body);
    }
    // A write that is guarded with such a tag goes by the product's version.
    let edit = |tag: &str| {
        let body = json!({"id": product["id"], "price": 5});
        let request = world.put(&seller, &body).header("if-match", tag);
        host::testing::Answer::of(request)
    };
    edit("\"2.1.3\"")
        .await
        .assert_problem(412, "precondition_failed");
    let edited = edit("\"1.1.3\"").await;
    assert_eq!((edited.status, edited.header("etag")), (200, "\"2.1.3\""));
}

#[tokio::test]
async fn anyone_sees_the_page_of_a_seller() {
    let world = World::new();
    let seller = world.user();
    let page = async || {
        let path = format!("/api/sellers/{}", seller.id);
        world.host.get(&path, "").await
    };
    page().await.assert_problem(404, "seller_not_found");
    world.list(&seller, &lamp()).await;
    world.deliver(vec![world.naming(&seller, "Grace", 1)]).await;
    let shown = page().await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let expected = json!({
        "id": seller.id, "name": "Grace", "description": "", "since": shown.body["since"], "products": 1,
        "returns": {"accepted": true, "windowDays": 14}, "status": "active",
    });
    assert_eq!(shown.body, expected);
    let said = user::SellerChanged {
        display_name: "Grace's lamps".to_owned(),
        description: "By hand".to_owned(),
        ..usual()
    };
    world
        .deliver(vec![changed(&world, &seller, 1, "active", said)])
        .await;
    let shown = page().await.body;
    assert_eq!(
        (&shown["name"], &shown["description"]),
        (&json!("Grace's lamps"), &json!("By hand"))
    );
    for nobody in ["0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "nobody"] {
        let unknown = world.host.get(&format!("/api/sellers/{nobody}"), "").await;
        unknown.assert_problem(404, "seller_not_found");
    }
}

#[tokio::test]
async fn the_products_of_a_suspended_seller_are_shown_to_them_only() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    world
        .deliver(vec![changed(&world, &seller, 1, "suspended", usual())])
        .await;
    world
        .get(&buyer, &product)
        .await
        .assert_problem(404, "product_not_found");
    assert_eq!(world.names(&buyer, "").await, [""; 0]);
    assert_eq!(
        world.names(&buyer, &format!("?seller={}", seller.id)).await,
        [""; 0]
    );
    let own = world.get(&seller, &product).await;
    assert_eq!(own.body, product);
    let edited = world
        .update(&seller, &json!({"id": product["id"], "price": 5}))
        .await;
    assert_eq!(edited.status, 200, "they may tidy up");
    world
        .deliver(vec![changed(&world, &seller, 2, "active", usual())])
        .await;
    assert_eq!(world.get(&buyer, &product).await.body, edited.body);
    assert_eq!(world.names(&buyer, "").await, ["Desk lamp"]);
}
