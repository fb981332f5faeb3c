//! What every ledger store promises, held against each adapter. A test is a function over a fresh [`World`]; `suite!` runs all
//! of them on one adapter.

use std::sync::Arc;
use std::time::Duration;

use contracts::wallet::{
    EscrowReleased, OrderDebitCancelled, OrderDebitDeclined, OrderDebited, OrderPaymentRefused,
    OrderRefunded,
};
use contracts::{Envelope, transaction_id};
use futures_util::future::join_all;
use kernel::{Currency, Limit, ManualClock, MessageId, Money, SystemIds, Timestamp};
use store::StoreError;
use store::idempotency::{Answered, Earlier};

use super::harness::{NOW, World, debit, eur, only, release, replayed, usd, words};
use crate::app::{App, release_payouts};
use crate::domain::{
    Action, Direction, Entry, Kind, Place, StatementFilter, Topups, Transfer, TransferRefusal,
};

macro_rules! suite {
    ($world:expr; $($test:ident)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            super::$test($world).await;
        })+
    };
}

macro_rules! contract {
    ($($test:ident)+) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use super::World;
            suite!(World::sqlite(); $($test)+);
        }

        #[cfg(feature = "mongo")]
        mod mongo {
            use super::World;
            suite!(World::mongo().await; $($test)+);
        }
    };
}

contract! {
    a_credit_and_a_debit_are_recorded_with_the_balance_after_them
    a_debit_beyond_the_balance_is_refused_and_posts_nothing
    of_500_concurrent_debits_of_1_on_100_exactly_100_succeed
    a_credit_beyond_what_json_can_hold_is_refused_and_posts_nothing
    one_sequence_runs_over_all_currencies_of_an_account
    time_never_falls_within_an_account_whatever_the_clock_does
    a_key_moves_money_once_and_has_the_first_answer_again
    a_key_with_another_body_is_refused
    a_refused_debit_is_remembered_too_and_a_full_wallet_is_not
    the_same_key_of_another_user_is_another_key
    fifty_concurrent_requests_with_one_key_make_one_transaction
    long_after_the_answer_is_forgotten_a_key_still_moves_money_once
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
    a_failing_command_undoes_its_whole_batch
    earnings_wait_for_their_hold_and_are_then_available
    a_refusal_for_a_full_balance_does_not_bind_the_same_message_later
    a_payout_that_cannot_be_released_keeps_no_other_sellers_money
    a_statement_pages_through_everything_once_newest_first
    a_statement_filters_by_kind_and_time
    nobody_sees_anothers_money
    checkpoints_take_in_each_posting_once
    old_messages_and_answers_are_forgotten_and_money_is_not
}

async fn a_credit_and_a_debit_are_recorded_with_the_balance_after_them(world: World) {
    let user = world.user();
    let credit = Transfer {
        reference: Some(words("salary")),
        ..world.transfer(Direction::Credit, user, usd(100))
    };
    let Answered::First(Ok(first)) = world
        .store
        .transfer(credit.clone(), None, NOW)
        .await
        .unwrap()
    else {
        panic!("the credit was refused")
    };
    let expected = Entry {
        id: credit.id,
        kind: Kind::Credit,
        money: usd(100),
        balance_after: 100,
        sequence: 1,
        order: None,
        reference: Some(words("salary")),
        at: NOW,
    };
    assert_eq!(first, expected);
    let second = world
        .move_money(Direction::Debit, user, usd(30), NOW)
        .await
        .unwrap();
    assert_eq!(
        (
            second.kind,
            second.money,
            second.balance_after,
            second.sequence
        ),
        (Kind::Debit, usd(-30), 70, 2)
    );
    assert_eq!(world.statement(user).await, [second, first]);
    assert_eq!(world.balance(user).await, (70, 0));
    world.assert_clean().await;
}

async fn a_debit_beyond_the_balance_is_refused_and_posts_nothing(world: World) {
    let user = world.user();
    world.credit(user, usd(100)).await;
    let refused = world
        .move_money(Direction::Debit, user, usd(101), NOW)
        .await;
    assert_eq!(
        refused,
        Err(TransferRefusal::InsufficientFunds {
            available: usd(100)
        })
    );
    let other = world.move_money(Direction::Debit, user, eur(1), NOW).await;
    assert_eq!(
        other,
        Err(TransferRefusal::InsufficientFunds { available: eur(0) })
    );
    let stranger = world
        .move_money(Direction::Debit, world.user(), usd(1), NOW)
        .await;
    assert_eq!(
        stranger,
        Err(TransferRefusal::InsufficientFunds { available: usd(0) })
    );
    assert_eq!(world.audit().await.transactions, 1);
    world.assert_clean().await;
}

