//! Moves that break a rule: each returns a clear problem, writes nothing and sends nothing.

use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{Part, Script, World, shipped};

const SOME_ID: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

/// An order of two sellers whose stock is sold, and the people in it.
struct Scene {
    world: World,
    buyer: String,
    grace: String,
    alan: String,
    stranger: String,
    parts: Vec<Part>,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start(Script::Pays);
        let ((lamp, grace), (chair, alan)) = (world.to_ship(10), world.to_ship(10));
        let ((_, buyer), (_, stranger)) = (world.user(), world.user());
        let placed = world
            .create(&buyer, &shipped(&[(lamp, 2), (chair, 2)]), &[])
            .await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let parts = Part::all(&placed.body);
        world.until_sold(&grace, &parts[0].order).await;
        Self {
            world,
            buyer,
            grace,
            alan,
            stranger,
            parts,
        }
    }

    /// Everything that a refused request must not change.
    async fn look(&self) -> (Value, Value, usize) {
        let admin = self.world.admin();
        let order = self
            .world
            .host
            .get(&self.parts[0].order_path(""), &admin)
            .await;
        let timeline = self.parts[0].timeline(&self.world, &admin).await;
        let heard = self.world.heard.lock().unwrap().len();
        (order.body, json!(timeline), heard)
    }
}

#[rstest]
#[case(json!({}), &[("/carrier", "required"), ("/items", "required"), ("/trackingNumber", "required")])]
#[case(json!({"items": [], "carrier": "UPS", "trackingNumber": "1"}), &[("/items", "too_short")])]
#[case(json!({"items": [{"lineId": SOME_ID, "quantity": 1}], "carrier": "UPS", "trackingNumber": "1"}), &[("/items/0/lineId", "unknown_line")])]
#[case(json!({"items": [{"lineId": "1", "quantity": 0, "sku": 1}], "carrier": "", "trackingNumber": "1"}), &[("/carrier", "too_short"), ("/items/0/lineId", "invalid_id"), ("/items/0/quantity", "out_of_range"), ("/items/0/sku", "unknown_field")])]
#[case(json!({"items": [{"lineId": SOME_ID, "quantity": 1}], "carrier": "U\u{0}PS", "trackingNumber": "1\r\n2"}), &[("/carrier", "invalid_character"), ("/trackingNumber", "invalid_character")])]
#[case(json!({"items": [{"lineId": SOME_ID, "quantity": 1}], "carrier": "\u{202E}SPU", "trackingNumber": "x".repeat(101)}), &[("/carrier", "invalid_character"), ("/trackingNumber", "too_long")])]
#[case(json!({"items": [{"lineId": SOME_ID, "quantity": 1}], "carrier": "UPS", "trackingNumber": "1", "trackingUrl": "javascript:alert(1)"}), &[("/trackingUrl", "invalid_url")])]
#[case(json!({"items": [{"lineId": SOME_ID, "quantity": 1}], "carrier": "UPS", "trackingNumber": "1", "trackingUrl": format!("https://a.example/{}", "x".repeat(2000))}), &[("/trackingUrl", "too_long")])]
#[case(json!({"items": [{"lineId": SOME_ID, "quantity": 1}], "carrier": "UPS", "trackingNumber": "1", "note": "Hello"}), &[("/note", "operators_only")])]
#[tokio::test]
async fn a_package_that_breaks_rules_is_refused_with_every_fault(
    #[case] body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let scene = Scene::set().await;
    let before = scene.look().await;
    let path = scene.parts[0].path("/shipments");
    let refused = scene.world.make(&path, &scene.grace, &body, &[]).await;
    refused.assert_faults(faults);
    assert_eq!(scene.look().await, before);
}

