//! Each check of the audit can fail: one row is broken behind the store's back, and the audit says so.

use rstest::rstest;

use super::{PaymentStatus, payment, payments};
use crate::domain::{Action, Direction};
use crate::store::harness::{NOW, World, debit, eur, release, usd};

/// A ledger with something of everything in it.
async fn furnished() -> World {
    let world = World::sqlite();
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
    world.store.checkpoint().await.unwrap();
    world.credit(seller, usd(5)).await;
    world.assert_clean().await;
    world
}

#[tokio::test]
async fn a_sound_ledger_is_clean_and_everything_in_it_was_looked_at() {
    let report = furnished().await.audit().await;
    // 4 credits and debits, 4 payments, refund, reversal, release; each with two postings but the release with three.
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

#[rstest]
// 1: transactions sum to zero
#[case(
    "UPDATE postings SET amount = amount + 1 WHERE sequence = 1 AND currency = 'USD' AND amount = 10000",
    "sum to 1 USD, not to zero"
)]
#[case(
    "UPDATE system_postings SET amount = amount - 1 WHERE account = 2 AND currency = 'EUR'",
    "sum to -1 EUR, not to zero"
)]
#[case(
    "UPDATE system_postings SET currency = 'CHF' WHERE currency = 'EUR'",
    "sum to 50 EUR, not to zero"
)]
#[case(
    "DELETE FROM system_postings WHERE account = 3",
    "has 1 postings, not two or more"
)]
#[case(
    "DELETE FROM journal WHERE kind = 1",
    "has 2 postings and no row in the journal"
)]
#[case(
    "INSERT INTO journal VALUES (randomblob(16), 0, randomblob(16), NULL, NULL, 0)",
    "has 0 postings, not two or more"
)]
#[case(
    "UPDATE postings SET kind = 0 WHERE kind = 1",
    "a posting is of another kind"
)]
// 2: balances are the sums of postings, numbers have no gap, balance_after is right
#[case(
    "UPDATE balances SET balance = balance + 1 WHERE currency = 'EUR'",
    "holds 51 EUR, its postings sum to 50"
)]
#[case(
    "UPDATE balances SET sequence = sequence + 1 WHERE currency = 'EUR'",
    "its last posting in EUR is 2, the balance says 3"
)]
#[case(
    "UPDATE postings SET balance_after = 9 WHERE currency = 'EUR'",
    "posting 2 says 9 remain, the postings say 50"
)]
#[case(
    "UPDATE postings SET sequence = sequence + 100 WHERE sequence >= 3",
    "posting 103 follows posting 2"
)]
#[case(
    "DELETE FROM postings WHERE sequence = 2",
    "posting 3 follows posting 1"
)]
#[case(
    "DELETE FROM balances WHERE currency = 'EUR'",
    "has postings of 50 EUR and no balance"
)]
#[case(
    "INSERT INTO balances VALUES (randomblob(16), 0, 'USD', 7, 1, 0)",
    "holds 7 USD and has no posting"
)]
#[case(
    "INSERT INTO balances SELECT owner, bucket, 'JPY', 7, 9, 0 FROM balances WHERE currency = 'EUR'",
    "holds 7 JPY, its postings sum to 0"
)]
#[case(
    "UPDATE postings SET created_at = 0 WHERE sequence = 3 AND bucket = 0",
    "posting 3 follows posting 0"
)]
// 3: nothing is negative
#[case(
    "UPDATE balances SET balance = -1 WHERE currency = 'EUR'",
    "holds -1 EUR, which is negative"
)]
#[case(
    "UPDATE system_postings SET amount = -amount WHERE account = 1",
    "platform:fees: is -10 USD, which is negative"
)]
#[case(
    "UPDATE system_postings SET amount = -1000000 WHERE account = 0 AND amount = 100",
    "escrow: is -1000000 USD, which is negative"
)]
// what is pending waits to be paid out
#[case("DELETE FROM payouts", "holds 390 USD, 0 wait to be paid out")]
#[case(
    "UPDATE payouts SET amount = 391",
    "holds 390 USD, 391 wait to be paid out"
)]
// 4: escrow is what unsettled payments sum to
#[case(
    "UPDATE payments SET amount = 101 WHERE state = 2",
    "escrow: is 100 USD, the orders that are paid and not settled sum to 101"
)]
#[case(
    "DELETE FROM system_postings WHERE account = 0",
    "escrow: is 0 USD, the orders that are paid and not settled sum to 100"
)]
// 5: payments have the transactions of their state
#[case(
    "UPDATE payments SET state = 0, debit_id = NULL WHERE state = 2",
    "declined over 100, but the journal has 1 payments"
)]
#[case(
    "UPDATE payments SET state = 2, debit_id = randomblob(16) WHERE state = 0",
    "debited over 100000, but the journal has 0 payments"
)]
#[case(
    "UPDATE payments SET state = 4 WHERE state = 5",
    "refunded over 400, but the journal has 1 payments, 0 refunds and 1 releases"
)]
#[case(
    "UPDATE payments SET state = 5 WHERE state = 3",
    "released over 300, but the journal has 1 payments, 1 refunds and 0 releases"
)]
#[case(
    "UPDATE payments SET state = 2, settlement_id = NULL WHERE state = 4",
    "debited over 200, but the journal has 1 payments, 1 refunds"
)]
#[case(
    "UPDATE payments SET debit_id = randomblob(16) WHERE state = 2",
    "debited over 100, but the journal has 1 payments"
)]
#[case(
    "UPDATE payments SET settlement_id = debit_id WHERE state = 5",
    "released over 400"
)]
#[case(
    "UPDATE payments SET amount = 401 WHERE state = 5",
    "released over 401, but the journal has 1 payments, 0 refunds and 1 releases of it, 400 into"
)]
#[case(
    "DELETE FROM payments WHERE state = 5",
    "unknown over no amount, but the journal has 1 payments, 0 refunds and 1 releases"
)]
#[case(
    "UPDATE journal SET order_id = NULL WHERE kind = 4",
    "released over 400, but the journal has 1 payments, 0 refunds and 0 releases"
)]
// checkpoints are the sums that they stand for
#[case(
    "UPDATE checkpoints SET balance = '99' WHERE account = 0",
    "escrow: its checkpoint at 11 says 99 USD, its postings up to there sum to 100"
)]
#[case(
    "DELETE FROM checkpoints WHERE account = 1",
    "platform:fees: its checkpoint at 11 says 0 USD, its postings up to there sum to 10"
)]
#[case(
    "INSERT INTO checkpoints VALUES (1, 'CHF', 11, '3')",
    "platform:fees: its checkpoint says 3 CHF, it has no posting"
)]
#[case(
    "UPDATE checkpoints SET up_to = 3 WHERE account = 1",
    "checkpoint: cannot be read"
)]
#[case(
    "UPDATE checkpoints SET balance = 'much' WHERE account = 1",
    "checkpoint: cannot be read"
)]
#[tokio::test]
async fn a_broken_row_is_found(#[case] sql: &str, #[case] finding: &str) {
    let world = furnished().await;
    assert!(
        world.vandal().execute(sql, []).unwrap() > 0,
        "{sql} changed nothing"
    );
    let report = world.audit().await;
    let found = report
        .violations
        .iter()
        .any(|violation| violation.detail.contains(finding));
    assert!(found, "{finding:?} is not in {:#?}", report.violations);
}

#[tokio::test]
async fn findings_without_end_are_counted() {
    let world = World::sqlite();
    for _ in 0..250 {
        world.credit(world.user(), usd(1)).await;
    }
    world
        .vandal()
        .execute("UPDATE balances SET balance = 2", [])
        .unwrap();
    let report = world.audit().await;
    assert_eq!((report.violations.len(), report.more_violations), (200, 50));
}

#[tokio::test]
async fn sums_beyond_64_bits_are_no_finding() {
    let world = World::sqlite();
    let user = world.user();
    for _ in 0..1100 {
        world.credit(user, usd(kernel::Money::MAX_AMOUNT)).await;
        world
            .settle_one(world.order(), debit(user, usd(kernel::Money::MAX_AMOUNT)))
            .await;
    }
    world.assert_clean().await;
    world.store.checkpoint().await.unwrap();
    world.assert_clean().await;
}

#[tokio::test]
async fn the_composition_root_reads_each_payment() {
    let world = furnished().await;
    let connection = world.vandal();
    let all = payments(&connection).unwrap();
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
    assert_eq!(payment(&connection, all[0].order).unwrap(), Some(all[0]));
    assert_eq!(payment(&connection, world.order()).unwrap(), None);
}
