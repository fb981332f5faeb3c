//! Reservations as the order service makes and ends them: by a call, then by messages.

use bus::Outcome;
use contracts::Envelope;
use contracts::reservations::{Agreed, Refusal, RequestedLine, ReserveRequest, Shortage};
use host::testing::eventually;
use product_service::Config;
use serde_json::json;

use crate::world::{World, lamp, with};

#[tokio::test]
async fn held_stock_is_sold_by_a_confirmation_and_comes_back_by_a_release() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let (paid, failed) = (world.order(), world.order());
    let held = world.reserve(paid, &buyer, &product, 3).await.unwrap();
    assert_eq!(
        (held[0].unit_price.amount, held[0].quantity.get()),
        (1299, 3)
    );
    world.reserve(failed, &buyer, &product, 5).await.unwrap();
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 32);
    for _ in 0..2 {
        assert_eq!(
            world.deliver(vec![world.confirmation(paid)]).await,
            [Outcome::Done]
        );
        assert_eq!(
            world.deliver(vec![world.release(failed)]).await,
            [Outcome::Done]
        );
    }
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 37);
    world.advance(100_000);
    assert_eq!(world.service.expire_reservations().await, Ok(0));
    assert!(world.heard.lock().unwrap().is_empty());
    world.assert_book_is_right();
}

#[tokio::test]
async fn the_sweeper_returns_stock_whose_lease_has_run_out_and_a_late_confirmation_is_answered() {
    let world = World::with_config(&Config {
        lease_seconds: 60,
        sweep_seconds: 1,
        ..Config::default()
    });
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let orders: Vec<_> = (0..3).map(|_| world.order()).collect();
    for order in &orders {
        world.reserve(*order, &buyer, &product, 10).await.unwrap();
    }
    world.advance(61);
    eventually("the sweep", async || {
        let stock = world.get(&buyer, &product).await.body["stock"].as_i64();
        (stock == Some(40)).then_some(())
    })
    .await;
    let late = world.confirmation(orders[0]);
    for times in 1..=2 {
        // A resend gets another answer: the first one may have been lost. While that is in the outbox, it is not sent twice.
        eventually("the answer", async || {
            assert_eq!(world.deliver(vec![late.clone()]).await, [Outcome::Done]);
            (world.heard.lock().unwrap().len() >= times).then_some(())
        })
        .await;
    }
    assert!(
        world
            .heard
            .lock()
            .unwrap()
            .iter()
            .all(|order| *order == orders[0])
    );
    assert_eq!(
        world.reserve(orders[1], &buyer, &product, 10).await,
        Err(Refusal::Over)
    );
    world.assert_book_is_right();
}

#[tokio::test]
async fn more_leases_than_one_step_takes_are_all_swept() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world
        .list(&seller, &with(lamp(), json!({"stock": 250})))
        .await;
    for _ in 0..250 {
        world
            .reserve(world.order(), &buyer, &product, 1)
            .await
            .unwrap();
    }
    world.advance(900);
    assert_eq!(world.service.expire_reservations().await, Ok(250));
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 250);
    world.assert_book_is_right();
}

#[tokio::test]
async fn a_malformed_message_is_rejected_alone() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let (one, other) = (world.order(), world.order());
    for order in [one, other] {
        world.reserve(order, &buyer, &product, 1).await.unwrap();
    }
    let garbled = Envelope {
        body: b"\xff\xff"[..].into(),
        ..world.release(world.order())
    };
    let no_order = Envelope {
        body: b"\x0a\x01\x00"[..].into(),
        ..world.release(world.order())
    };
    let outcomes = world
        .deliver(vec![
            world.release(one),
            garbled,
            no_order,
            world.release(other),
        ])
        .await;
    assert!(matches!(
        outcomes.as_slice(),
        [
            Outcome::Done,
            Outcome::Reject(_),
            Outcome::Reject(_),
            Outcome::Done
        ]
    ));
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 40);
}

#[tokio::test]
async fn what_was_sold_comes_back_once_and_no_more_than_was_sold() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let (order, other) = (world.order(), world.order());
    for order in [order, other] {
        world.reserve(order, &buyer, &product, 3).await.unwrap();
        world.deliver(vec![world.confirmation(order)]).await;
    }
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 34);
    let back = world.stock_return(order, (&product, 2, 1));
    for batch in [vec![back.clone()], vec![back.clone(), back]] {
        let outcomes = world.deliver(batch).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Done));
    }
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 36);
    // A refusal is an answer, too: the message is not tried again.
    let excessive = world.stock_return(other, (&product, 3, 1));
    assert_eq!(world.deliver(vec![excessive]).await, [Outcome::Done]);
    let nothing = world.stock_return(other, (&product, 0, 0));
    let outcomes = world.deliver(vec![nothing]).await;
    assert!(matches!(outcomes.as_slice(), [Outcome::Reject(_)]));
    assert_eq!(world.get(&buyer, &product).await.body["stock"], 36);
    world.assert_book_is_right();
}

#[tokio::test]
async fn nobody_holds_their_own_product_or_more_than_there_is() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world
        .list(&seller, &with(lamp(), json!({"stock": 2})))
        .await;
    let id = product["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        world.reserve(world.order(), &seller, &product, 1).await,
        Err(Refusal::OwnProducts(vec![id]))
    );
    let short = Shortage {
        variant: None,
        product: id,
        requested: 3,
        available: 2,
    };
    assert_eq!(
        world.reserve(world.order(), &buyer, &product, 3).await,
        Err(Refusal::OutOfStock(vec![short]))
    );
    assert_eq!(world.get(&seller, &product).await.body, product);
}

#[tokio::test]
async fn stock_that_a_seller_sets_while_orders_run_never_oversells() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world
        .list(&seller, &with(lamp(), json!({"stock": 20})))
        .await;
    let mut tasks = Vec::new();
    for _ in 0..60 {
        let (service, order, buyer) = (world.service.clone(), world.order(), buyer.id);
        let line = RequestedLine {
            agreed: Agreed::default(),
            product: product["id"].as_str().unwrap().parse().unwrap(),
            variant: None,
            quantity: kernel::Quantity::new(1).unwrap(),
        };
        tasks.push(tokio::spawn(async move {
            let request = ReserveRequest {
                expected_total: None,
                order,
                buyer,
                lines: vec![line],
            };
            service.reserve(request).await.unwrap().is_ok()
        }));
    }
    for stock in [5, 0, 9] {
        let edit = json!({"id": product["id"], "stock": stock});
        assert_eq!(world.update(&seller, &edit).await.status, 200);
    }
    for task in tasks {
        task.await.unwrap();
    }
    world.assert_book_is_right();
    assert!(
        world.get(&seller, &product).await.body["stock"]
            .as_i64()
            .unwrap()
            >= 0
    );
}
