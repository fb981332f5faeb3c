//! Refunds of parts, before and after their release.

use contracts::wallet::{PartRefunded, PartRefused, PartReleased};
use contracts::{Envelope, id_bytes, transaction_id};
use futures_util::future::join_all;
use kernel::{MessageId, OrderId, RefundId, UserId};

use super::World;
use crate::app::settle;
use crate::domain::{Action, Kind};
use crate::store::harness::{
    NOW, TERMS, debit, line_id, only, part_id, refund, release, sale, somebody, usd,
};

contract! {
    a_refund_before_the_release_comes_out_of_escrow
    a_refund_is_made_once_and_a_repeat_is_answered_from_it
    a_refund_id_names_one_refund_for_all_time
    what_does_not_fit_the_part_is_refused_and_nothing_is_posted
    what_was_never_debited_is_neither_refunded_nor_released
    a_refused_refund_is_made_when_it_comes_again_and_fits
    of_100_concurrent_refunds_exactly_what_the_part_has_is_given
    a_refund_after_the_release_comes_from_the_pending_earnings_and_the_fees
    a_refund_after_the_hold_comes_from_what_the_seller_has_available
    a_refund_takes_no_other_parts_pending_earnings
    refunds_around_the_release_in_any_partition_leave_nothing
    a_refusal_for_a_full_balance_does_not_bind_the_same_refund_later
}

/// Refunds the part at `place`: (line, amount). It succeeds.
async fn refunded(
    world: &World,
    order: OrderId,
    place: u128,
    lines: &[(u128, i64)],
) -> PartRefunded {
    only(&world.settle_one(order, world.refund(place, lines)).await)
}

fn reversed(said: &PartRefunded) -> Vec<i64> {
    said.reversed.iter().map(|line| line.amount).collect()
}

/// A buyer who paid for a part of one line of 1000, whose commission is 25, and its seller.
async fn paid(world: &World) -> (UserId, UserId, OrderId) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    let bought = sale(buyer, &[(seller, &[usd(1000)])]);
    world.settle_one(order, bought).await;
    (buyer, seller, order)
}

/// As [`paid`], and released.
async fn sold(world: &World) -> (UserId, UserId, OrderId) {
    let (buyer, seller, order) = paid(world).await;
    let _: PartReleased = only(&world.settle_one(order, release(0)).await);
    assert_eq!(world.balance(seller).await, (0, 975));
    (buyer, seller, order)
}

