//! The command queue: the outcome of a batch of messages, and what no message can do.

use std::sync::Arc;

use bus::{Handler, Outcome};
use contracts::wallet::{
    self, CancelOrderDebit, DebitForOrder, DebitLine, DebitPart, OrderDebited, RefundLine,
    RefundPart, ReleasePart,
};
use contracts::{Contract, Envelope, id_bytes};
use kernel::{MessageId, OrderId, RefundId, UserId};

use super::commands;
use crate::store::harness::{NOW, World, line_id, part_id, somebody, usd};

fn handler(world: &World) -> Arc<dyn Handler> {
    let subscription = commands(world.app.clone());
    assert_eq!(subscription.queue, "wallet.commands");
    assert_eq!(subscription.messages.len(), 4);
    subscription.handler
}

fn sealed<M: Contract>(order: OrderId, step: &str, message: &M) -> Arc<Envelope> {
    Arc::new(Envelope::of_step(order, step, message, NOW))
}

fn line(place: u128, unit_price: i64, quantity: i64) -> DebitLine {
    DebitLine {
        line_id: id_bytes(line_id(place).as_uuid()),
        product_id: id_bytes(somebody().as_uuid()),
        category: "books".to_owned(),
        unit_price,
        quantity,
    }
}

fn part(place: u128, seller: UserId, lines: Vec<DebitLine>) -> DebitPart {
    DebitPart {
        fulfilment_id: id_bytes(part_id(place).as_uuid()),
        seller_id: id_bytes(seller.as_uuid()),
        lines,
    }
}

fn debit(order: OrderId, buyer: UserId, total: i64) -> DebitForOrder {
    DebitForOrder {
        order_id: id_bytes(order.as_uuid()),
        buyer_id: id_bytes(buyer.as_uuid()),
        total: Some(usd(total).into()),
        parts: vec![part(0, somebody(), vec![line(0, total, 1)])],
    }
}

fn refund(order: OrderId, world: &World, lines: &[(u128, i64)]) -> RefundPart {
    let lines = lines.iter().map(|(line, amount)| RefundLine {
        line_id: id_bytes(line_id(*line).as_uuid()),
        amount: *amount,
    });
    RefundPart {
        order_id: id_bytes(order.as_uuid()),
        fulfilment_id: id_bytes(part_id(0).as_uuid()),
        refund_id: id_bytes(RefundId::new(&world.ids).as_uuid()),
        lines: lines.collect(),
    }
}

#[tokio::test]
async fn the_four_commands_are_understood() {
    let world = World::sqlite();
    let (buyer, seller) = (world.user(), world.user());
    world.credit(buyer, usd(100)).await;
    let [paid, cancelled] = [world.order(), world.order()];
    let bought = DebitForOrder {
        parts: vec![
            part(0, seller, vec![line(0, 20, 2), line(1, 5, 4)]),
            part(1, world.user(), vec![line(2, 40, 1)]),
        ],
        ..debit(paid, buyer, 100)
    };
    let release = ReleasePart {
        order_id: id_bytes(paid.as_uuid()),
        fulfilment_id: id_bytes(part_id(0).as_uuid()),
    };
    let cancel = CancelOrderDebit {
        order_id: id_bytes(cancelled.as_uuid()),
        buyer_id: id_bytes(buyer.as_uuid()),
    };
    let batch = vec![
        sealed(paid, "debit", &bought),
        sealed(paid, "refund", &refund(paid, &world, &[(0, 15), (1, 0)])),
        sealed(paid, "release", &release),
        sealed(cancelled, "cancel-debit", &cancel),
        sealed(paid, "refund", &refund(paid, &world, &[(1, 21)])),
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
            "PartRefunded",
            "PartReleased",
            "OrderDebitCancelled",
            "PartRefused"
        ]
    );
    assert_eq!(world.balance(buyer).await, (15, 0));
    // The commission of 40 is 1, of which nothing is due back for 15; that of 20 is half of one, which goes to the even side.
    assert_eq!(world.balance(seller).await, (0, 44));
    world.assert_clean().await;
}

/// Sends `bad` with one good debit between them, and checks that only that one did anything.
async fn all_rejected_but(
    world: &World,
    buyer: UserId,
    bad: Vec<Arc<Envelope>>,
    good: Arc<Envelope>,
) {
    let mut batch = bad;
    batch.insert(4, good);
    let outcomes = handler(world).handle(batch).await;
    for (place, outcome) in outcomes.iter().enumerate() {
        let is_good = place == 4;
        assert_eq!(*outcome == Outcome::Done, is_good, "{place}: {outcome:?}");
        let is_rejected = matches!(outcome, Outcome::Reject(_));
        assert_eq!(is_rejected, !is_good, "{place}: {outcome:?}");
    }
    assert_eq!(world.sent().await.len(), 1);
    assert_eq!(world.balance(buyer).await, (90, 0));
    world.assert_clean().await;
}

