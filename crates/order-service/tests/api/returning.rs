//! Returns: from the request to what was received, and every other end.

use std::time::Duration;

use contracts::reservations::ReturnPolicy;
use serde_json::{Value, json};

use crate::world::{DAY, Part, Script, World, shipped};

/// An order of three lamps that the buyer has.
struct Scene {
    world: World,
    seller: String,
    buyer: String,
    part: Part,
}

impl Scene {
    async fn set() -> Self {
        Self::with_policy(ReturnPolicy::default()).await
    }

    async fn with_policy(policy: ReturnPolicy) -> Self {
        let world = World::start(Script::Pays);
        *world.desk.returns.lock().unwrap() = policy;
        let ((lamp, seller), (_, buyer)) = (world.to_ship(10), world.user());
        let placed = world.create(&buyer, &shipped(&[(lamp, 3)]), &[]).await;
        let part = Part::of(&placed.body);
        part.arrives(&world, &seller, &buyer).await;
        Self {
            world,
            seller,
            buyer,
            part,
        }
    }

    async fn asked_back(&self, quantity: i64) -> String {
        let items = self.part.items(&[(0, quantity)]);
        let (part, world) = (&self.part, &self.world);
        part.has_asked_back(world, &self.buyer, &items).await
    }

    /// A step by the seller that has to be made.
    async fn seller_does(&self, id: &str, step: &str, body: &Value) -> Value {
        let made = self
            .part
            .of_return(&self.world, &self.seller, (id, step), body);
        let made = made.await;
        assert_eq!(made.status, 200, "{made:?}");
        made.body
    }

    async fn seen(&self) -> Value {
        let path = self.part.order_path("");
        let order = self.world.host.get(&path, &self.buyer).await.body;
        order["fulfilments"][0].clone()
    }

    /// Waits until the only return has this status.
    async fn until(&self, status: &str) -> Value {
        host::testing::eventually(&format!("return {status}"), || async {
            let part = self.seen().await;
            (part["returns"][0]["status"] == status).then_some(part)
        })
        .await
    }
}

#[tokio::test]
async fn items_come_back_in_parcels_and_are_refunded_and_restocked_or_written_off_once() {
    let scene = Scene::set().await;
    let part = &scene.part;
    let requested = part
        .asks_back(&scene.world, &scene.buyer, &part.items(&[(0, 2)]))
        .await;
    assert_eq!(requested.status, 201, "{requested:?}");
    assert_eq!(requested.header("location"), part.order_path(""));
    let id = requested.body["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "status": "requested", "reason": "damaged", "comment": "It has a crack",
        "items": [{"lineId": part.lines[0].0, "name": "Lamp", "quantity": 2, "received": 0}], "comments": [], "requestedAt": scene.world.now(),
    });
    assert_eq!(requested.body, expected);
    let approved = scene
        .seller_does(id, "approve", &json!({"comment": "To 1 High Street"}))
        .await;
    assert_eq!(approved["status"], "approved");
    assert_eq!(approved["answer"], "To 1 High Street");
    assert!(approved["expiresAt"].is_string());
    let first = scene
        .seller_does(id, "receive", &part.back(&[(0, 1, true)]))
        .await;
    assert_eq!(first["status"], "approved");
    assert_eq!(first["items"][0]["received"], 1);
    let second = scene
        .seller_does(id, "receive", &part.back(&[(0, 1, false)]))
        .await;
    assert_eq!(second["status"], "received");
    assert_eq!(second["endedAt"], scene.world.now());
    assert!(second.get("expiresAt").is_none());
    scene.world.until_heard("RefundPart", 2).await;
    scene.world.until_heard("ReturnStock", 2).await;
    let seen = scene.seen().await;
    let line = &seen["items"][0];
    assert_eq!(
        (
            &line["returned"],
            &line["refunded"],
            &line["refundedAmount"]["amount"]
        ),
        (&json!(2), &json!(2), &json!(1000))
    );
    let timeline = part.timeline(&scene.world, &scene.buyer).await;
    let received: Vec<&Value> = timeline
        .iter()
        .filter(|fact| fact["move"] == "receive_return")
        .collect();
    let details = |restocked: i64| {
        json!({
            "items": [{"lineId": part.lines[0].0, "quantity": 1}], "returnId": id, "restocked": restocked,
            "amount": {"amount": 500, "currency": "USD"},
        })
    };
    for (fact, restocked) in received.iter().zip([1, 0]) {
        assert_eq!(fact["actor"]["role"], "seller");
        let mut found = fact["details"].clone();
        assert!(found.as_object_mut().unwrap().remove("refundId").is_some());
        assert_eq!(found, details(restocked));
    }
    let request = timeline
        .iter()
        .find(|fact| fact["move"] == "request_return");
    assert_eq!(request.unwrap()["note"], "It has a crack");
}

