//! Debts: how they arise, and what repays them.

use futures_util::future::join_all;
use kernel::{OrderId, UserId};

use super::World;
use crate::domain::{Direction, Kind, TransferRefusal};
use crate::store::harness::{NOW, TERMS, eur, movement, release, sale, usd};

contract! {
    what_a_seller_no_longer_has_becomes_a_debt
    a_topup_repays_a_debt_first_and_the_statement_shows_both
    earnings_that_become_available_repay_a_debt_first
    a_release_repays_a_debt_before_anything_is_pending
    a_refund_to_a_buyer_in_debt_repays_it
    a_debt_is_of_one_currency
    a_repayment_is_made_once_with_the_topup_it_belongs_to
    topups_and_refunds_at_once_leave_no_debt_beside_money
}

/// A seller who sold something for 1000, took the 975 out and gave back `refunded` of it.
async fn debtor(world: &World, refunded: i64) -> (UserId, UserId, OrderId) {
    let (buyer, seller, order) = (world.user(), world.user(), world.order());
    world.credit(buyer, usd(1000)).await;
    let bought = sale(buyer, &[(seller, &[usd(1000)])]);
    world.settle_one(order, bought).await;
    world.settle_one(order, release(0)).await;
    world.earnings(NOW.plus(TERMS.payout_hold)).await;
    let out = world.move_money(Direction::Debit, seller, usd(975), NOW);
    out.await.unwrap();
    if refunded > 0 {
        let refund = world.refund(0, &[(0, refunded)]);
        world.settle_one(order, refund).await;
    }
    (buyer, seller, order)
}

async fn kinds(world: &World, owner: UserId) -> Vec<(Kind, i64, i64)> {
    let statement = world.statement(owner).await;
    let entries = statement.iter();
    entries
        .map(|entry| (entry.kind, entry.money.amount, entry.balance_after))
        .collect()
}

async fn what_a_seller_no_longer_has_becomes_a_debt(world: World) {
    let (buyer, seller, order) = debtor(&world, 400).await;
    assert_eq!(world.balance(seller).await, (0, 0));
    assert_eq!(world.debt(seller).await, 390);
    assert_eq!(world.balance(buyer).await, (400, 0));
    let refused = world
        .move_money(Direction::Debit, seller, usd(1), NOW)
        .await;
    let available = usd(0);
    assert_eq!(
        refused,
        Err(TransferRefusal::InsufficientFunds { available })
    );
    world.settle_one(order, world.refund(0, &[(0, 600)])).await;
    assert_eq!(world.debt(seller).await, 975);
    let report = world.audit().await;
    assert_eq!(report.debts.get("USD"), Some(&975));
    world.assert_clean().await;
}

async fn a_topup_repays_a_debt_first_and_the_statement_shows_both(world: World) {
    let (_, seller, _) = debtor(&world, 400).await;
    let credited = world.credit(seller, usd(100)).await;
    assert_eq!((credited.kind, credited.balance_after), (Kind::Credit, 100));
    assert_eq!(
        (world.balance(seller).await, world.debt(seller).await),
        ((0, 0), 290)
    );
    world.assert_clean().await;
    world.credit(seller, usd(300)).await;
    assert_eq!(
        (world.balance(seller).await, world.debt(seller).await),
        ((10, 0), 0)
    );
    world.credit(seller, usd(5)).await;
    let kinds = kinds(&world, seller).await;
    let expected = [
        (Kind::Credit, 5, 15),
        (Kind::DebtRepayment, -290, 10),
        (Kind::Credit, 300, 300),
        (Kind::DebtRepayment, -100, 0),
        (Kind::Credit, 100, 100),
    ];
    assert_eq!(&kinds[..5], expected);
    world.assert_clean().await;
}