async fn of_500_concurrent_debits_of_1_on_100_exactly_100_succeed(world: World) {
    let user = world.user();
    world.credit(user, usd(100)).await;
    let debits = (0..500).map(|_| world.move_money(Direction::Debit, user, usd(1), NOW));
    let outcomes = join_all(debits).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        100
    );
    assert_eq!(world.balance(user).await, (0, 0));
    assert_eq!(world.audit().await.transactions, 101);
    world.assert_clean().await;
}

async fn a_credit_beyond_what_json_can_hold_is_refused_and_posts_nothing(world: World) {
    let user = world.user();
    world.credit(user, usd(Money::MAX_AMOUNT)).await;
    assert_eq!(
        world.move_money(Direction::Credit, user, usd(1), NOW).await,
        Err(TransferRefusal::BalanceLimit)
    );
    assert_eq!(world.balance(user).await, (Money::MAX_AMOUNT, 0));
    // Another currency has room of its own.
    world.credit(user, eur(1)).await;
    world.assert_clean().await;
}

async fn one_sequence_runs_over_all_currencies_of_an_account(world: World) {
    let user = world.user();
    for (money, sequence) in [(usd(1), 1), (eur(1), 2), (eur(1), 3), (usd(1), 4)] {
        assert_eq!(world.credit(user, money).await.sequence, sequence);
    }
    world.assert_clean().await;
}

async fn time_never_falls_within_an_account_whatever_the_clock_does(world: World) {
    let user = world.user();
    for offset in [0, 5, -5, 2, 9] {
        let now = Timestamp::from_millis(NOW.as_millis() + offset);
        world
            .move_money(Direction::Credit, user, usd(1), now)
            .await
            .unwrap();
    }
    let statement = world.statement(user).await;
    let times: Vec<i64> = statement
        .iter()
        .rev()
        .map(|entry| entry.at.as_millis() - NOW.as_millis())
        .collect();
    assert_eq!(times, [0, 5, 5, 5, 9]);
    world.assert_clean().await;
}

async fn a_key_moves_money_once_and_has_the_first_answer_again(world: World) {
    let user = world.user();
    let credit = || world.transfer(Direction::Credit, user, usd(100));
    let Answered::First(first) = world.keyed("k", credit(), NOW).await else {
        panic!("it is the first")
    };
    for _ in 0..3 {
        assert_eq!(world.keyed("k", credit(), NOW).await, replayed(&first));
    }
    assert_eq!(world.balance(user).await, (100, 0));
}

async fn a_key_with_another_body_is_refused(world: World) {
    let user = world.user();
    world
        .keyed("k", world.transfer(Direction::Credit, user, usd(100)), NOW)
        .await;
    let other = world
        .keyed("k", world.transfer(Direction::Credit, user, usd(101)), NOW)
        .await;
    assert_eq!(other, Answered::Before(Earlier::OtherBody));
    assert_eq!(world.balance(user).await, (100, 0));
}

async fn a_refused_debit_is_remembered_too_and_a_full_wallet_is_not(world: World) {
    let user = world.user();
    let debit = || world.transfer(Direction::Debit, user, usd(10));
    let Answered::First(first) = world.keyed("k", debit(), NOW).await else {
        panic!("it is the first")
    };
    assert_eq!(
        first,
        Err(TransferRefusal::InsufficientFunds { available: usd(0) })
    );
    world.credit(user, usd(Money::MAX_AMOUNT)).await;
    assert_eq!(world.keyed("k", debit(), NOW).await, replayed(&first));
    let credit = || world.transfer(Direction::Credit, user, usd(10));
    let full = Answered::First(Err(TransferRefusal::BalanceLimit));
    assert_eq!(world.keyed("c", credit(), NOW).await, full);
    assert_eq!(world.keyed("c", credit(), NOW).await, full);
    world
        .move_money(Direction::Debit, user, usd(10), NOW)
        .await
        .unwrap();
    assert!(matches!(
        world.keyed("c", credit(), NOW).await,
        Answered::First(Ok(_))
    ));
}

async fn the_same_key_of_another_user_is_another_key(world: World) {
    let (one, other) = (world.user(), world.user());
    for user in [one, other] {
        let answered = world
            .keyed("k", world.transfer(Direction::Credit, user, usd(5)), NOW)
            .await;
        assert!(matches!(answered, Answered::First(Ok(_))));
        assert_eq!(world.balance(user).await, (5, 0));
    }
}

