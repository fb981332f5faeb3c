//! Releases of parts.

use contracts::wallet::{PartRefused, PartReleased};
use contracts::{id_bytes, transaction_id};
use kernel::{MessageId, Money};

use super::World;
use crate::store::harness::{NOW, TERMS, debit, only, part_id, release, sale, usd};

contract! {
    a_released_part_pays_its_seller_less_the_commission_and_the_others_wait
    a_release_is_made_once_and_answered_again
    what_is_left_after_refunds_is_released
    a_part_of_which_nothing_is_left_is_released_without_a_transaction
    the_commission_is_that_of_the_debit_whatever_the_rates_became
    a_commission_of_all_leaves_the_seller_nothing
    a_release_into_a_full_wallet_leaves_the_money_in_escrow_until_there_is_room
}

async fn a_released_part_pays_its_seller_less_the_commission_and_the_others_wait(world: World) {
    let (buyer, one, other, order) = (world.user(), world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    let bought = sale(buyer, &[(one, &[usd(500), usd(499)]), (other, &[usd(1)])]);
    world.settle_one(order, bought).await;
    let sent = world.settle_one(order, release(0)).await;
    let said: PartReleased = only(&sent);
    assert_eq!(said.fulfilment_id, id_bytes(part_id(0).as_uuid()));
    assert!(transaction_id(&said.transaction_id).is_ok());
    let message = format!("released {}", part_id(0));
    assert_eq!(sent[0].id, MessageId::of_step(order, &message));
    assert_eq!(world.balance(one).await, (0, 975));
    assert_eq!(world.balance(other).await, (0, 0));
    world.assert_clean().await;
    world.settle_one(order, release(1)).await;
    assert_eq!(world.balance(other).await, (0, 1));
    world.assert_clean().await;
}

async fn a_release_is_made_once_and_answered_again(world: World) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    let bought = sale(buyer, &[(seller, &[usd(1000)])]);
    world.settle_one(order, bought).await;
    let command = || world.command(order, release(0));
    let first = world.settle(vec![command(), command()], NOW).await;
    let again = world.settle(vec![command()], NOW).await;
    assert_eq!(only::<PartReleased>(&first), only::<PartReleased>(&again));
    assert_eq!(first[0].id, again[0].id);
    assert_eq!(world.balance(seller).await, (0, 975));
    world.assert_clean().await;
}

async fn what_is_left_after_refunds_is_released(world: World) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    let bought = sale(buyer, &[(seller, &[usd(800), usd(200)])]);
    world.settle_one(order, bought).await;
    let refund = world.refund(0, &[(0, 400), (1, 200)]);
    world.settle_one(order, refund).await;
    world.settle_one(order, release(0)).await;
    assert_eq!(world.balance(seller).await, (0, 390));
    world.assert_clean().await;
}

async fn a_part_of_which_nothing_is_left_is_released_without_a_transaction(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(60)).await;
    world.settle_one(order, debit(buyer, usd(60))).await;
    world.settle_one(order, world.refund(0, &[(0, 60)])).await;
    for _ in 0..2 {
        let said: PartReleased = only(&world.settle_one(order, release(0)).await);
        assert!(said.transaction_id.is_empty());
    }
    let again = world.settle_one(order, world.refund(0, &[(0, 1)])).await;
    assert_eq!(only::<PartRefused>(&again).reason, "exceeds_part");
    assert_eq!(world.audit().await.transactions, 3);
    world.assert_clean().await;
}

async fn the_commission_is_that_of_the_debit_whatever_the_rates_became(world: World) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    let bought = sale(buyer, &[(seller, &[usd(1000)])]);
    world.settle_one(order, bought).await;
    let world = world.with_commission(10_000);
    world.settle_one(order, world.refund(0, &[(0, 200)])).await;
    world.settle_one(order, release(0)).await;
    world.settle_one(order, world.refund(0, &[(0, 400)])).await;
    assert_eq!(world.balance(seller).await, (0, 390));
    world.assert_clean().await;
}

async fn a_commission_of_all_leaves_the_seller_nothing(world: World) {
    let world = world.with_commission(10_000);
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let bought = sale(buyer, &[(seller, &[usd(100)])]);
    world.settle_one(order, bought).await;
    world.settle_one(order, release(0)).await;
    assert_eq!(world.balance(seller).await, (0, 0));
    world.assert_clean().await;
    // The platform gives all of a refund.
    world.settle_one(order, world.refund(0, &[(0, 70)])).await;
    assert_eq!(world.balance(buyer).await, (70, 0));
    assert_eq!(world.debt(seller).await, 0);
    world.assert_clean().await;
}

async fn a_release_into_a_full_wallet_leaves_the_money_in_escrow_until_there_is_room(world: World) {
    let (buyer, seller) = (world.user(), world.user());
    let (first, second) = (world.order(), world.order());
    let all = usd(Money::MAX_AMOUNT);
    for order in [first, second] {
        world.credit(buyer, all).await;
        let bought = sale(buyer, &[(seller, &[all])]);
        world.settle_one(order, bought).await;
    }
    world.settle_one(first, release(0)).await;
    let (_, earned) = world.balance(seller).await;
    let command = world.command(second, release(0));
    for _ in 0..2 {
        let refused: PartRefused = only(&world.settle(vec![command.clone()], NOW).await);
        assert_eq!(refused.reason, "balance_limit");
        assert_eq!(world.balance(seller).await, (0, earned));
        world.assert_clean().await;
    }
    assert_eq!(world.earnings(NOW.plus(TERMS.payout_hold)).await, 1);
    for _ in 0..2 {
        let _: PartReleased = only(&world.settle(vec![command.clone()], NOW).await);
    }
    assert_eq!(world.balance(seller).await, (earned, earned));
    world.assert_clean().await;
}
