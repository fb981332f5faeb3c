//! Returns and disputes that break a rule: each returns a clear problem, writes nothing and sends nothing.

use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{DAY, Part, Script, World, shipped};

const SOME_ID: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

/// An order of two sellers, of which the buyer has one part and the other one is not shipped.
struct Scene {
    world: World,
    buyer: String,
    grace: String,
    alan: String,
    stranger: String,
    admin: String,
    /// Has arrived.
    lamps: Part,
    /// Are not shipped.
    chairs: Part,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start(Script::Pays);
        let ((lamp, grace), (chair, alan)) = (world.to_ship(10), world.to_ship(10));
        let ((_, buyer), (_, stranger)) = (world.user(), world.user());
        let admin = world.admin();
        let order = shipped(&[(lamp, 2), (chair, 2)]);
        let placed = world.create(&buyer, &order, &[]).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let [lamps, chairs] = Part::all(&placed.body).try_into().ok().unwrap();
        lamps.arrives(&world, &grace, &buyer).await;
        Self {
            world,
            buyer,
            grace,
            alan,
            stranger,
            admin,
            lamps,
            chairs,
        }
    }

    /// Everything that a refused request must not change.
    async fn look(&self) -> (Value, Value, usize) {
        let path = self.lamps.order_path("");
        let order = self.world.host.get(&path, &self.admin).await;
        let timeline = self.lamps.timeline(&self.world, &self.admin).await;
        let heard = self.world.heard.lock().unwrap().len();
        (order.body, json!(timeline), heard)
    }

    async fn asked_back(&self, quantity: i64) -> String {
        let items = self.lamps.items(&[(0, quantity)]);
        let requested = self.lamps.has_asked_back(&self.world, &self.buyer, &items);
        requested.await
    }

    async fn approved(&self, quantity: i64) -> String {
        let id = self.asked_back(quantity).await;
        let step = (id.as_str(), "approve");
        let approved = self
            .lamps
            .of_return(&self.world, &self.grace, step, &json!({}))
            .await;
        assert_eq!(approved.status, 200, "{approved:?}");
        id
    }
}

#[rstest]
#[case(json!({}), &[("/fulfilmentId", "required"), ("/items", "required"), ("/reason", "required")])]
#[case(json!({"fulfilmentId": "x", "items": 5, "reason": "because", "comment": ""}),
    &[("/fulfilmentId", "invalid_id"), ("/items", "invalid_type"), ("/reason", "unknown_value"), ("/comment", "too_short")])]
#[case(json!({"fulfilmentId": "$PART", "items": [], "reason": "other"}), &[("/items", "too_short")])]
#[case(json!({"fulfilmentId": "$PART", "items": [{"lineId": SOME_ID, "quantity": 1}], "reason": "other"}), &[("/items/0/lineId", "unknown_line")])]
#[case(json!({"fulfilmentId": "$PART", "items": [{"lineId": SOME_ID, "quantity": 0}], "reason": "other", "comment": "x".repeat(2001)}),
    &[("/items/0/quantity", "out_of_range"), ("/comment", "too_long")])]
#[tokio::test]
async fn a_request_for_a_return_is_told_every_fault(
    #[case] mut body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let scene = Scene::set().await;
    let before = scene.look().await;
    if body["fulfilmentId"] == "$PART" {
        body["fulfilmentId"] = json!(scene.lamps.id);
    }
    let path = scene.lamps.order_path("/returns");
    let refused = scene.world.make(&path, &scene.buyer, &body, &[]).await;
    refused.assert_faults(faults);
    assert_eq!(scene.look().await, before);
}

