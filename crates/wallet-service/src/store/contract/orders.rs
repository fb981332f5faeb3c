//! The order service's commands.

use std::time::Duration;

use contracts::wallet::{
    EscrowReleased, OrderDebitCancelled, OrderDebitDeclined, OrderDebited, OrderPaymentRefused,
    OrderRefunded,
};
use contracts::{Envelope, transaction_id};
use kernel::{MessageId, Money};
use store::StoreError;

use super::World;
use crate::app::settle;
use crate::domain::{Action, Kind};
use crate::store::harness::{NOW, TERMS, debit, eur, only, release, usd};

contract! {
    an_order_is_debited_into_escrow
    an_order_beyond_the_balance_is_declined_and_posts_nothing
    a_cancel_before_the_debit_leaves_a_tombstone_that_refuses_it
    a_cancel_after_the_debit_reverses_it_once
    a_cancel_of_a_declined_order_refunds_nothing
    a_paid_order_is_refunded_once
    a_released_order_pays_its_sellers_less_the_commission
    a_release_that_does_not_sum_to_the_total_is_refused
    what_was_never_debited_is_neither_refunded_nor_released
    a_settled_order_is_not_settled_another_way
    a_repeated_command_changes_nothing_and_is_answered_again
    a_debit_for_other_terms_than_the_first_is_refused
    a_command_that_was_refused_stays_refused_when_it_comes_again
    a_batch_may_touch_one_account_many_times
    a_command_that_fails_changes_nothing_and_its_neighbours_are_done
    a_refusal_for_a_full_balance_does_not_bind_the_same_message_later
    a_release_into_a_full_wallet_leaves_the_money_in_escrow_until_there_is_room
}

async fn an_order_is_debited_into_escrow(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let sent = world.settle_one(order, debit(buyer, usd(60))).await;
    let said: OrderDebited = only(&sent);
    let entry = world.statement(buyer).await.remove(0);
    assert_eq!(
        (entry.kind, entry.money, entry.order),
        (Kind::OrderPayment, usd(-60), Some(order))
    );
    assert_eq!(transaction_id(&said.transaction_id), Ok(entry.id));
    assert_eq!(
        (sent[0].order, sent[0].id),
        (order, MessageId::of_step(order, "debited"))
    );
    assert_eq!(world.balance(buyer).await, (40, 0));
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

async fn a_paid_order_is_refunded_once(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world.settle_one(order, debit(buyer, usd(60))).await;
    let first: OrderRefunded = only(&world.settle_one(order, Action::Refund).await);
    let second: OrderRefunded = only(&world.settle_one(order, Action::Refund).await);
    assert_eq!(first, second);
    assert_eq!(world.balance(buyer).await, (100, 0));
    // All that a cancel asks for is so already.
    let cancelled: OrderDebitCancelled =
        only(&world.settle_one(order, Action::Cancel { buyer }).await);
    assert!(cancelled.refunded);
    world.assert_clean().await;
}

async fn a_released_order_pays_its_sellers_less_the_commission(world: World) {
    let (buyer, one, other, order) = (world.user(), world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    world.settle_one(order, debit(buyer, usd(1000))).await;
    // Two lines of one seller are one part: 2.5 % of 999 is 24, of 1 nothing.
    let shares = release(&[(one, usd(500)), (other, usd(1)), (one, usd(499))]);
    let first: EscrowReleased = only(&world.settle_one(order, shares.clone()).await);
    let second: EscrowReleased = only(&world.settle_one(order, shares).await);
    assert_eq!(first, second);
    assert_eq!(world.balance(one).await, (0, 975));
    assert_eq!(world.balance(other).await, (0, 1));
    world.assert_clean().await;
}

async fn a_release_that_does_not_sum_to_the_total_is_refused(world: World) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world.settle_one(order, debit(buyer, usd(60))).await;
    for shares in [
        vec![],
        vec![(seller, usd(59))],
        vec![(seller, usd(61))],
        vec![(seller, eur(60))],
    ] {
        let mut command = world.command(order, release(&shares));
        command.message = MessageId::new(&world.ids);
        let refused: OrderPaymentRefused = only(&world.settle(vec![command], NOW).await);
        assert_eq!(
            (refused.command.as_str(), refused.reason.as_str()),
            ("release-escrow", "shares_mismatch")
        );
    }
    assert_eq!(world.balance(seller).await, (0, 0));
    world.assert_clean().await;
}

async fn what_was_never_debited_is_neither_refunded_nor_released(world: World) {
    let (buyer, seller) = (world.user(), world.user());
    let (unknown, declined, cancelled) = (world.order(), world.order(), world.order());
    world.settle_one(declined, debit(buyer, usd(1))).await;
    world.settle_one(cancelled, Action::Cancel { buyer }).await;
    for order in [unknown, declined, cancelled] {
        for action in [Action::Refund, release(&[(seller, usd(1))])] {
            let refused: OrderPaymentRefused = only(&world.settle_one(order, action.clone()).await);
            assert_eq!(
                (refused.command.as_str(), refused.reason.as_str()),
                (action.step(), "not_debited")
            );
        }
    }
    world.assert_clean().await;
}

async fn a_settled_order_is_not_settled_another_way(world: World) {
    let (buyer, seller) = (world.user(), world.user());
    world.credit(buyer, usd(100)).await;
    let (refunded, released) = (world.order(), world.order());
    for order in [refunded, released] {
        world.settle_one(order, debit(buyer, usd(50))).await;
    }
    let share = release(&[(seller, usd(50))]);
    world.settle_one(refunded, Action::Refund).await;
    world.settle_one(released, share.clone()).await;
    for (order, action, reason) in [
        (refunded, share, "not_debited"),
        (released, Action::Refund, "already_released"),
        (released, Action::Cancel { buyer }, "already_released"),
    ] {
        let refused: OrderPaymentRefused = only(&world.settle_one(order, action).await);
        assert_eq!(refused.reason, reason);
    }
    let still: OrderDebited = only(&world.settle_one(released, debit(buyer, usd(50))).await);
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
    ] {
        let refused: OrderPaymentRefused = only(&world.settle_one(order, action).await);
        assert_eq!(refused.reason, "other_payment");
    }
    assert_eq!(world.balance(buyer).await, (40, 0));
}