#[tokio::test]
async fn a_line_may_be_received_partly_for_the_stock_and_partly_not_at_once() {
    let scene = Scene::set().await;
    let id = scene.asked_back(3).await;
    scene.seller_does(&id, "approve", &json!({})).await;
    let all = scene.part.back(&[(0, 2, true), (0, 1, false)]);
    let received = scene.seller_does(&id, "receive", &all).await;
    assert_eq!(received["status"], "received");
    let seen = scene.seen().await;
    assert_eq!(seen["items"][0]["returned"], 3);
    assert_eq!(seen["refunded"]["amount"], 1500);
}

#[tokio::test]
async fn several_returns_of_a_line_follow_each_other_and_the_part_waits_for_the_open_one() {
    let scene = Scene::set().await;
    for _ in 0..2 {
        let id = scene.asked_back(1).await;
        scene.seller_does(&id, "approve", &json!({})).await;
        let back = scene.part.back(&[(0, 1, true)]);
        scene.seller_does(&id, "receive", &back).await;
    }
    scene.world.clock.advance(13 * DAY);
    scene.asked_back(1).await;
    scene.world.clock.advance(90 * DAY);
    // Nobody has answered: the seller is not paid.
    scene.world.until_heard("RefundPart", 2).await;
    assert_eq!(scene.seen().await["status"], "delivered");
    assert_eq!(scene.world.heard("ReleasePart"), 0);
    let id = scene.seen().await["returns"][2]["id"].clone();
    let path = (id.as_str().unwrap(), "withdraw");
    let withdrawn = scene
        .part
        .of_return(&scene.world, &scene.buyer, path, &json!({}))
        .await;
    assert_eq!(withdrawn.body["status"], "withdrawn", "{withdrawn:?}");
    let order = &scene.part.order;
    scene
        .world
        .part_until(&scene.buyer, order, "completed")
        .await;
    scene.world.until_heard("ReleasePart", 1).await;
}

#[tokio::test]
async fn an_approved_return_that_nothing_follows_expires_and_the_part_completes() {
    let scene = Scene::set().await;
    let id = scene.asked_back(1).await;
    scene.seller_does(&id, "approve", &json!({})).await;
    scene.world.clock.advance(15 * DAY);
    let part = scene.until("expired").await;
    assert_eq!(part["refunded"]["amount"], 0);
    let order = &scene.part.order;
    scene
        .world
        .part_until(&scene.buyer, order, "completed")
        .await;
}

#[tokio::test]
async fn what_was_received_before_a_return_expires_makes_it_received() {
    let scene = Scene::set().await;
    let id = scene.asked_back(2).await;
    scene.seller_does(&id, "approve", &json!({})).await;
    scene.world.clock.advance(10 * DAY);
    scene
        .seller_does(&id, "receive", &scene.part.back(&[(0, 1, true)]))
        .await;
    // The time begins again with what was received.
    scene.world.clock.advance(10 * DAY);
    assert_eq!(scene.seen().await["returns"][0]["status"], "approved");
    scene.world.clock.advance(5 * DAY);
    scene.until("received").await;
}

