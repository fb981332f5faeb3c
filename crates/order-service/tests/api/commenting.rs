//! Comments on returns and disputes: who writes them, who sees them, and how many there can be.

use host::testing::Answer;
use serde_json::{Value, json};

use crate::world::{Part, Script, World, shipped};

/// An order of lamps that have arrived, from a seller and for a buyer with names.
struct Scene {
    world: World,
    seller: String,
    buyer: String,
    part: Part,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start(Script::Pays);
        let ((lamp, seller), (ada, buyer)) = (world.to_ship(10), world.user());
        let grace = world.desk.stock.lock().unwrap()[&lamp].0;
        world.named(grace, "Grace Hopper", 1).await;
        world.named(ada, "Ada Lovelace", 1).await;
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

    /// Says something about a case: `returns` or `disputes`, and which.
    async fn says(&self, token: &str, (kind, id): (&str, &str), text: &str) -> Answer {
        let path = self.part.order_path(&format!("/{kind}/{id}/comments"));
        let body = json!({"text": text});
        self.world.make(&path, token, &body, &[]).await
    }

    async fn seen(&self, token: &str) -> Value {
        let path = self.part.order_path("");
        let order = self.world.host.get(&path, token).await.body;
        order["fulfilments"][0].clone()
    }
}

#[tokio::test]
async fn both_sides_and_operators_comment_and_all_of_them_read_it() {
    let scene = Scene::set().await;
    let (world, part, admin) = (&scene.world, &scene.part, scene.world.admin());
    let items = part.items(&[(0, 1)]);
    let back = part.has_asked_back(world, &scene.buyer, &items).await;
    for (kind, list) in [("returns", "return"), ("disputes", "dispute")] {
        let id = match kind {
            "returns" => back.clone(),
            _ => part.has_complained(world, &scene.buyer).await,
        };
        let case = (kind, id.as_str());
        let mut last = Value::Null;
        for (token, text) in [
            (&scene.buyer, "Here is a picture:\nhttps://example.com/1"),
            (&scene.seller, "I cannot open it"),
            (&admin, "I can"),
        ] {
            let said = scene.says(token, case, text).await;
            assert_eq!(said.status, 201, "{said:?}");
            assert_eq!(said.header("location"), part.order_path(""));
            last = said.body;
        }
        let comments = last["comments"].as_array().unwrap();
        let told: Vec<_> = comments
            .iter()
            .map(|said| (&said["actor"]["role"], said["name"].as_str(), &said["at"]))
            .collect();
        let now = json!(world.now());
        let expected = [
            (&json!("buyer"), Some("Ada Lovelace"), &now),
            (&json!("seller"), Some("Grace Hopper"), &now),
            (&json!("admin"), None, &now),
        ];
        assert_eq!(told, expected);
        assert_eq!(
            comments[0]["text"],
            "Here is a picture:\nhttps://example.com/1"
        );
        for token in [&scene.buyer, &scene.seller, &admin] {
            assert_eq!(scene.seen(token).await[kind][0], last);
            let page = world.host.get(&format!("/api/orders/{kind}"), token).await;
            assert_eq!(page.body["items"][0][list], last);
            let timeline = part.timeline(world, token).await;
            let said = timeline.iter().rfind(|fact| fact["move"] == "comment");
            let said = said.unwrap();
            assert_eq!(said["note"], "I can");
            assert_eq!(said["details"][format!("{list}Id")], id.as_str());
        }
    }
}

#[tokio::test]
async fn a_comment_is_made_once_for_its_key_and_holds_to_the_version_of_the_part() {
    let scene = Scene::set().await;
    let (world, part) = (&scene.world, &scene.part);
    let id = part.has_complained(world, &scene.buyer).await;
    let path = part.order_path(&format!("/disputes/{id}/comments"));
    let body = json!({"text": "Hello?"});
    let stale = [("if-match", "\"1\"")];
    let stale = world.make(&path, &scene.buyer, &body, &stale).await;
    stale.assert_problem(412, "precondition_failed");
    let key = [("idempotency-key", "say")];
    let first = world.make(&path, &scene.buyer, &body, &key).await;
    let again = world.make(&path, &scene.buyer, &body, &key).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = json!({"text": "Hello!"});
    let other = world.make(&path, &scene.buyer, &other, &key).await;
    other.assert_problem(422, "idempotency_key_reused");
    let seen = scene.seen(&scene.buyer).await;
    assert_eq!(seen["disputes"][0]["comments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_comment_on_what_is_over_is_refused_and_so_is_one_too_many() {
    let scene = Scene::set().await;
    let (world, part) = (&scene.world, &scene.part);
    let id = part.has_complained(world, &scene.buyer).await;
    let case = ("disputes", id.as_str());
    for _ in 0..50 {
        assert_eq!(scene.says(&scene.buyer, case, "Well?").await.status, 201);
    }
    let before = scene.seen(&scene.buyer).await;
    let many = scene.says(&scene.buyer, case, "Well?").await;
    many.assert_problem(409, "limit_reached");
    assert_eq!(scene.seen(&scene.buyer).await, before);
    assert_eq!(scene.says(&scene.seller, case, "Wait").await.status, 201);
    let step = (id.as_str(), "withdraw");
    let over = part.of_dispute(world, &scene.buyer, step, &json!({})).await;
    assert_eq!(over.status, 200, "{over:?}");
    let before = scene.seen(&scene.buyer).await;
    let late = scene.says(&scene.seller, case, "Thank you").await;
    late.assert_problem(409, "move_not_allowed");
    let detail = late.body["detail"].as_str().unwrap();
    assert!(detail.contains("the dispute is open"), "{detail}");
    assert_eq!(scene.seen(&scene.buyer).await, before);
}