async fn a_command_that_was_refused_stays_refused_when_it_comes_again(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let refund = world.command(order, Action::Refund);
    let _: OrderPaymentRefused = only(&world.settle(vec![refund.clone()], NOW).await);
    world.settle_one(order, debit(buyer, usd(60))).await;
    assert_eq!(world.settle(vec![refund], NOW).await, []);
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
            Action::Refund
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
    let said: Vec<_> = world.sent().await.iter().map(|sent| sent.order).collect();
    assert_eq!(said, [orders[0], orders[2]]);
}

async fn a_refusal_for_a_full_balance_does_not_bind_the_same_message_later(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world.settle_one(order, debit(buyer, usd(60))).await;
    world.past_the_store().set_balance(buyer, i64::MAX).await;
    let refund = world.command(order, Action::Refund);
    for _ in 0..2 {
        let refused: OrderPaymentRefused = only(&world.settle(vec![refund.clone()], NOW).await);
        assert_eq!(refused.reason, "balance_limit");
    }
    world.past_the_store().set_balance(buyer, 40).await;
    for _ in 0..2 {
        let _: OrderRefunded = only(&world.settle(vec![refund.clone()], NOW).await);
        assert_eq!(world.balance(buyer).await, (100, 0));
    }
    world.assert_clean().await;
}

async fn a_release_into_a_full_wallet_leaves_the_money_in_escrow_until_there_is_room(world: World) {
    let (buyer, seller, other) = (world.user(), world.user(), world.user());
    let (first, second) = (world.order(), world.order());
    world.credit(buyer, usd(Money::MAX_AMOUNT)).await;
    let all = usd(Money::MAX_AMOUNT);
    world.settle_one(first, debit(buyer, all)).await;
    world.settle_one(first, release(&[(seller, all)])).await;
    let (_, earned) = world.balance(seller).await;
    world.credit(buyer, usd(Money::MAX_AMOUNT)).await;
    world.settle_one(second, debit(buyer, all)).await;
    let part = usd(Money::MAX_AMOUNT - 1000);
    let shares = release(&[(seller, part), (other, usd(1000))]);
    let command = world.command(second, shares);
    for _ in 0..2 {
        let refused: OrderPaymentRefused = only(&world.settle(vec![command.clone()], NOW).await);
        assert_eq!(refused.reason, "balance_limit");
        assert_eq!(world.balance(seller).await, (0, earned));
        assert_eq!(world.balance(other).await, (0, 0), "all shares or none");
        world.assert_clean().await;
    }
    assert_eq!(world.payouts(NOW.plus(TERMS.payout_hold)).await, 1);
    for _ in 0..2 {
        let _: EscrowReleased = only(&world.settle(vec![command.clone()], NOW).await);
    }
    assert_eq!(world.balance(other).await, (0, 975));
    world.assert_clean().await;
}