#[rstest]
#[case(json!({"reason": ""}), &[("/reason", "too_short")])]
#[case(json!({"reason": "x".repeat(201)}), &[("/reason", "too_long")])]
#[case(json!({"reason": "a\nb"}), &[("/reason", "invalid_character")])]
#[case(json!({"reason": "x", "items": []}), &[("/items", "too_short")])]
#[case(json!({"items": "all"}), &[("/items", "invalid_type"), ("/reason", "required")])]
#[case(json!({"reason": "x", "items": [{"lineId": SOME_ID, "quantity": 1}]}), &[("/items/0/lineId", "unknown_line")])]
#[tokio::test]
async fn a_cancellation_that_breaks_rules_is_refused_with_every_fault(
    #[case] body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let scene = Scene::set().await;
    let before = scene.look().await;
    let part = &scene.parts[0];
    for (path, token) in [
        (part.order_path("/cancel"), &scene.buyer),
        (part.path("/cancel"), &scene.grace),
    ] {
        let refused = scene.world.make(&path, token, &body, &[]).await;
        refused.assert_faults(faults);
    }
    assert_eq!(scene.look().await, before);
}

#[rstest]
#[case(json!({"amount": 0}), &[("/amount", "out_of_range")])]
#[case(json!({"amount": -5}), &[("/amount", "out_of_range")])]
#[case(json!({"amount": 1.5}), &[("/amount", "invalid_type")])]
#[case(json!({"amount": {"amount": 1, "currency": "XXX"}}), &[("/amount/currency", "invalid_currency")])]
#[case(json!({}), &[("/items", "required")])]
#[case(json!({"amount": 1, "items": [{"lineId": SOME_ID, "quantity": 1}]}), &[("/amount", "not_with_items")])]
#[case(json!({"amount": 1, "restock": true}), &[("/restock", "items_only")])]
#[case(json!({"items": [{"lineId": SOME_ID, "quantity": 1}], "restock": "yes"}), &[("/restock", "invalid_type")])]
#[case(json!({"items": [{"lineId": SOME_ID, "quantity": 1}]}), &[("/items/0/lineId", "unknown_line")])]
#[tokio::test]
async fn a_refund_that_breaks_rules_is_refused_with_every_fault(
    #[case] mut body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let scene = Scene::set().await;
    let before = scene.look().await;
    body["fulfilmentId"] = json!(scene.parts[0].id);
    body["reason"] = json!("A scratch");
    let path = scene.parts[0].order_path("/refunds");
    let refused = scene.world.make(&path, &scene.grace, &body, &[]).await;
    refused.assert_faults(faults);
    assert_eq!(scene.look().await, before);
}

#[tokio::test]
async fn a_move_by_the_wrong_person_is_refused_and_what_they_may_not_see_is_not_there() {
    let scene = Scene::set().await;
    let [of_grace, of_alan] = [&scene.parts[0], &scene.parts[1]];
    let package = of_alan
        .ship(&scene.world, &scene.alan, &of_alan.items(&[(0, 1)]))
        .await;
    let package = package.body["id"].as_str().unwrap();
    let before = scene.look().await;
    let items = of_alan.items(&[(0, 1)]);
    let ship = json!({"items": items, "carrier": "UPS", "trackingNumber": "1"});
    let cancel = json!({"items": items, "reason": "x"});
    let refund = json!({"fulfilmentId": of_alan.id, "amount": 1, "reason": "x"});
    let deliver = format!("/shipments/{package}/deliver");
    let (forbidden, no_part) = ((403, "forbidden"), (404, "fulfilment_not_found"));
    let no_order = (404, "order_not_found");
    for (path, body, buyer, other_seller) in [
        (of_alan.path("/shipments"), &ship, Some(forbidden), no_part),
        (of_alan.path("/cancel"), &cancel, Some(forbidden), no_part),
        (
            of_alan.order_path("/refunds"),
            &refund,
            Some(forbidden),
            no_part,
        ),
        (of_alan.path(&deliver), &json!({}), None, no_part),
        (of_alan.order_path("/cancel"), &cancel, None, forbidden),
    ] {
        let by = async |token: &str, (status, code): (u16, &str)| {
            let refused = scene.world.make(&path, token, body, &[]).await;
            refused.assert_problem(status, code);
        };
        by(&scene.stranger, no_order).await;
        by("", (401, "unauthenticated")).await;
        by(&scene.grace, other_seller).await;
        if let Some(refused) = buyer {
            by(&scene.buyer, refused).await;
        }
    }
    // A line of another part, a part of another order, ids that are none.
    let foreign = of_grace.path("/shipments");
    let refused = scene.world.make(&foreign, &scene.grace, &ship, &[]).await;
    refused.assert_faults(&[("/items/0/lineId", "unknown_line")]);
    for (path, code) in [
        (
            of_alan.order_path(&format!("/fulfilments/{SOME_ID}/cancel")),
            "fulfilment_not_found",
        ),
        (
            of_alan.order_path("/fulfilments/1/cancel"),
            "fulfilment_not_found",
        ),
        (format!("/api/orders/{SOME_ID}/cancel"), "order_not_found"),
        ("/api/orders/1/cancel".to_owned(), "order_not_found"),
        (
            format!("/api/orders/{SOME_ID}/fulfilments/{}/cancel", of_alan.id),
            "order_not_found",
        ),
    ] {
        let refused = scene.world.make(&path, &scene.alan, &cancel, &[]).await;
        refused.assert_problem(404, code);
    }
    assert_eq!(scene.look().await, before);
    for path in ["/timeline", ""] {
        let path = of_alan.order_path(path);
        let hidden = scene.world.host.get(&path, &scene.stranger).await;
        hidden.assert_problem(404, "order_not_found");
    }
}

