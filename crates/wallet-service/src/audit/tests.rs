//! Each check of the audit can fail: a test damages one row directly in the database, and the audit finds it. Each engine has its own
//! damage cases.

#[cfg(feature = "mongo")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

use futures_util::future::join_all;
use kernel::Money;

use super::PaymentStatus;
use crate::domain::{Action, Direction};
use crate::store::harness::{NOW, World, debit, eur, release, usd};

macro_rules! audits {
    ($($test:ident)+) => {
        #[cfg(feature = "sqlite")]
        mod on_sqlite {
            use super::World;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(World::sqlite()).await;
            })+
        }

        #[cfg(feature = "mongo")]
        mod on_mongo {
            use super::World;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(World::mongo().await).await;
            })+
        }
    };
}

audits! {
    a_sound_ledger_is_clean_and_everything_in_it_was_looked_at
    findings_without_end_are_counted
    sums_beyond_64_bits_are_no_finding
    the_composition_root_reads_each_payment
}

/// Fills a ledger with at least one record of every kind.
async fn furnished(world: World) -> World {
    let (buyer, seller) = (world.user(), world.user());
    world.credit(buyer, usd(10_000)).await;
    world.credit(buyer, eur(50)).await;
    world
        .move_money(Direction::Debit, buyer, usd(100), NOW)
        .await
        .unwrap();
    let orders: Vec<_> = (0..6).map(|_| world.order()).collect();
    for (order, total) in orders.iter().zip([100, 200, 300, 400, 100_000]) {
        world.settle_one(*order, debit(buyer, usd(total))).await;
    }
    world.settle_one(orders[1], Action::Refund).await;
    world.settle_one(orders[2], Action::Cancel { buyer }).await;
    world
        .settle_one(orders[3], release(&[(seller, usd(400))]))
        .await;
    world.settle_one(orders[5], Action::Cancel { buyer }).await;
    world.credit(seller, usd(5)).await;
    world.assert_clean().await;
    world
}

/// Asserts that the audit reports `finding`.
async fn finds(world: &World, finding: &str) {
    let report = world.audit().await;
    let details = report.details();
    let found = details.iter().any(|detail| detail.contains(finding));
    assert!(found, "{finding:?} is not in {details:#?}");
}

async fn a_sound_ledger_is_clean_and_everything_in_it_was_looked_at(world: World) {
    let report = furnished(world).await.audit().await;
    // 4 credits and debits, 4 payments, a refund, a reversal and a release. Each has two postings, except the release with three.
    assert_eq!(
        (
            report.transactions,
            report.postings,
            report.balances,
            report.payments
        ),
        (11, 23, 4, 6)
    );
    assert!(report.is_clean());
}

async fn findings_without_end_are_counted(world: World) {
    let credits = (0..250).map(|_| world.credit(world.user(), usd(1)));
    join_all(credits).await;
    world.past_the_store().set_all_balances(2).await;
    let report = world.audit().await;
    assert_eq!((report.details().len(), report.findings()), (200, 250));
}

async fn sums_beyond_64_bits_are_no_finding(world: World) {
    let users: Vec<_> = (0..1100).map(|_| world.user()).collect();
    let most = usd(Money::MAX_AMOUNT);
    join_all(users.iter().map(|user| world.credit(*user, most))).await;
    let debits = users
        .iter()
        .map(|user| world.command(world.order(), debit(*user, most)));
    world.settle(debits.collect(), NOW).await;
    world.assert_clean().await;
}

async fn the_composition_root_reads_each_payment(world: World) {
    let world = furnished(world).await;
    let unknown = world.order();
    let (all, none) = world.past_the_store().audited_payments(unknown).await;
    assert_eq!(none, None);
    let mut states: Vec<(PaymentStatus, Option<i64>)> = all
        .iter()
        .map(|payment| (payment.status, payment.total.map(|total| total.amount)))
        .collect();
    states.sort_by_key(|(status, _)| format!("{status:?}"));
    assert_eq!(
        states,
        [
            (PaymentStatus::Cancelled, None),
            (PaymentStatus::Debited, Some(100)),
            (PaymentStatus::Declined, Some(100_000)),
            (PaymentStatus::Refunded, Some(200)),
            (PaymentStatus::Released, Some(400)),
            (PaymentStatus::Reversed, Some(300)),
        ]
    );
    assert!(all.is_sorted_by_key(|payment| payment.order));
    let (_, one) = world.past_the_store().audited_payments(all[0].order).await;
    assert_eq!(one, Some(all[0]));
}
