//! Each check of the audit can fail: a test damages one row directly in the database, and the audit finds it. Each engine has its own
//! damage cases.

#[cfg(feature = "mongo")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

use futures_util::future::join_all;
use kernel::{Money, UserId};

use super::{LineRecord, PartRecord, PaymentStatus};
use crate::domain::{Action, Direction};
use crate::store::harness::{NOW, TERMS, World, debit, eur, line_id, part_id, release, sale, usd};

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
    in_debt(&world, buyer).await;
    in_parts(&world, buyer).await;
    let orders: Vec<_> = (0..6).map(|_| world.order()).collect();
    for (order, total) in orders.iter().zip([100, 200, 300, 400, 100_000]) {
        let bought = sale(buyer, &[(seller, &[usd(total)])]);
        world.settle_one(*order, bought).await;
    }
    let refund = world.refund(0, &[(0, 200)]);
    world.settle_one(orders[1], refund).await;
    world.settle_one(orders[2], Action::Cancel { buyer }).await;
    world.settle_one(orders[3], release(0)).await;
    world.settle_one(orders[5], Action::Cancel { buyer }).await;
    world.credit(seller, usd(5)).await;
    world.assert_clean().await;
    world
}

/// An order of 1000 whose seller took out the 975 before 400 were refunded.
async fn in_debt(world: &World, buyer: UserId) {
    let (seller, order) = (world.user(), world.order());
    let bought = sale(buyer, &[(seller, &[usd(1000)])]);
    world.settle_one(order, bought).await;
    world.settle_one(order, release(0)).await;
    world.earnings(NOW.plus(TERMS.payout_hold)).await;
    let out = world.move_money(Direction::Debit, seller, usd(975), NOW);
    out.await.unwrap();
    world.settle_one(order, world.refund(0, &[(0, 400)])).await;
}

/// An order of 1070 in two parts, of which one is released, and refunded before and after that.
async fn in_parts(world: &World, buyer: UserId) {
    let order = world.order();
    let bought = sale(
        buyer,
        &[
            (world.user(), &[usd(500), usd(120)]),
            (world.user(), &[usd(450)]),
        ],
    );
    for action in [
        bought,
        world.refund(0, &[(0, 50)]),
        release(0),
        world.refund(0, &[(0, 100), (1, 20)]),
    ] {
        world.settle_one(order, action).await;
    }
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
    // 5 credits and debits, 6 payments, 4 refunds, a reversed debit, 3 releases, the end of a hold and 2 reversals of earnings. Each has
    // two postings, except the releases and the reversals of earnings with three.
    let read = (report.transactions, report.postings, report.balances);
    assert_eq!(read, (22, 49, 8));
    assert_eq!((report.payments, report.refunds), (8, 4));
    assert_eq!(report.debts, [("USD".to_owned(), 390)].into());
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
    let states = all.iter().map(|payment| {
        let total = payment.total.map(|total| total.amount);
        (format!("{:?}", payment.status), total)
    });
    let mut states: Vec<(String, Option<i64>)> = states.collect();
    states.sort();
    let mut expected = [
        (PaymentStatus::Cancelled, None),
        (PaymentStatus::Debited, Some(100)),
        (PaymentStatus::Debited, Some(200)),
        (PaymentStatus::Debited, Some(400)),
        (PaymentStatus::Debited, Some(1000)),
        (PaymentStatus::Debited, Some(1070)),
        (PaymentStatus::Declined, Some(100_000)),
        (PaymentStatus::Reversed, Some(300)),
    ]
    .map(|(status, total)| (format!("{status:?}"), total));
    expected.sort();
    assert_eq!(states, expected);
    assert!(all.is_sorted_by_key(|payment| payment.order));
    let in_parts = all
        .iter()
        .find(|payment| payment.total == Some(usd(1070)))
        .unwrap();
    let line = |place, amounts: [i64; 4]| {
        let [total, commission, refunded, reversed] = amounts;
        LineRecord {
            line: line_id(place),
            total,
            commission,
            refunded,
            reversed,
        }
    };
    let sellers: Vec<UserId> = in_parts.parts.iter().map(|part| part.seller).collect();
    let expected = [
        PartRecord {
            fulfilment: part_id(0),
            seller: sellers[0],
            lines: vec![line(0, [500, 12, 150, 4]), line(1, [120, 3, 20, 0])],
            released: Some(570),
        },
        PartRecord {
            fulfilment: part_id(1),
            seller: sellers[1],
            lines: vec![line(2, [450, 11, 0, 0])],
            released: None,
        },
    ];
    assert_eq!(in_parts.parts, expected);
    let one = world.past_the_store().audited_payments(in_parts.order);
    assert_eq!(one.await.1.as_ref(), Some(in_parts));
}