async fn fifty_concurrent_requests_with_one_key_make_one_transaction(world: World) {
    let user = world.user();
    let requests =
        (0..50).map(|_| world.keyed("k", world.transfer(Direction::Credit, user, usd(7)), NOW));
    let answers = join_all(requests).await;
    let firsts: Vec<_> = answers
        .iter()
        .filter_map(|answer| match answer {
            Answered::First(outcome) => Some(outcome),
            Answered::Before(_) => None,
        })
        .collect();
    assert_eq!(firsts.len(), 1);
    let repeated = answers
        .iter()
        .filter(|answer| **answer == replayed(firsts[0]));
    assert_eq!(repeated.count(), 49);
    assert_eq!(world.balance(user).await, (7, 0));
}

async fn long_after_the_answer_is_forgotten_a_key_still_moves_money_once(world: World) {
    let user = world.user();
    let credit = |amount| world.transfer(Direction::Credit, user, usd(amount));
    let Answered::First(first) = world.keyed("k", credit(100), NOW).await else {
        panic!("it is the first")
    };
    let later = NOW.plus(Duration::from_hours(49));
    assert_eq!(world.keyed("k", credit(100), later).await, replayed(&first));
    assert_eq!(
        world.keyed("k", credit(101), later).await,
        Answered::Before(Earlier::OtherBody)
    );
    let worded = Transfer {
        reference: Some(words("other")),
        ..credit(100)
    };
    assert_eq!(
        world.keyed("k", worded, later).await,
        Answered::Before(Earlier::OtherBody)
    );
    let elsewhere = Transfer {
        money: eur(100),
        ..credit(100)
    };
    assert_eq!(
        world.keyed("k", elsewhere, later).await,
        Answered::Before(Earlier::OtherBody)
    );
    assert_eq!(world.balance(user).await, (100, 0));
    world.assert_clean().await;
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

async fn a_failing_command_undoes_its_whole_batch(world: World) {
    let (buyer, order, other) = (world.user(), world.order(), world.order());
    world.credit(buyer, usd(101)).await;
    world.settle_one(other, debit(buyer, usd(1))).await;
    world.past_the_store().spoil_payment(other).await;
    let first = world.command(order, debit(buyer, usd(1)));
    let failing = world.command(other, Action::Refund);
    let failed = world
        .store
        .settle_orders(vec![first.clone(), failing], NOW)
        .await;
    assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
    assert_eq!(world.balance(buyer).await, (100, 0));
    assert_eq!(world.sent().await, []);
    let _: OrderDebited = only(&world.settle(vec![first], NOW).await);
    assert_eq!(world.balance(buyer).await, (99, 0));
}

async fn earnings_wait_for_their_hold_and_are_then_available(world: World) {
    let (buyer, seller) = (world.user(), world.user());
    world.credit(buyer, usd(2000)).await;
    for _ in 0..2 {
        let order = world.order();
        world.settle_one(order, debit(buyer, usd(1000))).await;
        world
            .settle_one(order, release(&[(seller, usd(1000))]))
            .await;
    }
    let due = NOW.plus(Duration::from_secs(60));
    assert_eq!(world.payouts(due.minus(Duration::from_millis(1))).await, 0);
    assert_eq!(world.balance(seller).await, (0, 1950));
    assert_eq!(world.payouts(due).await, 2);
    assert_eq!(world.payouts(due).await, 0);
    assert_eq!(world.balance(seller).await, (1950, 0));
    let statement = world.statement(seller).await;
    assert_eq!(
        statement
            .iter()
            .map(|entry| (entry.kind, entry.sequence))
            .collect::<Vec<_>>(),
        [(Kind::Earning, 2), (Kind::Earning, 1)]
    );
    world.assert_clean().await;
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

async fn a_payout_that_cannot_be_released_keeps_no_other_sellers_money(world: World) {
    let buyer = world.user();
    world.credit(buyer, usd(1_000_000)).await;
    let sellers: Vec<_> = (0..250).map(|_| world.user()).collect();
    let commands = sellers.iter().flat_map(|seller| {
        let order = world.order();
        let shares = release(&[(*seller, usd(1000))]);
        [debit(buyer, usd(1000)), shares].map(|action| world.command(order, action))
    });
    world.settle(commands.collect(), NOW).await;
    world.past_the_store().spoil_payouts(sellers[7]).await;
    let app = App {
        store: world.store.clone(),
        clock: Arc::new(ManualClock::at(NOW.plus(Duration::from_secs(60)))),
        ids: Arc::new(SystemIds::default()),
        currency: Currency::USD,
        topups: Topups::SelfService,
    };
    assert_eq!(release_payouts(&app).await, Ok(249));
    assert_eq!(world.balance(sellers[7]).await, (0, 975));
    assert_eq!(world.balance(sellers[249]).await, (975, 0));
    assert_eq!(
        release_payouts(&app).await,
        Ok(0),
        "each sweep gets past it"
    );
}

async fn a_statement_pages_through_everything_once_newest_first(world: World) {
    let user = world.user();
    // Many at the same millisecond, so that pages break within one.
    for i in 0..25_i64 {
        world
            .move_money(
                Direction::Credit,
                user,
                usd(1),
                Timestamp::from_millis(NOW.as_millis() + i / 10),
            )
            .await
            .unwrap();
    }
    for size in [1, 7, 10, 24, 25, 100] {
        let limit = Limit::new(size).unwrap();
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let filter = StatementFilter {
                owner: user,
                kind: None,
                from: None,
                to: None,
                before,
            };
            let rows = world.store.statement(filter, limit).await.unwrap();
            let more = rows.len() > limit.get();
            seen.extend(rows.iter().take(limit.get()).map(|entry| entry.sequence));
            before = rows.get(limit.get() - 1).map(|entry| Place {
                at: entry.at,
                sequence: entry.sequence,
            });
            if !more {
                break;
            }
        }
        assert_eq!(
            seen,
            (1..=25).rev().collect::<Vec<i64>>(),
            "pages of {size}"
        );
    }
}

async fn a_statement_filters_by_kind_and_time(world: World) {
    let user = world.user();
    let at = |offset: i64| Timestamp::from_millis(NOW.as_millis() + offset);
    for offset in 0..6 {
        let direction = if offset % 2 == 0 {
            Direction::Credit
        } else {
            Direction::Debit
        };
        world
            .move_money(direction, user, usd(1), at(offset))
            .await
            .unwrap();
    }
    let sequences = async |kind, from, to| -> Vec<i64> {
        let filter = StatementFilter {
            owner: user,
            kind,
            from,
            to,
            before: None,
        };
        let rows = world
            .store
            .statement(filter, Limit::default())
            .await
            .unwrap();
        rows.iter().map(|entry| entry.sequence).collect()
    };
    assert_eq!(sequences(Some(Kind::Credit), None, None).await, [5, 3, 1]);
    assert_eq!(sequences(Some(Kind::Earning), None, None).await, [0; 0]);
    // From is in, to is out.
    assert_eq!(sequences(None, Some(at(1)), Some(at(4))).await, [4, 3, 2]);
    assert_eq!(
        sequences(Some(Kind::Debit), Some(at(1)), Some(at(4))).await,
        [4, 2]
    );
    assert_eq!(sequences(None, Some(at(6)), None).await, [0; 0]);
}

async fn nobody_sees_anothers_money(world: World) {
    let (one, other) = (world.user(), world.user());
    world.credit(one, usd(5)).await;
    assert_eq!(world.statement(other).await, []);
    assert_eq!(world.store.holdings(other).await.unwrap(), []);
}

async fn checkpoints_take_in_each_posting_once(world: World) {
    let user = world.user();
    assert_eq!(world.store.checkpoint().await.unwrap(), 0);
    for expected in [3, 2] {
        for _ in 0..expected {
            world.credit(user, usd(Money::MAX_AMOUNT / 10)).await;
        }
        assert_eq!(world.store.checkpoint().await.unwrap(), expected);
        assert_eq!(world.store.checkpoint().await.unwrap(), 0);
        world.assert_clean().await;
    }
    world.credit(user, eur(1)).await;
    world.assert_clean().await;
    assert_eq!(world.store.checkpoint().await.unwrap(), 1);
    world.assert_clean().await;
}

async fn old_messages_and_answers_are_forgotten_and_money_is_not(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    world
        .keyed("k", world.transfer(Direction::Credit, buyer, usd(1)), NOW)
        .await;
    let command = world.command(order, debit(buyer, usd(60)));
    let first = world.settle(vec![command.clone()], NOW).await;
    world.settle_one(world.order(), Action::Refund).await;
    assert_eq!(world.forget(NOW).await, 0);
    let later = NOW.plus(Duration::from_hours(24 * 8));
    // The key and the refused refund; and the debit, in a store that notes also what the payment's row tells.
    let forgotten = world.forget(later).await;
    assert!((2..=3).contains(&forgotten), "{forgotten}");
    // The payment's own row still knows.
    let again = world.settle(vec![command], later).await;
    assert_eq!(only::<OrderDebited>(&again), only::<OrderDebited>(&first));
    assert_eq!(world.balance(buyer).await, (41, 0));
    world.assert_clean().await;
}