#[rstest]
#[case("approve", json!({"comment": ""}), &[("/comment", "too_short")])]
#[case("approve", json!({"comment": 5, "refund": true}), &[("/comment", "invalid_type"), ("/refund", "unknown_field")])]
#[case("deny", json!({}), &[("/comment", "required")])]
#[case("comments", json!({}), &[("/text", "required")])]
#[case("comments", json!({"text": " \n "}), &[("/text", "too_short")])]
#[case("comments", json!({"text": "x".repeat(2001), "to": "seller"}), &[("/text", "too_long"), ("/to", "unknown_field")])]
#[case("receive", json!({}), &[("/items", "required")])]
#[case("receive", json!({"items": []}), &[("/items", "too_short")])]
#[case("receive", json!({"items": [{"lineId": SOME_ID, "quantity": 1}]}), &[("/items/0/restock", "required")])]
#[case("receive", json!({"items": [{"lineId": SOME_ID, "quantity": 1, "restock": true}]}), &[("/items/0/lineId", "unknown_line")])]
#[case("receive", json!({"items": [{"lineId": SOME_ID, "quantity": 1, "restock": true}], "note": "x"}), &[("/note", "operators_only")])]
#[tokio::test]
async fn a_step_of_a_return_is_told_every_fault(
    #[case] step: &str,
    #[case] body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let scene = Scene::set().await;
    let id = if step == "receive" {
        scene.approved(1).await
    } else {
        scene.asked_back(1).await
    };
    let before = scene.look().await;
    let refused = scene
        .lamps
        .of_return(&scene.world, &scene.grace, (&id, step), &body);
    refused.await.assert_faults(faults);
    assert_eq!(scene.look().await, before);
}

#[rstest]
#[case(json!({}), &[("/outcome", "required"), ("/comment", "required")])]
#[case(json!({"outcome": "split", "comment": "x"}), &[("/outcome", "unknown_value")])]
#[case(json!({"outcome": "partial", "comment": "x"}), &[("/amount", "required")])]
#[case(json!({"outcome": "refund", "amount": 5, "comment": "x"}), &[("/amount", "partial_only")])]
#[case(json!({"outcome": "release", "amount": 5, "comment": "x"}), &[("/amount", "partial_only")])]
#[case(json!({"outcome": "partial", "amount": 0, "comment": ""}), &[("/amount", "out_of_range"), ("/comment", "too_short")])]
#[case(json!({"outcome": "partial", "amount": {"amount": 5, "currency": "EUR"}, "comment": "x"}), &[("/amount/currency", "wrong_currency")])]
#[tokio::test]
async fn a_decision_is_told_every_fault(#[case] body: Value, #[case] faults: &[(&str, &str)]) {
    let scene = Scene::set().await;
    let id = scene.lamps.has_complained(&scene.world, &scene.buyer).await;
    let before = scene.look().await;
    let step = (id.as_str(), "resolve");
    let refused = scene
        .lamps
        .of_dispute(&scene.world, &scene.admin, step, &body);
    refused.await.assert_faults(faults);
    assert_eq!(scene.look().await, before);
}

#[tokio::test]
async fn returning_what_did_not_arrive_or_more_than_that_or_too_late_or_twice_is_refused() {
    let scene = Scene::set().await;
    let (world, lamps, chairs) = (&scene.world, &scene.lamps, &scene.chairs);
    let before = scene.look().await;
    let early = chairs
        .asks_back(world, &scene.buyer, &chairs.items(&[(0, 1)]))
        .await;
    early.assert_problem(409, "move_not_allowed");
    assert_eq!(early.body["allowed"], json!(["cancel"]));
    for items in [lamps.items(&[(0, 3)]), lamps.items(&[(0, 2), (0, 1)])] {
        let much = lamps.asks_back(world, &scene.buyer, &items).await;
        much.assert_problem(409, "move_not_allowed");
        let detail = much.body["detail"].as_str().unwrap();
        assert!(detail.contains("2 are left"), "{detail}");
    }
    assert_eq!(scene.look().await, before);

    // Twice: while one is open, and what is refunded already.
    let id = scene.approved(1).await;
    let before = scene.look().await;
    let twice = lamps
        .asks_back(world, &scene.buyer, &lamps.items(&[(0, 1)]))
        .await;
    twice.assert_problem(409, "move_not_allowed");
    assert_eq!(
        twice.body["allowed"],
        json!(["withdraw_return", "open_dispute"])
    );
    assert_eq!(scene.look().await, before);
    let received = lamps
        .of_return(
            world,
            &scene.grace,
            (&id, "receive"),
            &lamps.back(&[(0, 1, true)]),
        )
        .await;
    assert_eq!(received.status, 200, "{received:?}");
    world.until_heard("ReturnStock", 1).await;
    let again = lamps
        .asks_back(world, &scene.buyer, &lamps.items(&[(0, 2)]))
        .await;
    again.assert_problem(409, "move_not_allowed");

    world.clock.advance(15 * DAY);
    let late = lamps
        .asks_back(world, &scene.buyer, &lamps.items(&[(0, 1)]))
        .await;
    late.assert_problem(409, "move_not_allowed");
}

