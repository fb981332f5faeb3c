//! Holding stock over HTTP, as the order service does. The answer carries everything that an in-process call returns.

use std::collections::BTreeMap;

use contracts::reservations::{
    Agreed, Delivery, PATH, Refusal, RequestedLine, ReserveAnswer, ReserveRequest, ReservedLine,
    Shortage,
};
use host::testing::Answer;
use kernel::{Money, OrderId, ProductId, Quantity};
use serde_json::{Value, json};

use crate::world::{User, World, lamp, with};

fn id(product: &Value) -> ProductId {
    product["id"].as_str().unwrap().parse().unwrap()
}

impl World {
    async fn ask(&self, order: OrderId, buyer: &User, lines: &[(ProductId, i64)]) -> Answer {
        let lines = lines.iter().map(|&(product, quantity)| RequestedLine {
            agreed: Agreed::default(),
            product,
            variant: None,
            quantity: Quantity::new(quantity).unwrap(),
        });
        let request = ReserveRequest {
            expected_total: None,
            order,
            buyer: buyer.id,
            lines: lines.collect(),
        };
        let body = serde_json::to_value(request).unwrap();
        // No token: every client that can reach the port is trusted.
        let request = self.host.request(reqwest::Method::POST, PATH, "");
        Answer::of(request.json(&body)).await
    }
}

fn read(answer: &Answer) -> ReserveAnswer {
    serde_json::from_value(answer.body.clone()).unwrap()
}

#[tokio::test]
async fn stock_is_held_and_the_same_order_again_gets_the_same_answer() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let order = world.order();
    world.deliver(vec![world.naming(&seller, "Ada", 1)]).await;
    let line = |quantity| ReservedLine {
        returns: contracts::reservations::ReturnPolicy::default(),
        product: id(&product),
        variant: None,
        options: BTreeMap::new(),
        seller: seller.id,
        seller_name: Some("Ada".to_owned()),
        category: "Home".to_owned(),
        delivery: Delivery::None,
        name: "Desk lamp".to_owned(),
        unit_price: Money::new(1299, kernel::Currency::USD),
        quantity: Quantity::new(quantity).unwrap(),
    };
    for _ in 0..2 {
        let lines = [(id(&product), 2), (id(&product), 1)];
        let answer = world.ask(order, &buyer, &lines).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let held = ReserveAnswer::Reserved(vec![line(2), line(1)]);
        assert_eq!(read(&answer), held);
    }
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 37);
    world.deliver(vec![world.release(order)]).await;
    let answer = world.ask(order, &buyer, &[(id(&product), 2)]).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert_eq!(read(&answer), ReserveAnswer::Refused(Refusal::Over));
}

#[tokio::test]
async fn a_refusal_says_all_that_is_wrong() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let price = |amount, currency| json!({"price": {"amount": amount, "currency": currency}});
    let euros = world.list(&seller, &with(lamp(), price(1, "EUR"))).await;
    let dear = with(lamp(), price(Money::MAX_AMOUNT, "USD"));
    let dear = world.list(&seller, &dear).await;
    let unknown: ProductId = world.unknown_product().parse().unwrap();
    let (lamp, euros, dear) = (id(&product), id(&euros), id(&dear));
    let shortage = Shortage {
        product: lamp,
        variant: None,
        requested: 41,
        available: 40,
    };
    let cases = [
        (
            &buyer,
            vec![(lamp, 20), (lamp, 21)],
            Refusal::OutOfStock(vec![shortage]),
        ),
        (
            &buyer,
            vec![(unknown, 1), (lamp, 1)],
            Refusal::UnknownProducts(vec![unknown]),
        ),
        (&seller, vec![(lamp, 1)], Refusal::OwnProducts(vec![lamp])),
        (
            &buyer,
            vec![(lamp, 1), (euros, 1)],
            Refusal::MixedCurrencies,
        ),
        (&buyer, vec![(dear, 2)], Refusal::TotalTooLarge),
        (&buyer, vec![], Refusal::UnknownProducts(vec![])),
    ];
    for (asker, lines, refusal) in cases {
        let answer = world.ask(world.order(), asker, &lines).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        assert_eq!(read(&answer), ReserveAnswer::Refused(refusal));
    }
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 40);
}

#[tokio::test]
async fn another_price_than_was_agreed_is_told_with_what_it_is_now() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let line = json!({"product": product["id"], "quantity": 1, "agreed": {"unitPrice": {"amount": 1298, "currency": "USD"}}});
    let total = json!({"amount": 1298, "currency": "USD"});
    for terms in [
        json!({"lines": [line]}),
        json!({"lines": [{"product": product["id"], "quantity": 1}], "expectedTotal": total}),
    ] {
        let body = with(json!({"order": world.order(), "buyer": buyer.id}), terms);
        let answer = world.host.post(PATH, "", &body).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        let now = json!({"amount": 1299, "currency": "USD"});
        let lines = json!([{"product": product["id"], "unitPrice": now, "version": 1}]);
        let expected = json!({"refused": {"priceChanged": {"lines": lines, "total": now}}});
        assert_eq!(answer.body, expected);
    }
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 40);
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused() {
    let world = World::new();
    for body in [
        json!({}),
        json!({"order": "x", "buyer": "y", "lines": []}),
        json!({"order": world.order(), "buyer": world.user().id, "lines": [{"product": world.unknown_product(), "quantity": 0}]}),
    ] {
        let answer = world.host.post(PATH, "", &body).await;
        answer.assert_problem(422, "validation_failed");
    }
}

#[cfg(feature = "mongo")]
#[tokio::test]
async fn a_store_that_cannot_answer_is_503() {
    let store = host::service::StoreConfig::Mongo {
        uri: "mongodb://127.0.0.1:1/?replicaSet=none".to_owned().into(),
        database: "nowhere".to_owned(),
    };
    let dir = tempfile::tempdir().unwrap();
    let world = World::with_store(&product_service::Config::default(), store, dir);
    let product = world.unknown_product().parse().unwrap();
    let answer = world
        .ask(world.order(), &world.user(), &[(product, 1)])
        .await;
    answer.assert_problem(503, "unavailable");
}