async fn a_refund_before_the_release_comes_out_of_escrow(world: World) {
    let (buyer, one, other, order) = (world.user(), world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    let bought = sale(buyer, &[(one, &[usd(400), usd(200)]), (other, &[usd(400)])]);
    world.settle_one(order, bought).await;
    let id = RefundId::new(&world.ids);
    let action = refund(id, 0, &[(0, 100), (1, 200)]);
    let sent = world.settle_one(order, action).await;
    let said: PartRefunded = only(&sent);
    assert_eq!(
        sent[0].id,
        MessageId::of_step(order, &format!("refunded {id}"))
    );
    let part = id_bytes(part_id(0).as_uuid());
    assert_eq!(
        (&said.fulfilment_id, &said.refund_id),
        (&part, &id_bytes(id.as_uuid()))
    );
    // A quarter of 10, which is 2.5, to the even side; and all of 5.
    assert_eq!(reversed(&said), [2, 5]);
    assert_eq!(said.reversed[1].line_id, id_bytes(line_id(1).as_uuid()));
    let entry = world.statement(buyer).await.remove(0);
    assert_eq!((entry.kind, entry.money), (Kind::OrderRefund, usd(300)));
    assert_eq!(transaction_id(&said.transaction_id), Ok(entry.id));
    assert_eq!(world.balance(buyer).await, (300, 0));
    world.assert_clean().await;
    for place in [0, 1] {
        world.settle_one(order, release(place)).await;
    }
    // 300 of line 0 less what is left of its commission; the other part as a whole.
    assert_eq!(world.balance(one).await, (0, 292));
    assert_eq!(world.balance(other).await, (0, 390));
    world.assert_clean().await;
}

async fn a_refund_is_made_once_and_a_repeat_is_answered_from_it(world: World) {
    let (buyer, seller, order) = paid(&world).await;
    let action = world.refund(0, &[(0, 400)]);
    let command = || world.command(order, action.clone());
    // Also within one batch, and after the release.
    let first = world.settle(vec![command(), command()], NOW).await;
    let said: PartRefunded = only(&first);
    for _ in 0..2 {
        let again = world.settle(vec![command()], NOW).await;
        assert_eq!(only::<PartRefunded>(&again), said);
        assert_eq!(again[0].id, first[0].id);
        assert_eq!(world.balance(buyer).await, (400, 0));
        world.settle_one(order, release(0)).await;
    }
    assert_eq!(world.balance(seller).await, (0, 585));
    world.assert_clean().await;
}

async fn a_refund_id_names_one_refund_for_all_time(world: World) {
    let (buyer, _, order) = paid(&world).await;
    let (_, _, other) = paid(&world).await;
    let id = RefundId::new(&world.ids);
    world.settle_one(order, refund(id, 0, &[(0, 400)])).await;
    for (order, lines) in [(order, [(0, 401)]), (other, [(0, 400)])] {
        let refused: PartRefused = only(&world.settle_one(order, refund(id, 0, &lines)).await);
        assert_eq!(refused.reason, "other_refund");
    }
    assert_eq!(world.balance(buyer).await, (400, 0));
    world.assert_clean().await;
}

async fn what_does_not_fit_the_part_is_refused_and_nothing_is_posted(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let bought = sale(
        buyer,
        &[
            (world.user(), &[usd(30), usd(30)]),
            (world.user(), &[usd(40)]),
        ],
    );
    world.settle_one(order, bought).await;
    refunded(&world, order, 0, &[(0, 20)]).await;
    for (place, lines, reason) in [
        (2, vec![(0, 1)], "unknown_part"),
        (0, vec![(2, 1)], "unknown_line"),
        (0, vec![(0, 11)], "exceeds_part"),
        (0, vec![(1, 30), (0, 11)], "exceeds_part"),
        (0, vec![(1, 31)], "exceeds_part"),
        (1, vec![(2, i64::MAX)], "exceeds_part"),
    ] {
        let id = RefundId::new(&world.ids);
        let sent = world.settle_one(order, refund(id, place, &lines)).await;
        let refused: PartRefused = only(&sent);
        assert_eq!(refused.reason, reason);
        assert_eq!(refused.fulfilment_id, id_bytes(part_id(place).as_uuid()));
        assert_eq!(refused.refund_id, id_bytes(id.as_uuid()));
        let message = format!("part-refused-refund {id}");
        assert_eq!(sent[0].id, MessageId::of_step(order, &message));
    }
    let sent = world.settle_one(order, release(2)).await;
    let refused: PartRefused = only(&sent);
    assert_eq!(
        (refused.reason.as_str(), refused.refund_id.len()),
        ("unknown_part", 0)
    );
    let message = format!("part-refused-release {}", part_id(2));
    assert_eq!(sent[0].id, MessageId::of_step(order, &message));
    assert_eq!(world.balance(buyer).await, (20, 0));
    world.assert_clean().await;
}

async fn what_was_never_debited_is_neither_refunded_nor_released(world: World) {
    let buyer = world.user();
    let (unknown, declined, cancelled) = (world.order(), world.order(), world.order());
    world.settle_one(declined, debit(buyer, usd(1))).await;
    world.settle_one(cancelled, Action::Cancel { buyer }).await;
    for order in [unknown, declined, cancelled] {
        for action in [world.refund(0, &[(0, 1)]), release(0)] {
            let refused: PartRefused = only(&world.settle_one(order, action).await);
            assert_eq!(refused.reason, "not_debited");
        }
    }
    world.assert_clean().await;
}

async fn a_refused_refund_is_made_when_it_comes_again_and_fits(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let refund = world.command(order, world.refund(0, &[(0, 60)]));
    let _: PartRefused = only(&world.settle(vec![refund.clone()], NOW).await);
    world.settle_one(order, debit(buyer, usd(60))).await;
    let _: PartRefunded = only(&world.settle(vec![refund], NOW).await);
    assert_eq!(world.balance(buyer).await, (100, 0));
    world.assert_clean().await;
}

async fn of_100_concurrent_refunds_exactly_what_the_part_has_is_given(world: World) {
    let (buyer, _, order) = paid(&world).await;
    let refunds = (0..100).map(|_| {
        let command = world.command(order, world.refund(0, &[(0, 30)]));
        settle(&world.app, vec![command])
    });
    for done in join_all(refunds).await {
        assert_eq!(done, Ok(vec![Ok(())]));
    }
    let sent = world.sent().await;
    let is_given = |sent: &&Envelope| sent.open::<PartRefunded>().is_ok();
    assert_eq!(
        (sent.len(), sent.iter().filter(is_given).count()),
        (100, 33)
    );
    assert_eq!(world.balance(buyer).await, (990, 0));
    world.assert_clean().await;
}

async fn a_refund_after_the_release_comes_from_the_pending_earnings_and_the_fees(world: World) {
    let (buyer, seller, order) = sold(&world).await;
    let said = refunded(&world, order, 0, &[(0, 200)]).await;
    assert_eq!(reversed(&said), [5]);
    assert_eq!(world.balance(seller).await, (0, 780));
    assert_eq!(world.balance(buyer).await, (200, 0));
    world.assert_clean().await;
    // What is left of the earnings becomes available.
    assert_eq!(world.earnings(NOW.plus(TERMS.payout_hold)).await, 1);
    assert_eq!(world.balance(seller).await, (780, 0));
    assert_eq!(world.statement(seller).await.len(), 1);
    world.assert_clean().await;
}

async fn a_refund_after_the_hold_comes_from_what_the_seller_has_available(world: World) {
    let (buyer, seller, order) = sold(&world).await;
    world.earnings(NOW.plus(TERMS.payout_hold)).await;
    refunded(&world, order, 0, &[(0, 1000)]).await;
    assert_eq!(world.balance(seller).await, (0, 0));
    assert_eq!(world.balance(buyer).await, (1000, 0));
    let kinds: Vec<_> = world.statement(seller).await;
    let kinds: Vec<_> = kinds
        .iter()
        .map(|entry| (entry.kind, entry.money, entry.order))
        .collect();
    let expected = [
        (Kind::EarningReversal, usd(-975), Some(order)),
        (Kind::Earning, usd(975), Some(order)),
    ];
    assert_eq!(kinds, expected);
    world.assert_clean().await;
}

async fn a_refund_takes_no_other_parts_pending_earnings(world: World) {
    let (buyer, seller) = (world.user(), world.user());
    world.credit(buyer, usd(3000)).await;
    let orders = [world.order(), world.order()];
    for order in orders {
        let bought = sale(buyer, &[(seller, &[usd(1000)])]);
        world.settle_one(order, bought).await;
        world.settle_one(order, release(0)).await;
        if order == orders[0] {
            // Only the first order's earnings become available, and the seller takes them out.
            world.earnings(NOW.plus(TERMS.payout_hold)).await;
        }
    }
    let out = crate::domain::Direction::Debit;
    world.move_money(out, seller, usd(900), NOW).await.unwrap();
    refunded(&world, orders[0], 0, &[(0, 400)]).await;
    assert_eq!(world.balance(seller).await, (0, 975));
    assert_eq!(world.debt(seller).await, 315);
    world.assert_clean().await;
}

async fn refunds_around_the_release_in_any_partition_leave_nothing(world: World) {
    // The release is after this many of the seven refunds, the end of the hold before another.
    for (released, matured) in [(0, 0), (0, 7), (1, 3), (3, 4), (6, 6), (7, 7)] {
        let (buyer, one, other, order) = (world.user(), world.user(), world.user(), world.order());
        world.credit(buyer, usd(1017)).await;
        let bought = sale(buyer, &[(one, &[usd(333), usd(17)]), (other, &[usd(667)])]);
        world.settle_one(order, bought).await;
        let refunds: [(u128, &[(u128, i64)]); 7] = [
            (0, &[(0, 1)]),
            (1, &[(2, 333)]),
            (0, &[(0, 100), (1, 9)]),
            (0, &[(1, 1)]),
            (1, &[(2, 1)]),
            (0, &[(0, 232), (1, 7)]),
            (1, &[(2, 333)]),
        ];
        let step = async |place: usize| {
            if place == released {
                for part in [0, 1] {
                    let _: PartReleased = only(&world.settle_one(order, release(part)).await);
                }
            }
            if place == matured {
                world.earnings(NOW.plus(TERMS.payout_hold)).await;
            }
        };
        let mut back = 0;
        for (place, (part, lines)) in refunds.iter().enumerate() {
            step(place).await;
            let said = refunded(&world, order, *part, lines).await;
            back += reversed(&said).iter().sum::<i64>();
            world.assert_clean().await;
        }
        step(refunds.len()).await;
        world.assert_clean().await;
        // 8.325, 0.425 and 16.675.
        assert_eq!(back, 8 + 17);
        assert_eq!(world.balance(buyer).await, (1017, 0));
        for seller in [one, other] {
            assert_eq!(
                (world.balance(seller).await, world.debt(seller).await),
                ((0, 0), 0)
            );
        }
    }
    assert_eq!(world.past_the_store().held("USD").await, 6 * 1017);
}

async fn a_refusal_for_a_full_balance_does_not_bind_the_same_refund_later(world: World) {
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(100)).await;
    let bought = sale(buyer, &[(somebody(), &[usd(60)])]);
    world.settle_one(order, bought).await;
    world.past_the_store().set_balance(buyer, i64::MAX).await;
    let refund = world.command(order, world.refund(0, &[(0, 60)]));
    for _ in 0..2 {
        let refused: PartRefused = only(&world.settle(vec![refund.clone()], NOW).await);
        assert_eq!(refused.reason, "balance_limit");
    }
    world.past_the_store().set_balance(buyer, 40).await;
    for _ in 0..2 {
        let _: PartRefunded = only(&world.settle(vec![refund.clone()], NOW).await);
        assert_eq!(world.balance(buyer).await, (100, 0));
    }
    world.assert_clean().await;
}