#[tokio::test]
async fn receiving_more_than_was_requested_or_again_or_what_is_not_approved_is_refused() {
    let scene = Scene::set().await;
    let (world, lamps) = (&scene.world, &scene.lamps);
    let id = scene.asked_back(1).await;
    let receive = async |received: &[(usize, i64, bool)]| {
        let body = lamps.back(received);
        let step = (id.as_str(), "receive");
        lamps.of_return(world, &scene.grace, step, &body).await
    };
    let before = scene.look().await;
    let early = receive(&[(0, 1, true)]).await;
    early.assert_problem(409, "move_not_allowed");
    assert_eq!(scene.look().await, before);
    let approved = lamps
        .of_return(world, &scene.grace, (&id, "approve"), &json!({}))
        .await;
    assert_eq!(approved.status, 200, "{approved:?}");
    let before = scene.look().await;
    for received in [&[(0, 2, true)][..], &[(0, 1, true), (0, 1, false)]] {
        let much = receive(received).await;
        much.assert_problem(409, "move_not_allowed");
        assert_eq!(scene.look().await, before);
    }
    assert_eq!(receive(&[(0, 1, true)]).await.status, 200);
    receive(&[(0, 1, true)])
        .await
        .assert_problem(409, "move_not_allowed");
    for step in ["approve", "deny", "withdraw"] {
        let body = if step == "deny" {
            json!({"comment": "x"})
        } else {
            json!({})
        };
        let late = lamps
            .of_return(world, &scene.admin, (&id, step), &body)
            .await;
        late.assert_problem(409, "move_not_allowed");
    }
}

#[tokio::test]
async fn what_an_open_return_holds_is_not_refunded_beside_it() {
    let scene = Scene::set().await;
    let (world, lamps) = (&scene.world, &scene.lamps);
    scene.asked_back(1).await;
    let before = scene.look().await;
    let both = lamps.items(&[(0, 2)]);
    let refused = lamps
        .refund(world, &scene.grace, ("items", both), &[])
        .await;
    refused.assert_problem(409, "move_not_allowed");
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("1 are left"), "{detail}");
    assert_eq!(scene.look().await, before);
    let one = lamps.items(&[(0, 1)]);
    let free = lamps.refund(world, &scene.grace, ("items", one), &[]).await;
    assert_eq!(free.status, 201, "{free:?}");
}

#[tokio::test]
async fn resolving_for_more_than_is_left_is_refused() {
    let scene = Scene::set().await;
    let (world, lamps) = (&scene.world, &scene.lamps);
    let refunded = lamps
        .refund(world, &scene.grace, ("amount", json!(300)), &[])
        .await;
    assert_eq!(refunded.status, 201, "{refunded:?}");
    let id = lamps.has_complained(world, &scene.buyer).await;
    let before = scene.look().await;
    let much = json!({"outcome": "partial", "amount": 701, "comment": "x"});
    let much = lamps
        .of_dispute(world, &scene.admin, (&id, "resolve"), &much)
        .await;
    much.assert_problem(409, "refund_exceeds");
    assert_eq!(much.body["left"]["amount"], 700);
    assert_eq!(scene.look().await, before);
}

#[tokio::test]
async fn a_dispute_before_anything_is_shipped_or_a_second_one_is_refused() {
    let scene = Scene::set().await;
    let world = &scene.world;
    let before = scene.look().await;
    let early = scene.chairs.complains(world, &scene.buyer).await;
    early.assert_problem(409, "move_not_allowed");
    assert_eq!(scene.look().await, before);
    scene.lamps.has_complained(world, &scene.buyer).await;
    let second = scene.lamps.complains(world, &scene.buyer).await;
    second.assert_problem(409, "move_not_allowed");
    assert_eq!(second.body["allowed"], json!(["withdraw_dispute"]));
}

