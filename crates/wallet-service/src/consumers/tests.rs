//! The command queue: the outcome of a batch of messages, and what no message can do.

use std::sync::Arc;

use bus::{Handler, Outcome};
use contracts::wallet::{
    self, CancelOrderDebit, DebitForOrder, OrderDebited, RefundOrder, ReleaseEscrow, SellerShare,
};
use contracts::{Contract, Envelope, id_bytes};
use kernel::{MessageId, OrderId, UserId};

use super::commands;
use crate::store::harness::{NOW, World, usd};

fn handler(world: &World) -> Arc<dyn Handler> {
    let subscription = commands(world.app.clone());
    assert_eq!(subscription.queue, "wallet.commands");
    assert_eq!(subscription.messages.len(), 4);
    subscription.handler
}

fn sealed<M: Contract>(order: OrderId, step: &str, message: &M) -> Arc<Envelope> {
    Arc::new(Envelope::of_step(order, step, message, NOW))
}

fn debit(order: OrderId, buyer: UserId, total: i64) -> DebitForOrder {
    DebitForOrder {
        order_id: id_bytes(order.as_uuid()),
        buyer_id: id_bytes(buyer.as_uuid()),
        total: Some(usd(total).into()),
    }
}

#[tokio::test]
async fn the_four_commands_are_understood() {
    let world = World::sqlite();
    let (buyer, seller) = (world.user(), world.user());
    world.credit(buyer, usd(100)).await;
    let [paid, refunded, cancelled] = [world.order(), world.order(), world.order()];
    let order_id = |order: OrderId| id_bytes(order.as_uuid());
    let shares = vec![SellerShare {
        seller_id: id_bytes(seller.as_uuid()),
        amount: Some(usd(40).into()),
    }];
    let batch = vec![
        sealed(paid, "debit", &debit(paid, buyer, 40)),
        sealed(refunded, "debit", &debit(refunded, buyer, 60)),
        sealed(
            paid,
            "release-escrow",
            &ReleaseEscrow {
                order_id: order_id(paid),
                shares,
            },
        ),
        sealed(
            refunded,
            "refund",
            &RefundOrder {
                order_id: order_id(refunded),
                reason: "x".to_owned(),
            },
        ),
        sealed(
            cancelled,
            "cancel-debit",
            &CancelOrderDebit {
                order_id: order_id(cancelled),
                buyer_id: id_bytes(buyer.as_uuid()),
            },
        ),
    ];
    assert_eq!(handler(&world).handle(batch).await, vec![Outcome::Done; 5]);
    let names: Vec<String> = world
        .sent()
        .await
        .into_iter()
        .map(|sent| sent.name.replace("marketplace.wallet.v1.", ""))
        .collect();
    assert_eq!(
        names,
        [
            "OrderDebited",
            "OrderDebited",
            "EscrowReleased",
            "OrderRefunded",
            "OrderDebitCancelled"
        ]
    );
    assert_eq!(world.balance(buyer).await, (60, 0));
    assert_eq!(world.balance(seller).await, (0, 39));
    world.assert_clean().await;
}

#[tokio::test]
async fn a_malformed_command_is_rejected_alone_and_moves_nothing() {
    let world = World::sqlite();
    let buyer = world.user();
    world.credit(buyer, usd(100)).await;
    let order = world.order();
    let good = debit(order, buyer, 10);
    let bad = [
        DebitForOrder {
            total: None,
            ..good.clone()
        },
        DebitForOrder {
            total: Some(usd(0).into()),
            ..good.clone()
        },
        DebitForOrder {
            total: Some(usd(-5).into()),
            ..good.clone()
        },
        DebitForOrder {
            total: Some(usd(i64::MAX).into()),
            ..good.clone()
        },
        DebitForOrder {
            total: Some(wallet::Money {
                amount: 5,
                currency: "usd".to_owned(),
            }),
            ..good.clone()
        },
        DebitForOrder {
            order_id: vec![1, 2, 3].into(),
            ..good.clone()
        },
        DebitForOrder {
            buyer_id: Vec::new().into(),
            ..good.clone()
        },
    ];
    let mut batch: Vec<Arc<Envelope>> = bad
        .iter()
        .map(|message| sealed(world.order(), "debit", message))
        .collect();
    batch.push(Arc::new(Envelope {
        body: vec![0xff, 0xff].into(),
        ..(*sealed(order, "debit", &good)).clone()
    }));
    batch.push(sealed(order, "debited", &OrderDebited::default()));
    batch.insert(4, sealed(order, "debit", &good));
    let outcomes = handler(&world).handle(batch).await;
    for (place, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Outcome::Done => assert_eq!(place, 4),
            Outcome::Reject(_) => assert_ne!(place, 4),
            Outcome::Retry(why) | Outcome::Undeliverable(why) => panic!("{place}: {why}"),
        }
    }
    assert_eq!(world.sent().await.len(), 1);
    assert_eq!(world.balance(buyer).await, (90, 0));
    world.assert_clean().await;
}

#[tokio::test]
async fn a_redelivered_batch_is_answered_again_and_moves_nothing() {
    let world = World::sqlite();
    let buyer = world.user();
    world.credit(buyer, usd(100)).await;
    let batch: Vec<Arc<Envelope>> = (0..10)
        .map(|_| world.order())
        .map(|order| sealed(order, "debit", &debit(order, buyer, 10)))
        .collect();
    let handler = handler(&world);
    let mut replies: Vec<Vec<MessageId>> = Vec::new();
    for _ in 0..2 {
        assert_eq!(handler.handle(batch.clone()).await, vec![Outcome::Done; 10]);
        replies.push(world.sent().await.iter().map(|sent| sent.id).collect());
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(world.balance(buyer).await, (0, 0));
    world.assert_clean().await;
}