#[tokio::test]
async fn a_denied_return_leaves_the_buyer_time_for_a_dispute() {
    let scene = Scene::set().await;
    scene.world.clock.advance(13 * DAY);
    let id = scene.asked_back(1).await;
    scene.world.clock.advance(5 * DAY);
    let denied = scene
        .seller_does(&id, "deny", &json!({"comment": "It was used"}))
        .await;
    assert_eq!(
        (&denied["status"], &denied["answer"]),
        (&json!("denied"), &json!("It was used"))
    );
    scene.world.clock.advance(2 * DAY);
    let dispute = scene.part.has_complained(&scene.world, &scene.buyer).await;
    let path = (dispute.as_str(), "withdraw");
    let withdrawn = scene
        .part
        .of_dispute(&scene.world, &scene.buyer, path, &json!({}))
        .await;
    assert_eq!(withdrawn.status, 200, "{withdrawn:?}");
    scene.world.clock.advance(2 * DAY);
    let order = &scene.part.order;
    scene
        .world
        .part_until(&scene.buyer, order, "completed")
        .await;
}

#[tokio::test]
async fn a_seller_who_takes_nothing_back_says_so_and_one_may_give_longer() {
    let none = ReturnPolicy {
        accepted: false,
        window_days: None,
    };
    let scene = Scene::with_policy(none).await;
    let before = scene.seen().await;
    let items = scene.part.items(&[(0, 1)]);
    let refused = scene
        .part
        .asks_back(&scene.world, &scene.buyer, &items)
        .await;
    refused.assert_problem(409, "move_not_allowed");
    assert_eq!(refused.body["allowed"], json!(["open_dispute"]));
    assert_eq!(scene.seen().await, before);

    let longer = ReturnPolicy {
        accepted: true,
        window_days: Some(60),
    };
    let scene = Scene::with_policy(longer).await;
    scene.world.clock.advance(59 * DAY);
    scene.asked_back(1).await;
}

#[tokio::test]
async fn a_move_of_a_return_holds_to_the_version_of_the_part_and_is_made_once_for_its_key() {
    let scene = Scene::set().await;
    let (world, part) = (&scene.world, &scene.part);
    let path = part.order_path("/returns");
    let body = json!({"fulfilmentId": part.id, "items": part.items(&[(0, 1)]), "reason": "other"});
    let stale = [("if-match", "\"1\"")];
    let stale = world.make(&path, &scene.buyer, &body, &stale).await;
    stale.assert_problem(412, "precondition_failed");
    let version = format!("\"{}\"", scene.seen().await["version"]);
    let headers = [("if-match", version.as_str()), ("idempotency-key", "ask")];
    let first = world.make(&path, &scene.buyer, &body, &headers).await;
    let again = world.make(&path, &scene.buyer, &body, &headers).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let id = first.body["id"].as_str().unwrap();
    scene.seller_does(id, "approve", &json!({})).await;
    let receive = part.order_path(&format!("/returns/{id}/receive"));
    let (back, key) = (part.back(&[(0, 1, true)]), [("idempotency-key", "back")]);
    let first = world.make(&receive, &scene.seller, &back, &key).await;
    let again = world.make(&receive, &scene.seller, &back, &key).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    let other = part.back(&[(0, 1, false)]);
    let other = world.make(&receive, &scene.seller, &other, &key).await;
    other.assert_problem(422, "idempotency_key_reused");
    world.until_heard("RefundPart", 1).await;
    assert_eq!(scene.seen().await["refunded"]["amount"], 500);
}

#[tokio::test]
async fn an_operator_makes_the_moves_of_both_with_a_note() {
    let scene = Scene::set().await;
    let (world, part, admin) = (&scene.world, &scene.part, scene.world.admin());
    let id = part
        .has_asked_back(world, &admin, &part.items(&[(0, 2)]))
        .await;
    let mut back = part.back(&[(0, 1, true)]);
    back["note"] = json!("The seller rang");
    for (step, body) in [
        ("approve", json!({"comment": "It is fair"})),
        ("receive", back),
        ("withdraw", json!({"note": "The buyer rang"})),
    ] {
        let made = part.of_return(world, &admin, (&id, step), &body).await;
        assert_eq!(made.status, 200, "{made:?}");
    }
    let timeline = part.timeline(world, &scene.seller).await;
    let notes: Vec<_> = timeline
        .iter()
        .filter(|fact| fact["actor"]["role"] == "admin")
        .map(|fact| fact["note"].as_str().unwrap())
        .collect();
    let expected = [
        "It has a crack",
        "It is fair",
        "The seller rang",
        "The buyer rang",
    ];
    assert_eq!(notes, expected);
    // Others give no note.
    let id = scene.asked_back(1).await;
    let greeting = json!({"note": "Hello"});
    let refused = part
        .of_return(world, &scene.buyer, (&id, "withdraw"), &greeting)
        .await;
    refused.assert_faults(&[("/note", "operators_only")]);
}