/// Who sends a request: the buyer, the seller, another seller in the order, a stranger. None where it is allowed.
type Refusals = [Option<(u16, &'static str)>; 4];

const FORBIDDEN: Option<(u16, &str)> = Some((403, "forbidden"));
const NO_ORDER: Option<(u16, &str)> = Some((404, "order_not_found"));
const NO_PART: Option<(u16, &str)> = Some((404, "fulfilment_not_found"));
const NO_RETURN: Option<(u16, &str)> = Some((404, "return_not_found"));
const NO_DISPUTE: Option<(u16, &str)> = Some((404, "dispute_not_found"));

impl Scene {
    async fn each_is_refused(&self, path: &str, body: &Value, refusals: Refusals) {
        let before = self.look().await;
        let people = [&self.buyer, &self.grace, &self.alan, &self.stranger];
        for (token, refusal) in people.into_iter().zip(refusals) {
            if let Some((status, code)) = refusal {
                let refused = self.world.make(path, token, body, &[]).await;
                refused.assert_problem(status, code);
            }
        }
        let unknown = self.world.make(path, "", body, &[]).await;
        unknown.assert_problem(401, "unauthenticated");
        assert_eq!(self.look().await, before, "{path}");
    }
}

#[tokio::test]
async fn a_step_by_the_wrong_person_is_refused_and_what_they_may_not_see_is_not_there() {
    let scene = Scene::set().await;
    let lamps = &scene.lamps;
    let request =
        json!({"fulfilmentId": lamps.id, "items": lamps.items(&[(0, 1)]), "reason": "other"});
    let dispute = json!({"fulfilmentId": lamps.id, "reason": "other", "comment": "x"});
    let of_buyer = [None, FORBIDDEN, NO_PART, NO_ORDER];
    for (path, body) in [("/returns", &request), ("/disputes", &dispute)] {
        scene
            .each_is_refused(&lamps.order_path(path), body, of_buyer)
            .await;
    }
    let id = scene.approved(1).await;
    let step = |step: &str| lamps.order_path(&format!("/returns/{id}/{step}"));
    let said = json!({"comment": "x"});
    for (name, body, refusals) in [
        ("approve", &said, [FORBIDDEN, None, NO_RETURN, NO_ORDER]),
        ("deny", &said, [FORBIDDEN, None, NO_RETURN, NO_ORDER]),
        (
            "receive",
            &lamps.back(&[(0, 1, true)]),
            [FORBIDDEN, None, NO_RETURN, NO_ORDER],
        ),
        (
            "withdraw",
            &json!({}),
            [None, FORBIDDEN, NO_RETURN, NO_ORDER],
        ),
        (
            "comments",
            &json!({"text": "x"}),
            [None, None, NO_RETURN, NO_ORDER],
        ),
    ] {
        scene.each_is_refused(&step(name), body, refusals).await;
    }
    let id = lamps.has_complained(&scene.world, &scene.buyer).await;
    let step = |step: &str| lamps.order_path(&format!("/disputes/{id}/{step}"));
    let decision = json!({"outcome": "release", "comment": "x"});
    let of_operators = [FORBIDDEN, FORBIDDEN, NO_DISPUTE, NO_ORDER];
    scene
        .each_is_refused(&step("resolve"), &decision, of_operators)
        .await;
    let refusals = [None, FORBIDDEN, NO_DISPUTE, NO_ORDER];
    scene
        .each_is_refused(&step("withdraw"), &json!({}), refusals)
        .await;
    let refusals = [None, None, NO_DISPUTE, NO_ORDER];
    let said = json!({"text": "x"});
    scene
        .each_is_refused(&step("comments"), &said, refusals)
        .await;
    for (path, code) in [
        (
            lamps.order_path(&format!("/returns/{SOME_ID}/withdraw")),
            "return_not_found",
        ),
        (lamps.order_path("/returns/1/withdraw"), "return_not_found"),
        (
            lamps.order_path(&format!("/disputes/{SOME_ID}/withdraw")),
            "dispute_not_found",
        ),
        (
            lamps.order_path("/disputes/1/withdraw"),
            "dispute_not_found",
        ),
        (
            format!("/api/orders/{SOME_ID}/disputes/{id}/withdraw"),
            "order_not_found",
        ),
    ] {
        let refused = scene.world.make(&path, &scene.buyer, &json!({}), &[]).await;
        refused.assert_problem(404, code);
    }
    let path = "/api/orders?disputed=true";
    let refused = scene.world.host.get(path, &scene.grace).await;
    refused.assert_problem(403, "forbidden");
}
