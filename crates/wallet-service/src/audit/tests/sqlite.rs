//! Damages rows in the file.

use rstest::rstest;

use super::{finds, furnished};
use crate::store::harness::World;

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
    "INSERT INTO journal VALUES (randomblob(16), randomblob(16), 0, NULL, NULL, 0, '[]', NULL, NULL)",
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
// pending balances equal outstanding payouts
#[case("DELETE FROM payouts", "holds 390 USD, 0 wait to be paid out")]
#[case(
    "UPDATE payouts SET amount = 391",
    "holds 390 USD, 391 wait to be paid out"
)]
// 4: escrow is the sum of unsettled payments
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
    "UPDATE payments SET state = 0, debit = NULL WHERE state = 2",
    "declined over 100, but the journal has 1 payments"
)]
#[case(
    "UPDATE payments SET state = 2, debit = randomblob(16) WHERE state = 0",
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
    "UPDATE payments SET state = 2, settlement = NULL WHERE state = 4",
    "debited over 200, but the journal has 1 payments, 1 refunds"
)]
#[case(
    "UPDATE payments SET debit = randomblob(16) WHERE state = 2",
    "debited over 100, but the journal has 1 payments"
)]
#[case(
    "UPDATE payments SET settlement = debit WHERE state = 5",
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
// where a walk begins and where it ends, what one side lacks, and what is there twice
#[case(
    "DELETE FROM balances WHERE owner = (SELECT min(owner) FROM balances)",
    "and no balance"
)]
#[case(
    "DELETE FROM balances WHERE owner = (SELECT max(owner) FROM balances)",
    "and no balance"
)]
#[case(
    "DELETE FROM postings WHERE owner = (SELECT max(owner) FROM postings)",
    "and has no posting"
)]
#[case(
    "INSERT INTO payouts VALUES (randomblob(16), zeroblob(16), 7, 'USD', 0)",
    "user:00000000-0000-0000-0000-000000000000:pending: holds 0 USD, 7 wait to be paid out"
)]
#[case(
    "INSERT INTO payouts VALUES (randomblob(16), unhex('ffffffffffffffffffffffffffffffff'), 7, 'USD', 0)",
    "user:ffffffff-ffff-ffff-ffff-ffffffffffff:pending: holds 0 USD, 7 wait to be paid out"
)]
#[case(
    "UPDATE payouts SET currency = 'EUR'",
    "holds 0 EUR, 390 wait to be paid out"
)]
#[case(
    "UPDATE payments SET state = 2, amount = 7, currency = 'USD', debit = randomblob(16)
     WHERE id = (SELECT max(id) FROM payments)",
    "debited over 7, but the journal has 0 payments"
)]
#[case(
    "INSERT INTO payments VALUES (zeroblob(16), zeroblob(16), 2, 7, 'USD', randomblob(16), NULL)",
    "order 00000000-0000-0000-0000-000000000000: its payment is debited over 7, but the journal has 0 payments"
)]
#[case(
    "INSERT INTO journal SELECT randomblob(16), id, kind, order_id, reference, created_at, lines, NULL, NULL FROM journal
     WHERE kind = 4",
    "has 0 postings, not two or more"
)]
#[case(
    "INSERT INTO journal SELECT randomblob(16), id, kind, order_id, reference, created_at, lines, system_from, system_to FROM journal
     WHERE kind = 4",
    "2 releases of it, 400 into and 800 out of escrow"
)]
#[tokio::test]
async fn a_broken_row_is_found(#[case] sql: &str, #[case] finding: &str) {
    let world = furnished(World::sqlite()).await;
    assert!(
        world.vandal().execute(sql, []).unwrap() > 0,
        "{sql} changed nothing"
    );
    finds(&world, finding).await;
}
