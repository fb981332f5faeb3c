//! Disputes: who opens one, who decides, and how the part goes on.

use serde_json::{Value, json};

use crate::world::{DAY, Part, Refunds, Script, World, shipped};

/// An order of three lamps at 5.00 that are on their way.
struct Scene {
    world: World,
    seller: String,
    buyer: String,
    part: Part,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start(Script::Pays);
        let ((lamp, seller), (_, buyer)) = (world.to_ship(10), world.user());
        let placed = world.create(&buyer, &shipped(&[(lamp, 3)]), &[]).await;
        let part = Part::of(&placed.body);
        let package = part.ship(&world, &seller, &part.everything()).await;
        assert_eq!(package.status, 201, "{package:?}");
        Self {
            world,
            seller,
            buyer,
            part,
        }
    }

    async fn resolved(&self, id: &str, decision: &Value) -> Value {
        let admin = self.world.admin();
        let step = (id, "resolve");
        let made = self.part.of_dispute(&self.world, &admin, step, decision);
        let made = made.await;
        assert_eq!(made.status, 200, "{made:?}");
        made.body
    }

    async fn seen(&self) -> Value {
        let path = self.part.order_path("");
        let order = self.world.host.get(&path, &self.buyer).await.body;
        order["fulfilments"][0].clone()
    }
}

#[tokio::test]
async fn a_part_with_an_open_dispute_does_not_complete_and_operators_find_it() {
    let scene = Scene::set().await;
    let (world, part) = (&scene.world, &scene.part);
    let opened = part.complains(world, &scene.buyer).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    assert_eq!(opened.header("location"), part.order_path(""));
    let id = opened.body["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "status": "open", "reason": "not_received", "comment": "It never arrived", "comments": [], "openedAt": world.now(),
    });
    assert_eq!(opened.body, expected);
    assert_eq!(scene.seen().await["disputes"], json!([expected]));
    world.clock.advance(90 * DAY);
    world
        .part_until(&scene.buyer, &part.order, "delivered")
        .await;
    assert_eq!(world.heard("ReleasePart"), 0);
    let admin = world.admin();
    let listed = async |query: &str, token: &str| {
        let page = world.host.get(&format!("/api/orders{query}"), token).await;
        assert_eq!(page.status, 200, "{page:?}");
        page.body["items"].as_array().unwrap().clone()
    };
    let disputed = listed("?disputed=true", &admin).await;
    assert_eq!(disputed[0]["id"], part.order.as_str());
    assert!(listed("?disputed=false", &admin).await.is_empty());
    for token in [&admin, &scene.buyer, &scene.seller] {
        let open = listed("/disputes?status=open", token).await;
        assert_eq!(open[0]["dispute"], expected);
        assert_eq!(open[0]["orderId"], part.order.as_str());
    }
    let (_, stranger) = world.user();
    assert!(listed("/disputes", &stranger).await.is_empty());
    scene
        .resolved(
            id,
            &json!({"outcome": "release", "comment": "The carrier has a signature"}),
        )
        .await;
    assert!(listed("?disputed=true", &admin).await.is_empty());
    assert!(listed("/disputes?status=open", &admin).await.is_empty());
    assert_eq!(listed("/disputes?status=resolved", &admin).await.len(), 1);
    world
        .part_until(&scene.buyer, &part.order, "completed")
        .await;
    world.until_heard("ReleasePart", 1).await;
}

#[tokio::test]
async fn a_dispute_that_is_decided_for_the_buyer_refunds_all_that_is_left() {
    let scene = Scene::set().await;
    let refunded = scene
        .part
        .refund(&scene.world, &scene.seller, ("amount", json!(100)), &[])
        .await;
    assert_eq!(refunded.status, 201, "{refunded:?}");
    let id = scene.part.has_complained(&scene.world, &scene.buyer).await;
    let decided = scene
        .resolved(&id, &json!({"outcome": "refund", "comment": "Lost"}))
        .await;
    assert_eq!(decided["outcome"], "refund");
    assert_eq!(decided["amount"]["amount"], 1400);
    assert_eq!(decided["answer"], "Lost");
    let order = scene
        .world
        .until(&scene.buyer, &scene.part.order, "refunded")
        .await;
    assert_eq!(order["paymentStatus"], "refunded");
    scene.world.until_heard("RefundPart", 2).await;
    assert_eq!(
        scene.world.heard("ReturnStock"),
        0,
        "the goods stay where they are"
    );
    let again = scene.part.complains(&scene.world, &scene.buyer).await;
    again.assert_problem(409, "move_not_allowed");
}

