//! Credits and debits, with and without an Idempotency-Key.

use std::time::Duration;

use futures_util::future::join_all;
use kernel::{Money, RefundId, Timestamp};
use store::StoreError;
use store::idempotency::{Answered, Earlier};

use super::World;
use crate::app::erase_users;
use crate::domain::{Direction, Entry, Kind, Movement, OperationId, Recorded, TransferRefusal};
use crate::store::harness::{
    NOW, TERMS, eur, movement, part_id, refund, release, repeatable, replayed, sale, usd, words,
};

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
    the_answers_of_an_erased_user_are_forgotten_and_their_keys_still_move_money_once
    an_answer_that_cannot_be_rendered_moves_nothing
    what_the_journal_recorded_is_read_back_whole
}

async fn a_credit_and_a_debit_are_recorded_with_the_balance_after_them(world: World) {
    let user = world.user();
    let credit = Movement {
        reference: Some(words("salary")),
        ..movement(user, usd(100))
    };
    let credited = world.transfer(Direction::Credit, credit, None, NOW);
    let Answered::First(Ok(first)) = credited.await.unwrap() else {
        panic!("the credit was refused")
    };
    let expected = Entry {
        id: first.id,
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
    let credit = || world.keyed("k", Direction::Credit, movement(user, usd(100)), NOW);
    let Answered::First(first) = credit().await else {
        panic!("it is the first")
    };
    for _ in 0..3 {
        assert_eq!(credit().await, replayed(&first));
    }
    assert_eq!(world.balance(user).await, (100, 0));
}

async fn a_key_with_another_body_is_refused(world: World) {
    let user = world.user();
    let credit = |amount| world.keyed("k", Direction::Credit, movement(user, usd(amount)), NOW);
    credit(100).await;
    assert_eq!(credit(101).await, Answered::Before(Earlier::OtherBody));
    assert_eq!(world.balance(user).await, (100, 0));
}

async fn a_refused_debit_is_remembered_too_and_a_full_wallet_is_not(world: World) {
    let user = world.user();
    let debit = || world.keyed("k", Direction::Debit, movement(user, usd(10)), NOW);
    let Answered::First(first) = debit().await else {
        panic!("it is the first")
    };
    assert_eq!(
        first,
        Err(TransferRefusal::InsufficientFunds { available: usd(0) })
    );
    world.credit(user, usd(Money::MAX_AMOUNT)).await;
    assert_eq!(debit().await, replayed(&first));
    let credit = || world.keyed("c", Direction::Credit, movement(user, usd(10)), NOW);
    let full = Answered::First(Err(TransferRefusal::BalanceLimit));
    assert_eq!(credit().await, full);
    assert_eq!(credit().await, full);
    world
        .move_money(Direction::Debit, user, usd(10), NOW)
        .await
        .unwrap();
    assert!(matches!(credit().await, Answered::First(Ok(_))));
}

async fn the_same_key_of_another_user_is_another_key(world: World) {
    let (one, other) = (world.user(), world.user());
    for user in [one, other] {
        let answered = world.keyed("k", Direction::Credit, movement(user, usd(5)), NOW);
        assert!(matches!(answered.await, Answered::First(Ok(_))));
        assert_eq!(world.balance(user).await, (5, 0));
    }
}

async fn fifty_concurrent_requests_with_one_key_make_one_transaction(world: World) {
    let user = world.user();
    let requests =
        (0..50).map(|_| world.keyed("k", Direction::Credit, movement(user, usd(7)), NOW));
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
    let credit = |movement, now| world.keyed("k", Direction::Credit, movement, now);
    let first = credit(movement(user, usd(100)), NOW).await;
    let Answered::First(first) = first else {
        panic!("it is the first")
    };
    let later = NOW.plus(Duration::from_hours(49));
    let again = credit(movement(user, usd(100)), later).await;
    assert_eq!(again, replayed(&first));
    let worded = Movement {
        reference: Some(words("other")),
        ..movement(user, usd(100))
    };
    let other = [movement(user, usd(101)), worded, movement(user, eur(100))];
    for other in other {
        let other = credit(other, later).await;
        assert_eq!(other, Answered::Before(Earlier::OtherBody));
    }
    let debit = world.keyed("k", Direction::Debit, movement(user, usd(100)), later);
    assert_eq!(debit.await, Answered::Before(Earlier::OtherBody));
    assert_eq!(world.balance(user).await, (100, 0));
    world.assert_clean().await;
}

async fn the_answers_of_an_erased_user_are_forgotten_and_their_keys_still_move_money_once(
    world: World,
) {
    let (ada, bob) = (world.user(), world.user());
    let credit = async |user, key| {
        let movement = Movement {
            reference: Some(words("for Ada")),
            ..movement(user, usd(100))
        };
        world.keyed(key, Direction::Credit, movement, NOW).await
    };
    let (first, others) = (credit(ada, "1").await, credit(bob, "1").await);
    let Answered::First(first) = first else {
        panic!("it is the first")
    };
    credit(ada, "2").await;
    assert_eq!(world.past_the_store().remembered().await, 3);
    for _ in 0..2 {
        assert_eq!(erase_users(&world.app, vec![ada]).await, [Ok(())]);
    }
    assert_eq!(world.past_the_store().remembered().await, 1);
    assert_eq!(credit(ada, "1").await, replayed(&first));
    assert_eq!(world.balance(ada).await, (200, 0));
    let Answered::First(others) = others else {
        panic!("it is the first")
    };
    assert_eq!(credit(bob, "1").await, replayed(&others));
    world.assert_clean().await;
}

async fn an_answer_that_cannot_be_rendered_moves_nothing(world: World) {
    let movement = movement(world.user(), usd(100));
    let broken = || StoreError::Corrupt("it does not serialise".to_owned());
    let broken_key = repeatable("k", &movement, |_| {
        Err(StoreError::Corrupt("it does not serialise".to_owned()))
    });
    let failed = world.transfer(Direction::Credit, movement.clone(), Some(broken_key), NOW);
    assert_eq!(failed.await, Err(broken()));
    assert_eq!(world.balance(movement.owner).await, (0, 0));
    let again = world.keyed("k", Direction::Credit, movement, NOW).await;
    assert!(matches!(again, Answered::First(Ok(_))));
}

async fn what_the_journal_recorded_is_read_back_whole(world: World) {
    let (buyer, one, other, order) = (world.user(), world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    let bought = sale(buyer, &[(one, &[usd(500)]), (other, &[usd(400)])]);
    world.settle_one(order, bought).await;
    let [early, late] = [RefundId::new(&world.ids), RefundId::new(&world.ids)];
    for action in [refund(early, 1, &[(1, 100)]), release(0), release(1)] {
        world.settle_one(order, action).await;
    }
    world.earnings(NOW.plus(TERMS.payout_hold)).await;
    world
        .move_money(Direction::Debit, one, usd(400), NOW)
        .await
        .unwrap();
    world.settle_one(order, refund(late, 0, &[(0, 200)])).await;
    let entry = world.credit(one, usd(10)).await;
    let credit = OperationId::of_transaction(entry.id);
    for (operation, mut entries, system) in [
        (
            OperationId::of_payment(order, "debit"),
            vec![(buyer, -900)],
            vec![900],
        ),
        (
            OperationId::of_refund(order, early),
            vec![(buyer, 100)],
            vec![-100],
        ),
        (
            OperationId::of_release(order, part_id(0)),
            vec![(one, 488)],
            vec![-500, 12],
        ),
        (
            OperationId::of_release(order, part_id(1)),
            vec![(other, 292)],
            vec![-300, 8],
        ),
        (
            OperationId::of_earning(order, part_id(0)),
            vec![(one, -488), (one, 488)],
            vec![],
        ),
        // The seller had 88 left of 195.
        (
            OperationId::of_reversal(order, late),
            vec![(one, -107), (one, -88)],
            vec![-5, 200],
        ),
        (
            OperationId::of_refund(order, late),
            vec![(buyer, 200)],
            vec![-200],
        ),
        (credit, vec![(one, 10)], vec![-10]),
        (credit.repayment(), vec![(one, -10), (one, 10)], vec![]),
    ] {
        let recorded = world.app.store.get::<Recorded>(&operation).await;
        let recorded = recorded.unwrap().unwrap();
        assert_eq!(recorded.header.operation, operation);
        let found = recorded
            .entries
            .iter()
            .map(|found| (found.account.owner, found.money.amount));
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        entries.sort_unstable();
        assert_eq!(found, entries);
        let amounts = recorded.system.iter().map(|(_, money)| money.amount);
        assert_eq!(amounts.collect::<Vec<_>>(), system);
    }
    let unknown = OperationId::of_payment(world.order(), "debit");
    assert_eq!(world.app.store.get::<Recorded>(&unknown).await, Ok(None));
}
