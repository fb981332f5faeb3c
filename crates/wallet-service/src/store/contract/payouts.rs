//! Earnings and their release.

use std::time::Duration;

use kernel::Money;

use super::World;
use crate::app::{Swept, release_payouts};
use crate::domain::{Direction, Kind};
use crate::store::DuePayout;
use crate::store::harness::{NOW, TERMS, at, debit, release, usd};

contract! {
    earnings_wait_for_their_hold_and_are_then_available
    a_payout_that_cannot_be_released_keeps_no_other_sellers_money
    a_payout_that_does_not_fit_the_sellers_balance_stays_pending_and_is_tried_again_each_hour
    payouts_are_due_by_time_then_order_then_seller
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
    let app = at(&world.app, NOW.plus(TERMS.payout_hold));
    assert_eq!(release_payouts(&app).await.unwrap().released, 249);
    assert_eq!(world.balance(sellers[7]).await, (0, 975));
    assert_eq!(world.balance(sellers[249]).await, (975, 0));
    let again = release_payouts(&app).await;
    assert_eq!(again.unwrap(), Swept::default(), "each sweep gets past it");
}

async fn a_payout_that_does_not_fit_the_sellers_balance_stays_pending_and_is_tried_again_each_hour(
    world: World,
) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    world.credit(seller, usd(Money::MAX_AMOUNT - 974)).await;
    world.settle_one(order, debit(buyer, usd(1000))).await;
    let shares = release(&[(seller, usd(1000))]);
    world.settle_one(order, shares).await;
    let mut due = NOW.plus(TERMS.payout_hold);
    for _ in 0..3 {
        let swept = release_payouts(&at(&world.app, due)).await.unwrap();
        assert_eq!((swept.released, swept.postponed), (0, 1));
        let full = (Money::MAX_AMOUNT - 974, 975);
        assert_eq!(world.balance(seller).await, full);
        world.assert_clean().await;
        due = due.plus(Duration::from_hours(1));
        let early = due.minus(Duration::from_millis(1));
        let swept = release_payouts(&at(&world.app, early)).await.unwrap();
        assert_eq!(swept, Swept::default());
    }
    world
        .move_money(Direction::Debit, seller, usd(1), due)
        .await
        .unwrap();
    assert_eq!(world.payouts(due).await, 1);
    assert_eq!(world.balance(seller).await, (Money::MAX_AMOUNT, 0));
    world.assert_clean().await;
}

async fn payouts_are_due_by_time_then_order_then_seller(world: World) {
    let buyer = world.user();
    world.credit(buyer, usd(1_000_000)).await;
    // The later orders are released first, and sellers' ids do not rise with orders' ids.
    let sellers: Vec<_> = (0..3).map(|_| world.user()).collect();
    let orders: Vec<_> = (0..4).map(|_| world.order()).collect();
    let mut expected = Vec::new();
    for (late, order) in orders.iter().rev().enumerate() {
        let now = NOW.plus(Duration::from_millis(u64::try_from(late / 2).unwrap()));
        let shares: Vec<_> = sellers.iter().rev().map(|one| (*one, usd(100))).collect();
        for action in [debit(buyer, usd(300)), release(&shares)] {
            world.settle(vec![world.command(*order, action)], now).await;
        }
        expected.extend(sellers.iter().map(|seller| DuePayout {
            available_at: now.plus(TERMS.payout_hold),
            order: *order,
            seller: *seller,
        }));
    }
    expected.sort_unstable();
    let now = NOW.plus(TERMS.payout_hold * 2);
    for size in [1, 5, 100] {
        let (mut seen, mut after) = (Vec::<DuePayout>::new(), None);
        loop {
            let page = world.app.ledger.payouts_due(now, after, size);
            let page = page.await.unwrap();
            seen.extend(&page);
            after = page.last().copied();
            if page.len() < size {
                break;
            }
        }
        assert_eq!(seen, expected, "pages of {size}");
    }
}
