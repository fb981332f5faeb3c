//! The order service's commands about a whole payment, and what holds of all its commands.

use std::time::Duration;

use contracts::wallet::{
    LineCommission, OrderDebitCancelled, OrderDebitDeclined, OrderDebited, OrderPaymentRefused,
    PartRefused,
};
use contracts::{Envelope, id_bytes, transaction_id};
use kernel::MessageId;
use store::StoreError;

use super::World;
use crate::app::settle;
use crate::domain::{Action, Kind};
use crate::store::harness::{NOW, debit, eur, line_id, only, release, sale, somebody, usd};

contract! {
    an_order_is_debited_into_escrow_and_the_commission_of_each_line_is_fixed
    an_order_beyond_the_balance_is_declined_and_posts_nothing
    a_cancel_before_the_debit_leaves_a_tombstone_that_refuses_it
    a_cancel_after_the_debit_reverses_it_once
    a_cancel_of_a_declined_order_refunds_nothing
    a_cancel_gives_back_what_was_not_refunded_and_closes_all_parts
    a_cancel_of_an_order_that_was_refunded_as_a_whole_has_nothing_to_give_back
    a_cancel_is_refused_once_a_part_is_released
    a_repeated_command_changes_nothing_and_is_answered_again
    a_debit_for_other_terms_than_the_first_is_refused
    a_batch_may_touch_one_account_many_times
    a_command_that_fails_changes_nothing_and_its_neighbours_are_done
}

async fn an_order_is_debited_into_escrow_and_the_commission_of_each_line_is_fixed(world: World) {
    let (buyer, one, other, order) = (world.user(), world.user(), world.user(), world.order());
    world.credit(buyer, usd(2000)).await;
    let bought = sale(
        buyer,
        &[(one, &[usd(500), usd(499)]), (other, &[usd(20), usd(60)])],
    );
    let sent = world.settle_one(order, bought).await;
    let said: OrderDebited = only(&sent);
    let entry = world.statement(buyer).await.remove(0);
    assert_eq!(
        (entry.kind, entry.money, entry.order),
        (Kind::OrderPayment, usd(-1079), Some(order))
    );
    assert_eq!(transaction_id(&said.transaction_id), Ok(entry.id));
    assert_eq!(
        (sent[0].subject, sent[0].id),
        (order.as_uuid(), MessageId::of_step(order, "debited"))
    );
    // 2.5 %: 12.5 and 0.5 are halfway and go to the even side, 12.475 and 1.5 to the nearest and the even one.
    let expected = [12, 12, 0, 2]
        .into_iter()
        .zip(0..)
        .map(|(amount, line)| LineCommission {
            line_id: id_bytes(line_id(line).as_uuid()),
            amount,
        });
    assert_eq!(said.commissions, expected.collect::<Vec<_>>());
    assert_eq!(world.balance(buyer).await, (921, 0));
    world.assert_clean().await;
}

async fn an_order_beyond_the_balance_is_declined_and_posts_nothing(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let declined: OrderDebitDeclined = only(&world.settle_one(order, debit(buyer, usd(101))).await);
    assert_eq!(declined.reason, "insufficient_funds");
    // Money that comes later does not change the answer.
    world.credit(buyer, usd(100)).await;
    let again: OrderDebitDeclined = only(&world.settle_one(order, debit(buyer, usd(101))).await);
    assert_eq!(again, declined);
    assert_eq!(world.balance(buyer).await, (200, 0));
    world.assert_clean().await;
}

async fn a_cancel_before_the_debit_leaves_a_tombstone_that_refuses_it(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    for action in [
        Action::Cancel { buyer },
        debit(buyer, usd(60)),
        Action::Cancel { buyer },
    ] {
        let said: OrderDebitCancelled = only(&world.settle_one(order, action).await);
        assert!(!said.refunded);
    }
    assert_eq!(world.balance(buyer).await, (100, 0));
    world.assert_clean().await;
}

async fn a_cancel_after_the_debit_reverses_it_once(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world.settle_one(order, debit(buyer, usd(60))).await;
    for action in [
        Action::Cancel { buyer },
        Action::Cancel { buyer },
        debit(buyer, usd(60)),
    ] {
        let said: OrderDebitCancelled = only(&world.settle_one(order, action).await);
        assert!(said.refunded);
        assert_eq!(world.balance(buyer).await, (100, 0));
    }
    assert_eq!(world.statement(buyer).await[0].kind, Kind::OrderRefund);
    world.assert_clean().await;
}

async fn a_cancel_of_a_declined_order_refunds_nothing(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.settle_one(order, debit(buyer, usd(60))).await;
    let said: OrderDebitCancelled = only(&world.settle_one(order, Action::Cancel { buyer }).await);
    assert!(!said.refunded);
    world.assert_clean().await;
}

async fn a_cancel_gives_back_what_was_not_refunded_and_closes_all_parts(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let bought = sale(
        buyer,
        &[(world.user(), &[usd(60)]), (world.user(), &[usd(40)])],
    );
    world.settle_one(order, bought).await;
    world.settle_one(order, world.refund(1, &[(1, 15)])).await;
    let said: OrderDebitCancelled = only(&world.settle_one(order, Action::Cancel { buyer }).await);
    assert!(said.refunded);
    assert_eq!(world.statement(buyer).await[0].money, usd(85));
    assert_eq!(world.balance(buyer).await, (100, 0));
    world.assert_clean().await;
    for action in [release(0), release(1), world.refund(0, &[(0, 1)])] {
        let refused: PartRefused = only(&world.settle_one(order, action).await);
        assert_eq!(refused.reason, "not_debited");
    }
    world.assert_clean().await;
}

