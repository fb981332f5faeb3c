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
// 3: nothing is negative but a debt
#[case(
    "UPDATE balances SET balance = -1 WHERE currency = 'EUR'",
    "holds -1 EUR, which is negative"
)]
#[case(
    "UPDATE balances SET balance = 7 WHERE bucket = 2",
    "holds 7 USD, which is positive"
)]
#[case(
    "UPDATE system_postings SET amount = -amount WHERE account = 1",
    "platform:fees: is -36 USD, which is negative"
)]
#[case(
    "UPDATE system_postings SET amount = -1000000 WHERE account = 0 AND amount = 100",
    "escrow: is -999550 USD, which is negative"
)]
#[case(
    "UPDATE balances SET balance = 5 WHERE bucket = 0 AND owner = (SELECT owner FROM balances WHERE bucket = 2)",
    "debt: holds -390 USD while 5 are available"
)]
// pending balances equal outstanding earnings
#[case("DELETE FROM earnings", "holds 390 USD, earnings of 0 wait")]
#[case(
    "UPDATE earnings SET amount = 391",
    "holds 390 USD, earnings of 391 wait"
)]
// 4: escrow is what parts that are not released have left
#[case(
    "UPDATE payments SET parts = replace(parts, '\"total\":100', '\"total\":101') WHERE amount = 100",
    "escrow: is 550 USD, the parts that are not released have 551 left"
)]
#[case(
    "DELETE FROM system_postings WHERE account = 0",
    "escrow: is 0 USD, the parts that are not released have 550 left"
)]
// 5: payments have the transactions that they, their refunds and their releases name
#[case(
    "UPDATE payments SET state = 0, debit = NULL WHERE amount = 100",
    "declined over 100, but the journal has 1 payments"
)]
#[case(
    "UPDATE payments SET debit = NULL WHERE amount = 100",
    "it does not name its debit as its state requires"
)]
#[case(
    "UPDATE payments SET state = 2, debit = randomblob(16) WHERE state = 0",
    "debited over 100000, but the journal has 0 payments"
)]
#[case(
    "UPDATE payments SET state = 2, reversal = NULL WHERE state = 3",
    "debited over 300, but the journal has 1 payments, 1 refunds"
)]
#[case(
    "UPDATE payments SET state = 3, reversal = randomblob(16) WHERE amount = 100",
    "reversed over 100, but the journal has 1 payments, 0 refunds"
)]
#[case(
    "UPDATE payments SET reversal = debit WHERE state = 3",
    "is not one order_refund"
)]
#[case(
    "UPDATE payments SET debit = randomblob(16) WHERE amount = 100",
    "is not in the journal"
)]
#[case(
    "UPDATE payments SET amount = 401 WHERE amount = 400",
    "debited over 401, but the journal has 1 payments, 0 refunds, 0 reversals of earnings and 1 releases of it, 400 into"
)]
#[case(
    "DELETE FROM payments WHERE amount = 400",
    "unknown over no amount, but the journal has 1 payments, 0 refunds, 0 reversals of earnings and 1 releases"
)]
#[case(
    "UPDATE journal SET order_id = NULL WHERE kind = 4",
    "debited over 400, but the journal has 1 payments, 0 refunds, 0 reversals of earnings and 0 releases"
)]
#[case(
    "UPDATE journal SET order_id = NULL WHERE kind = 4",
    "order unknown: its payment is unknown over no amount"
)]
#[case(
    "DELETE FROM refunds WHERE amount = 200",
    "debited over 200, but the journal has 1 payments, 1 refunds, 0 reversals of earnings and 0 releases of it, 200 into and 200 out of escrow: no record names"
)]
#[case(
    "UPDATE refunds SET journal_id = randomblob(16) WHERE amount = 200",
    "is not in the journal"
)]
#[case(
    "UPDATE refunds SET reversal = NULL WHERE amount = 400",
    "debited over 1000, but the journal has 1 payments, 1 refunds, 1 reversals of earnings and 1 releases of it, 1400 into and 1400 out of escrow: no record names"
)]
#[case(
    "UPDATE refunds SET reversal = journal_id WHERE amount = 400",
    "is not one earning_reversal"
)]
#[case(
    "UPDATE refunds SET amount = 199 WHERE amount = 200",
    "should move -199 into escrow and moves -200"
)]
// the parts of a payment
#[case(
    "UPDATE payments SET parts = replace(parts, '\"total\":100', '\"total\":101') WHERE amount = 100",
    "its parts captured 101, the debit is 100"
)]
#[case(
    "UPDATE payments SET parts = replace(parts, '\"refunded\":200', '\"refunded\":199') WHERE amount = 200",
    "captured 200 and says that 199 are refunded, its refunds gave 200"
)]
#[case(
    "UPDATE payments SET parts = replace(parts, '\"refunded\":200', '\"refunded\":201') WHERE amount = 200",
    "captured 200 and says that 201 are refunded, its refunds gave 200"
)]
#[case(
    "UPDATE refunds SET lines = replace(lines, '\"amount\":200', '\"amount\":201')",
    "is of 200, its lines sum to 201"
)]
#[case(
    "UPDATE refunds SET fulfilment = randomblob(16) WHERE amount = 200",
    "which is unknown"
)]
#[case(
    "UPDATE payments SET parts = replace(parts, '\"refunded\":300', '\"refunded\":299') WHERE state = 3",
    "captured 300 and says that 299 are refunded, its refunds gave 0"
)]
#[case(
    "UPDATE payments SET parts = replace(parts, '\"amount\":400', '\"amount\":399') WHERE amount = 400",
    "399 were released of 400, of which 0 had been refunded"
)]
#[case(
    "UPDATE payments SET parts = json_remove(parts, '$[0].released') WHERE amount = 1000",
    "it was refunded after a release that never was"
)]
#[case(
    "UPDATE payments SET parts = json_remove(parts, '$[0].released.transaction') WHERE amount = 400",
    "no transaction released its 400"
)]
#[case(
    "UPDATE payments SET parts = replace(parts, '\"reversed\":5', '\"reversed\":4') WHERE amount = 200",
    "has a commission of 5 on 200 and says that 4 are reversed for 200 refunded, its refunds reversed 5"
)]
#[case(
    "UPDATE refunds SET lines = replace(lines, '\"reversed\":5', '\"reversed\":4') WHERE amount = 200",
    "says that 5 are reversed for 200 refunded, its refunds reversed 4"
)]
#[case(
    "UPDATE payments SET parts = replace(parts, '\"commission\":10', '\"commission\":401') WHERE amount = 400",
    "has a commission of 401 on 400"
)]
#[case(
    "UPDATE payments SET parts = replace(parts, '\"commission\":10', '\"commission\":9') WHERE amount = 400",
    "its seller has 390 of it and should have 391, the platform has 10 and should have 9, others have 0"
)]
#[case(
    "UPDATE postings SET owner = zeroblob(16) WHERE kind = 4 AND amount = 390",
    "its seller has 0 of it and should have 390, the platform has 10 and should have 10, others have 390"
)]
#[case(
    "UPDATE system_postings SET amount = -190 WHERE account = 0 AND amount = -200",
    "all of it is refunded, and 10 are left in escrow, 0 with the platform, 0 with its sellers"
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
    "INSERT INTO earnings VALUES (randomblob(16), randomblob(16), zeroblob(16), 7, 'USD', 0)",
    "user:00000000-0000-0000-0000-000000000000:pending: holds 0 USD, earnings of 7 wait"
)]
#[case(
    "INSERT INTO earnings VALUES (randomblob(16), randomblob(16), unhex('ffffffffffffffffffffffffffffffff'), 7, 'USD', 0)",
    "user:ffffffff-ffff-ffff-ffff-ffffffffffff:pending: holds 0 USD, earnings of 7 wait"
)]
#[case(
    "UPDATE earnings SET currency = 'EUR'",
    "holds 0 EUR, earnings of 390 wait"
)]
#[case(
    "UPDATE payments SET state = 2, amount = 7, currency = 'USD', debit = randomblob(16)
     WHERE id = (SELECT max(id) FROM payments)",
    "debited over 7, but the journal has 0 payments"
)]
#[case(
    "INSERT INTO payments VALUES (zeroblob(16), zeroblob(16), 2, 7, 'USD', randomblob(16), NULL, '[]')",
    "order 00000000-0000-0000-0000-000000000000: its payment is debited over 7, but the journal has 0 payments"
)]
#[case(
    "INSERT INTO refunds VALUES (randomblob(16), zeroblob(16), zeroblob(16), 7, 'USD', '[]', randomblob(16), NULL)",
    "order 00000000-0000-0000-0000-000000000000: its payment is unknown over no amount, but the journal has 0 payments"
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