#[tokio::test]
async fn shipping_cancelling_or_refunding_more_than_there_is_is_refused() {
    let scene = Scene::set().await;
    let (world, part) = (&scene.world, &scene.parts[0]);
    let before = scene.look().await;
    let three = part.items(&[(0, 3)]);
    let twice = part.items(&[(0, 2), (0, 1)]);
    for items in [three, twice] {
        let ship = part.ship(world, &scene.grace, &items).await;
        ship.assert_problem(409, "move_not_allowed");
        let cancel = json!({"items": items, "reason": "x"});
        let cancel = world
            .make(&part.order_path("/cancel"), &scene.buyer, &cancel, &[])
            .await;
        cancel.assert_problem(409, "move_not_allowed");
        let refund = part
            .refund(world, &scene.grace, ("items", items), &[])
            .await;
        refund.assert_problem(409, "refund_exceeds");
        assert_eq!(refund.body["left"]["amount"], 1000);
    }
    let exceeds = part
        .refund(world, &scene.grace, ("amount", json!(1001)), &[])
        .await;
    exceeds.assert_problem(409, "refund_exceeds");
    assert_eq!(scene.look().await, before);
}

#[tokio::test]
async fn an_operator_makes_the_moves_of_buyer_and_seller_with_a_note() {
    let scene = Scene::set().await;
    let (world, part, admin) = (&scene.world, &scene.parts[0], scene.world.admin());
    let ship = json!({"items": part.items(&[(0, 1)]), "carrier": "UPS", "trackingNumber": "1", "note": "The seller rang"});
    let shipped = world
        .make(&part.path("/shipments"), &admin, &ship, &[])
        .await;
    assert_eq!(shipped.status, 201, "{shipped:?}");
    let package = shipped.body["id"].as_str().unwrap();
    let path = part.path(&format!("/shipments/{package}/deliver"));
    let arrived = world
        .make(&path, &admin, &json!({"note": "The buyer rang"}), &[])
        .await;
    assert_eq!(arrived.status, 200, "{arrived:?}");
    let refunded = part.refund(world, &admin, ("amount", json!(5)), &[]).await;
    assert_eq!(refunded.status, 201, "{refunded:?}");
    let reason = json!({"reason": "Lost"});
    let cancelled = world
        .make(&part.path("/cancel"), &admin, &reason, &[])
        .await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    let timeline = part.timeline(world, &scene.buyer).await;
    let of_admin: Vec<_> = timeline
        .iter()
        .filter(|fact| fact["actor"]["role"] == "admin")
        .map(|fact| {
            (
                fact["move"].as_str().unwrap(),
                fact["note"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("ship", "The seller rang"),
        ("deliver", "The buyer rang"),
        ("refund", "A scratch"),
        ("cancel", "Lost"),
    ];
    assert_eq!(of_admin, expected);
}