async fn a_cancel_of_an_order_that_was_refunded_as_a_whole_has_nothing_to_give_back(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world.settle_one(order, debit(buyer, usd(60))).await;
    world.settle_one(order, world.refund(0, &[(0, 60)])).await;
    for _ in 0..2 {
        let said: OrderDebitCancelled =
            only(&world.settle_one(order, Action::Cancel { buyer }).await);
        assert!(said.refunded);
    }
    assert_eq!(world.balance(buyer).await, (100, 0));
    assert_eq!(world.audit().await.transactions, 3);
    world.assert_clean().await;
}

async fn a_cancel_is_refused_once_a_part_is_released(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let bought = sale(
        buyer,
        &[(world.user(), &[usd(30)]), (world.user(), &[usd(20)])],
    );
    world.settle_one(order, bought.clone()).await;
    world.settle_one(order, release(1)).await;
    let refused: OrderPaymentRefused =
        only(&world.settle_one(order, Action::Cancel { buyer }).await);
    assert_eq!(
        (refused.command.as_str(), refused.reason.as_str()),
        ("cancel-debit", "already_released")
    );
    let still: OrderDebited = only(&world.settle_one(order, bought).await);
    assert!(!still.transaction_id.is_empty());
    assert_eq!(world.balance(buyer).await, (50, 0));
    world.assert_clean().await;
}

async fn a_repeated_command_changes_nothing_and_is_answered_again(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let command = world.command(order, debit(buyer, usd(60)));
    // Also within one batch.
    let first = world
        .settle(vec![command.clone(), command.clone()], NOW)
        .await;
    let later = NOW.plus(Duration::from_secs(1));
    let second = world.settle(vec![command], later).await;
    assert_eq!(only::<OrderDebited>(&first), only::<OrderDebited>(&second));
    assert_eq!(first[0].id, second[0].id);
    assert_eq!(world.balance(buyer).await, (40, 0));
    world.assert_clean().await;
}

async fn a_debit_for_other_terms_than_the_first_is_refused(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world.settle_one(order, debit(buyer, usd(60))).await;
    for action in [
        debit(buyer, usd(61)),
        debit(world.user(), usd(60)),
        debit(buyer, eur(60)),
        sale(buyer, &[(world.user(), &[usd(60)])]),
        sale(buyer, &[(somebody(), &[usd(30), usd(30)])]),
        sale(buyer, &[(somebody(), &[usd(30)]), (somebody(), &[usd(30)])]),
    ] {
        let refused: OrderPaymentRefused = only(&world.settle_one(order, action).await);
        assert_eq!(refused.reason, "other_payment");
    }
    assert_eq!(world.balance(buyer).await, (40, 0));
    world.assert_clean().await;
}

async fn a_batch_may_touch_one_account_many_times(world: World) {
    let buyer = world.user();
    world.credit(buyer, usd(700)).await;
    let orders: Vec<_> = (0..1000).map(|_| world.order()).collect();
    let commands = orders
        .iter()
        .map(|order| world.command(*order, debit(buyer, usd(1))))
        .collect();
    let sent = world.settle(commands, NOW).await;
    let debited = sent
        .iter()
        .filter(|envelope| envelope.open::<OrderDebited>().is_ok())
        .count();
    let declined = sent
        .iter()
        .filter(|envelope| envelope.open::<OrderDebitDeclined>().is_ok())
        .count();
    assert_eq!((debited, declined), (700, 300));
    let cancels = orders
        .iter()
        .map(|order| world.command(*order, Action::Cancel { buyer }))
        .collect();
    let sent = world.settle(cancels, NOW).await;
    let refunded = |envelope: &&Envelope| envelope.open::<OrderDebitCancelled>().unwrap().refunded;
    assert_eq!(
        (sent.len(), sent.iter().filter(refunded).count()),
        (1000, 700)
    );
    assert_eq!(world.balance(buyer).await, (700, 0));
    assert_eq!(world.audit().await.transactions, 1401);
    world.assert_clean().await;
}

async fn a_command_that_fails_changes_nothing_and_its_neighbours_are_done(world: World) {
    let (buyer, broken) = (world.user(), world.order());
    world.credit(buyer, usd(101)).await;
    world.settle_one(broken, debit(buyer, usd(1))).await;
    world.past_the_store().spoil_payment(broken).await;
    let orders = [world.order(), broken, world.order()];
    let commands = orders.map(|order| {
        let action = if order == broken {
            world.refund(0, &[(0, 1)])
        } else {
            debit(buyer, usd(1))
        };
        world.command(order, action)
    });
    let results = settle(&world.app, commands.to_vec()).await.unwrap();
    assert!(
        matches!(
            results.as_slice(),
            [Ok(()), Err(StoreError::Corrupt(_)), Ok(())]
        ),
        "{results:?}"
    );
    assert_eq!(world.balance(buyer).await, (98, 0));
    let sent = world.sent().await;
    let said: Vec<_> = sent.iter().map(|sent| sent.subject).collect();
    assert_eq!(said, [orders[0].as_uuid(), orders[2].as_uuid()]);
}