#[tokio::test]
async fn a_dispute_that_is_split_refunds_an_amount_and_the_part_goes_on() {
    let scene = Scene::set().await;
    let id = scene.part.has_complained(&scene.world, &scene.buyer).await;
    let split = json!({"outcome": "partial", "amount": {"amount": 400, "currency": "USD"}, "comment": "A scratch"});
    let decided = scene.resolved(&id, &split).await;
    assert_eq!(decided["amount"], json!({"amount": 400, "currency": "USD"}));
    let part = scene.seen().await;
    assert_eq!(part["status"], "shipped");
    assert_eq!(part["refunded"]["amount"], 400);
    let timeline = scene.part.timeline(&scene.world, &scene.seller).await;
    let fact = timeline
        .iter()
        .find(|fact| fact["move"] == "resolve_dispute")
        .unwrap();
    assert_eq!(fact["actor"]["role"], "admin");
    assert_eq!(fact["note"], "A scratch");
    assert_eq!(fact["details"]["disputeId"], id.as_str());
    assert_eq!(fact["details"]["amount"]["amount"], 400);
    scene.world.clock.advance(14 * DAY);
    let order = &scene.part.order;
    scene
        .world
        .part_until(&scene.buyer, order, "delivered")
        .await;
    scene.world.clock.advance(14 * DAY);
    scene
        .world
        .part_until(&scene.buyer, order, "completed")
        .await;
}

#[tokio::test]
async fn a_refund_of_a_dispute_whose_reply_is_late_is_asked_for_again_and_made_once() {
    let scene = Scene::set().await;
    *scene.world.refunds.lock().unwrap() = Refunds::Silent;
    let id = scene.part.has_complained(&scene.world, &scene.buyer).await;
    scene
        .resolved(
            &id,
            &json!({"outcome": "partial", "amount": 400, "comment": "A scratch"}),
        )
        .await;
    scene.world.until_heard("RefundPart", 1).await;
    *scene.world.refunds.lock().unwrap() = Refunds::Done;
    host::testing::eventually("the refund", || async {
        // A command is not sent again while it is still in the outbox.
        let clock = &scene.world.clock;
        clock.advance(std::time::Duration::from_secs(11));
        let timeline = scene.part.timeline(&scene.world, &scene.buyer).await;
        let done = timeline.iter().filter(|fact| fact["move"] == "refunded");
        (done.count() == 1).then_some(())
    })
    .await;
    assert_eq!(scene.seen().await["refunded"]["amount"], 400);
}

#[tokio::test]
async fn a_dispute_takes_the_place_of_a_return_and_what_is_withdrawn_can_be_said_again() {
    let scene = Scene::set().await;
    let (world, part) = (&scene.world, &scene.part);
    let package = scene.seen().await["shipments"][0]["id"].clone();
    let path = part.path(&format!("/shipments/{}/deliver", package.as_str().unwrap()));
    let arrived = world.make(&path, &scene.buyer, &json!({}), &[]).await;
    assert_eq!(arrived.status, 200, "{arrived:?}");
    part.has_asked_back(world, &scene.buyer, &part.items(&[(0, 1)]))
        .await;
    let id = part.has_complained(world, &scene.buyer).await;
    assert_eq!(scene.seen().await["returns"][0]["status"], "superseded");
    let again = part
        .asks_back(world, &scene.buyer, &part.items(&[(0, 1)]))
        .await;
    again.assert_problem(409, "move_not_allowed");
    let step = (id.as_str(), "withdraw");
    let withdrawn = part.of_dispute(world, &scene.buyer, step, &json!({})).await;
    assert_eq!(withdrawn.body["status"], "withdrawn", "{withdrawn:?}");
    assert_eq!(withdrawn.body["endedAt"], world.now());
    part.has_complained(world, &scene.buyer).await;
    assert_eq!(scene.seen().await["disputes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_decision_is_made_once_for_its_key_and_holds_to_the_version_of_the_part() {
    let scene = Scene::set().await;
    let (world, part, admin) = (&scene.world, &scene.part, scene.world.admin());
    let id = part.has_complained(world, &scene.buyer).await;
    let path = part.order_path(&format!("/disputes/{id}/resolve"));
    let decision = json!({"outcome": "partial", "amount": 400, "comment": "A scratch"});
    let stale = [("if-match", "\"1\"")];
    let stale = world.make(&path, &admin, &decision, &stale).await;
    stale.assert_problem(412, "precondition_failed");
    let version = format!("\"{}\"", scene.seen().await["version"]);
    let headers = [
        ("if-match", version.as_str()),
        ("idempotency-key", "decide"),
    ];
    let first = world.make(&path, &admin, &decision, &headers).await;
    let again = world.make(&path, &admin, &decision, &headers).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(scene.seen().await["refunded"]["amount"], 400);
}
