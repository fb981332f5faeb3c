//! Earnings: the end of their hold.

use std::time::Duration;

use kernel::{Money, UserId};

use super::World;
use crate::app::{Swept, keep_sellers, release_earnings};
use crate::domain::{Direction, Kind, Seller};
use crate::store::DueEarning;
use crate::store::harness::{NOW, TERMS, at, part_id, release, sale, usd};

contract! {
    earnings_wait_for_their_hold_and_are_then_available
    earnings_that_cannot_be_released_keep_no_other_sellers_money
    earnings_that_do_not_fit_the_sellers_balance_stay_pending_and_are_tried_again_each_hour
    earnings_are_due_by_time_then_order_then_part
    the_earnings_of_a_suspended_seller_wait_until_they_are_reinstated
    who_is_suspended_follows_from_the_latest_version
}

/// What the user service says: who, which version, whether they are suspended.
async fn said(world: &World, sellers: &[(UserId, i64, bool)]) {
    let sellers = sellers.iter().map(|&(user, version, is_suspended)| Seller {
        user,
        is_suspended,
        version,
    });
    let kept = keep_sellers(&world.app, sellers.collect()).await.unwrap();
    kept.into_iter().for_each(Result::unwrap);
}

async fn the_earnings_of_a_suspended_seller_wait_until_they_are_reinstated(world: World) {
    let (buyer, good, bad) = (world.user(), world.user(), world.user());
    world.credit(buyer, usd(1_000_000)).await;
    said(&world, &[(bad, 1, false), (bad, 2, true), (good, 1, false)]).await;
    // More than one batch of the sweep.
    let orders: Vec<_> = (0..220).map(|_| world.order()).collect();
    let commands = orders.iter().flat_map(|order| {
        let parts: [(UserId, &[Money]); 2] = [(bad, &[usd(1000)]), (good, &[usd(1000)])];
        let bought = sale(buyer, &parts);
        [bought, release(0), release(1)].map(|action| world.command(*order, action))
    });
    world.settle(commands.collect(), NOW).await;
    let due = NOW.plus(TERMS.payout_hold);
    assert_eq!(world.earnings(due).await, 220);
    assert_eq!(world.earnings(due).await, 0);
    assert_eq!(world.balance(bad).await, (0, 220 * 975));
    assert_eq!(world.balance(good).await, (220 * 975, 0));
    world.assert_clean().await;
    // A buyer gets their money back meanwhile: from what waits.
    let refund = world.refund(0, &[(0, 1000)]);
    world.settle_one(orders[0], refund).await;
    assert_eq!(world.balance(bad).await, (0, 219 * 975));
    world.assert_clean().await;
    said(&world, &[(bad, 3, false)]).await;
    assert_eq!(world.earnings(due).await, 219);
    assert_eq!(world.balance(bad).await, (219 * 975, 0));
    world.assert_clean().await;
}

async fn who_is_suspended_follows_from_the_latest_version(world: World) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    world
        .settle_one(order, sale(buyer, &[(seller, &[usd(1000)])]))
        .await;
    world.settle_one(order, release(0)).await;
    let due = NOW.plus(TERMS.payout_hold);
    said(&world, &[(seller, 2, true), (seller, 1, false)]).await;
    assert_eq!(world.earnings(due).await, 0);
    said(&world, &[(seller, 4, true)]).await;
    said(&world, &[(seller, 3, false), (seller, 4, true)]).await;
    assert_eq!(world.earnings(due).await, 0);
    said(&world, &[(seller, 5, false), (seller, 4, true)]).await;
    assert_eq!(world.earnings(due).await, 1);
}