#[tokio::test]
async fn a_malformed_command_is_rejected_alone_and_moves_nothing() {
    let world = World::sqlite();
    let buyer = world.user();
    world.credit(buyer, usd(100)).await;
    let order = world.order();
    let good = debit(order, buyer, 10);
    let with_parts = |parts| DebitForOrder {
        parts,
        ..good.clone()
    };
    let of_lines = |lines| with_parts(vec![part(0, somebody(), lines)]);
    let total = |amount| DebitForOrder {
        total: Some(usd(amount).into()),
        ..good.clone()
    };
    let bad = [
        DebitForOrder {
            total: None,
            ..good.clone()
        },
        total(0),
        total(-5),
        total(i64::MAX),
        // It is not what the lines cost.
        total(11),
        DebitForOrder {
            total: Some(wallet::Money {
                amount: 10,
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
        with_parts(Vec::new()),
        of_lines(Vec::new()),
        of_lines(vec![line(0, 10, 0)]),
        of_lines(vec![line(0, -10, -1)]),
        of_lines(vec![line(0, 11, 1), line(1, -1, 1)]),
        of_lines(vec![line(0, i64::MAX, 2)]),
        of_lines(vec![line(0, 5, 1), line(0, 5, 1)]),
        with_parts(vec![
            part(0, somebody(), vec![line(0, 5, 1)]),
            part(0, somebody(), vec![line(1, 5, 1)]),
        ]),
        of_lines(vec![DebitLine {
            line_id: Vec::new().into(),
            ..line(0, 10, 1)
        }]),
        with_parts(vec![DebitPart {
            seller_id: Vec::new().into(),
            ..part(0, somebody(), vec![line(0, 10, 1)])
        }]),
        with_parts(vec![DebitPart {
            fulfilment_id: Vec::new().into(),
            ..part(0, somebody(), vec![line(0, 10, 1)])
        }]),
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
    let good = sealed(order, "debit", &good);
    all_rejected_but(&world, buyer, batch, good).await;
}

#[tokio::test]
async fn a_malformed_command_about_a_part_is_rejected_too() {
    let world = World::sqlite();
    let buyer = world.user();
    world.credit(buyer, usd(100)).await;
    let order = world.order();
    let good = refund(order, &world, &[(0, 1)]);
    let refunds = [
        RefundPart {
            order_id: Vec::new().into(),
            ..good.clone()
        },
        RefundPart {
            fulfilment_id: Vec::new().into(),
            ..good.clone()
        },
        RefundPart {
            refund_id: Vec::new().into(),
            ..good.clone()
        },
        refund(order, &world, &[]),
        refund(order, &world, &[(0, 0)]),
        refund(order, &world, &[(0, -1), (1, 2)]),
        refund(order, &world, &[(0, 1), (0, 1)]),
        refund(order, &world, &[(0, i64::MAX)]),
    ];
    let mut batch: Vec<Arc<Envelope>> = refunds
        .iter()
        .map(|message| sealed(order, "refund", message))
        .collect();
    batch.push(sealed(order, "release", &ReleasePart::default()));
    batch.push(sealed(order, "cancel-debit", &CancelOrderDebit::default()));
    let paid = sealed(order, "debit", &debit(order, buyer, 10));
    all_rejected_but(&world, buyer, batch, paid).await;
}

#[tokio::test]
async fn a_redelivered_batch_is_answered_again_and_moves_nothing() {
    let world = World::sqlite();
    let buyer = world.user();
    world.credit(buyer, usd(100)).await;
    let mut batch: Vec<Arc<Envelope>> = Vec::new();
    for order in (0..10).map(|_| world.order()) {
        batch.push(sealed(order, "debit", &debit(order, buyer, 10)));
        let release = ReleasePart {
            order_id: id_bytes(order.as_uuid()),
            fulfilment_id: id_bytes(part_id(0).as_uuid()),
        };
        batch.push(sealed(order, "release", &release));
        let refund = refund(order, &world, &[(0, 3)]);
        batch.push(sealed(order, "refund", &refund));
    }
    let handler = handler(&world);
    let mut replies: Vec<Vec<MessageId>> = Vec::new();
    for _ in 0..2 {
        assert_eq!(handler.handle(batch.clone()).await, vec![Outcome::Done; 30]);
        replies.push(world.sent().await.iter().map(|sent| sent.id).collect());
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(world.balance(buyer).await, (30, 0));
    world.assert_clean().await;
}