async fn earnings_that_become_available_repay_a_debt_first(world: World) {
    let (_, seller, first) = debtor(&world, 0).await;
    let (buyer, order) = (world.user(), world.order());
    world.credit(buyer, usd(200)).await;
    let bought = sale(buyer, &[(seller, &[usd(200)])]);
    world.settle_one(order, bought).await;
    world.settle_one(order, release(0)).await;
    world.settle_one(first, world.refund(0, &[(0, 100)])).await;
    assert_eq!(
        (world.balance(seller).await, world.debt(seller).await),
        ((0, 195), 98)
    );
    assert_eq!(world.earnings(NOW.plus(TERMS.payout_hold)).await, 1);
    assert_eq!(
        (world.balance(seller).await, world.debt(seller).await),
        ((97, 0), 0)
    );
    let kinds = kinds(&world, seller).await;
    let expected = [(Kind::DebtRepayment, -98, 97), (Kind::Earning, 195, 195)];
    assert_eq!(&kinds[..2], expected);
    world.assert_clean().await;
}

async fn a_release_repays_a_debt_before_anything_is_pending(world: World) {
    let (_, seller, _) = debtor(&world, 400).await;
    let buyer = world.user();
    world.credit(buyer, usd(1000)).await;
    for (price, pending, debt) in [(200, 0, 195), (400, 195, 0)] {
        let order = world.order();
        let bought = sale(buyer, &[(seller, &[usd(price)])]);
        world.settle_one(order, bought).await;
        world.settle_one(order, release(0)).await;
        assert_eq!(world.balance(seller).await, (0, pending));
        assert_eq!(world.debt(seller).await, debt);
        world.assert_clean().await;
        if debt == 0 {
            // What repaid a debt cannot be taken from the part's earnings again.
            let refund = world.refund(0, &[(0, price)]);
            world.settle_one(order, refund).await;
            assert_eq!(
                (world.balance(seller).await, world.debt(seller).await),
                ((0, 0), 195)
            );
        }
    }
    world.assert_clean().await;
}

async fn a_refund_to_a_buyer_in_debt_repays_it(world: World) {
    let (_, seller, first) = debtor(&world, 0).await;
    let other = world.order();
    world.credit(seller, usd(100)).await;
    let bought = sale(
        seller,
        &[(world.user(), &[usd(60)]), (world.user(), &[usd(40)])],
    );
    world.settle_one(other, bought).await;
    world.settle_one(first, world.refund(0, &[(0, 80)])).await;
    assert_eq!(world.debt(seller).await, 78);
    world.settle_one(other, world.refund(0, &[(0, 50)])).await;
    assert_eq!(
        (world.balance(seller).await, world.debt(seller).await),
        ((0, 0), 28)
    );
    let cancel = crate::domain::Action::Cancel { buyer: seller };
    world.settle_one(other, cancel).await;
    assert_eq!(
        (world.balance(seller).await, world.debt(seller).await),
        ((22, 0), 0)
    );
    world.assert_clean().await;
}

async fn a_debt_is_of_one_currency(world: World) {
    let (_, seller, _) = debtor(&world, 400).await;
    world.credit(seller, eur(50)).await;
    assert_eq!(world.debt(seller).await, 390);
    let out = world.move_money(Direction::Debit, seller, eur(50), NOW);
    out.await.unwrap();
    world.assert_clean().await;
}

async fn a_repayment_is_made_once_with_the_topup_it_belongs_to(world: World) {
    let (_, seller, _) = debtor(&world, 400).await;
    for _ in 0..3 {
        world
            .keyed("k", Direction::Credit, movement(seller, usd(100)), NOW)
            .await;
        assert_eq!(world.debt(seller).await, 290);
    }
    world.assert_clean().await;
}

async fn topups_and_refunds_at_once_leave_no_debt_beside_money(world: World) {
    for _ in 0..10 {
        let (_, seller, order) = debtor(&world, 0).await;
        let refunds = (0..10).map(|_| async {
            let refund = world.refund(0, &[(0, 40)]);
            let command = vec![world.command(order, refund)];
            crate::app::settle(&world.app, command).await.unwrap();
        });
        let topups = (0..10).map(|_| async {
            world.credit(seller, usd(30)).await;
        });
        tokio::join!(join_all(refunds), join_all(topups));
        assert_eq!(
            (world.balance(seller).await, world.debt(seller).await),
            ((0, 0), 90)
        );
    }
    world.assert_clean().await;
}