async fn earnings_wait_for_their_hold_and_are_then_available(world: World) {
    let (buyer, seller) = (world.user(), world.user());
    world.credit(buyer, usd(2000)).await;
    for _ in 0..2 {
        let order = world.order();
        let bought = sale(buyer, &[(seller, &[usd(1000)])]);
        world.settle_one(order, bought).await;
        world.settle_one(order, release(0)).await;
    }
    let due = NOW.plus(Duration::from_secs(60));
    assert_eq!(world.earnings(due.minus(Duration::from_millis(1))).await, 0);
    assert_eq!(world.balance(seller).await, (0, 1950));
    assert_eq!(world.earnings(due).await, 2);
    assert_eq!(world.earnings(due).await, 0);
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

async fn earnings_that_cannot_be_released_keep_no_other_sellers_money(world: World) {
    let buyer = world.user();
    world.credit(buyer, usd(1_000_000)).await;
    let sellers: Vec<_> = (0..250).map(|_| world.user()).collect();
    let commands = sellers.iter().flat_map(|seller| {
        let order = world.order();
        let bought = sale(buyer, &[(*seller, &[usd(1000)])]);
        [bought, release(0)].map(|action| world.command(order, action))
    });
    world.settle(commands.collect(), NOW).await;
    world.past_the_store().spoil_earnings(sellers[7]).await;
    let app = at(&world.app, NOW.plus(TERMS.payout_hold));
    assert_eq!(release_earnings(&app).await.unwrap().released, 249);
    assert_eq!(world.balance(sellers[7]).await, (0, 975));
    assert_eq!(world.balance(sellers[249]).await, (975, 0));
    let again = release_earnings(&app).await;
    assert_eq!(again.unwrap(), Swept::default(), "each sweep gets past it");
}

async fn earnings_that_do_not_fit_the_sellers_balance_stay_pending_and_are_tried_again_each_hour(
    world: World,
) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    world.credit(seller, usd(Money::MAX_AMOUNT - 974)).await;
    let bought = sale(buyer, &[(seller, &[usd(1000)])]);
    world.settle_one(order, bought).await;
    world.settle_one(order, release(0)).await;
    let mut due = NOW.plus(TERMS.payout_hold);
    for _ in 0..3 {
        let swept = release_earnings(&at(&world.app, due)).await.unwrap();
        assert_eq!((swept.released, swept.postponed), (0, 1));
        let full = (Money::MAX_AMOUNT - 974, 975);
        assert_eq!(world.balance(seller).await, full);
        world.assert_clean().await;
        due = due.plus(Duration::from_hours(1));
        let early = due.minus(Duration::from_millis(1));
        let swept = release_earnings(&at(&world.app, early)).await.unwrap();
        assert_eq!(swept, Swept::default());
    }
    world
        .move_money(Direction::Debit, seller, usd(1), due)
        .await
        .unwrap();
    assert_eq!(world.earnings(due).await, 1);
    assert_eq!(world.balance(seller).await, (Money::MAX_AMOUNT, 0));
    world.assert_clean().await;
}

async fn earnings_are_due_by_time_then_order_then_part(world: World) {
    let buyer = world.user();
    world.credit(buyer, usd(1_000_000)).await;
    // The later orders are released first, and sellers' ids do not rise with the parts' ids.
    let sellers: Vec<_> = (0..3).map(|_| world.user()).collect();
    let orders: Vec<_> = (0..4).map(|_| world.order()).collect();
    let mut expected = Vec::new();
    for (late, order) in orders.iter().rev().enumerate() {
        let now = NOW.plus(Duration::from_millis(u64::try_from(late / 2).unwrap()));
        let line = [usd(100)];
        let parts: Vec<(_, &[Money])> = sellers.iter().rev().map(|one| (*one, &line[..])).collect();
        for action in [sale(buyer, &parts), release(2), release(0), release(1)] {
            world.settle(vec![world.command(*order, action)], now).await;
        }
        expected.extend(
            sellers
                .iter()
                .rev()
                .zip(0..)
                .map(|(seller, place)| DueEarning {
                    available_at: now.plus(TERMS.payout_hold),
                    order: *order,
                    fulfilment: part_id(place),
                    seller: *seller,
                }),
        );
    }
    expected.sort_unstable();
    let now = NOW.plus(TERMS.payout_hold * 2);
    for size in [1, 5, 100] {
        let (mut seen, mut after) = (Vec::<DueEarning>::new(), None);
        loop {
            let page = world.app.ledger.earnings_due(now, after, size);
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