#[tokio::test]
async fn returns_are_listed_to_those_in_them_newest_first_by_status_and_page_by_page() {
    let world = World::start(Script::Pays);
    let ((lamp, grace), (chair, alan)) = (world.to_ship(100), world.to_ship(100));
    let ((ada, buyer), (_, stranger)) = (world.user(), world.user());
    world.named(ada, "Ada Lovelace", 1).await;
    let mut ids = Vec::new();
    for product in [lamp, chair, lamp] {
        let seller = if product == lamp { &grace } else { &alan };
        let placed = world.create(&buyer, &shipped(&[(product, 2)]), &[]).await;
        let part = Part::of(&placed.body);
        part.arrives(&world, seller, &buyer).await;
        let id = part
            .has_asked_back(&world, &buyer, &part.items(&[(0, 1)]))
            .await;
        ids.insert(0, (id, part));
        world.clock.advance(Duration::from_secs(1));
    }
    let (first, part) = &ids[2];
    let approved = part
        .of_return(&world, &grace, (first, "approve"), &json!({}))
        .await;
    assert_eq!(approved.status, 200, "{approved:?}");
    let all = |path: &str, token: &str| {
        let (path, token) = (path.to_owned(), token.to_owned());
        let host = &world.host;
        async move {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = host.get(&format!("{path}&limit=1{cursor}"), &token).await;
                assert_eq!(page.status, 200, "{page:?}");
                let items = page.body["items"].as_array().unwrap();
                found.extend(items.iter().map(|item| {
                    let id = item["return"]["id"].as_str().unwrap();
                    id.to_owned()
                }));
                match page.body["nextCursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => return found,
                }
            }
        }
    };
    let named: Vec<String> = ids.iter().map(|(id, _)| id.clone()).collect();
    let of_grace = [named[0].clone(), named[2].clone()];
    let path = "/api/orders/returns?";
    for (token, query, expected) in [
        (&buyer, "", &named[..]),
        (&buyer, "role=buyer", &named[..]),
        (&buyer, "role=seller", &[]),
        (&world.admin(), "", &named[..]),
        (&world.admin(), "role=seller", &[]),
        (&grace, "", &of_grace[..]),
        (&grace, "role=seller&status=requested", &named[..1]),
        (&grace, "status=approved", &named[2..]),
        (&alan, "", &named[1..2]),
        (&alan, "status=received", &[]),
        (&stranger, "", &[]),
    ] {
        let found = all(&format!("{path}{query}"), token).await;
        assert_eq!(found, expected, "{query}");
    }
    let page = world.host.get("/api/orders/returns?limit=1", &grace).await;
    let (id, part) = &ids[0];
    let item = &page.body["items"][0];
    assert_eq!(item["orderId"], part.order.as_str());
    assert_eq!(item["fulfilmentId"], part.id.as_str());
    assert_eq!(item["buyerName"], "Ada Lovelace");
    assert_eq!(item["seller"]["name"], "Grace");
    assert_eq!(item["return"]["id"], id.as_str());
    let cursor = page.body["nextCursor"].as_str().unwrap();
    for (query, pointer, code) in [
        (
            format!("status=approved&cursor={cursor}"),
            "?cursor",
            "invalid_cursor",
        ),
        ("status=lost".to_owned(), "?status", "unknown_value"),
        ("role=admin".to_owned(), "?role", "unknown_value"),
    ] {
        let refused = world.host.get(&format!("{path}{query}"), &grace).await;
        refused.assert_faults(&[(pointer, code)]);
    }
}
