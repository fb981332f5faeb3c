//! Damages documents in the database.

use rstest::rstest;
use store_mongo::bson::{Binary, Bson, Document, doc};
use store_mongo::{binary, mongodb::Collection};
use uuid::Uuid;

use super::{finds, furnished};
use crate::store::harness::World;

/// A change to a collection that bypasses its validator.
enum Damage {
    Update(&'static str, Document, Document),
    Delete(&'static str, Document),
    Insert(&'static str, Document),
    /// Deletes the first in this order.
    DeleteOne(&'static str, Document),
    /// Inserts the first that matches once more.
    Repeat(&'static str, Document),
}
use Damage::{Delete, DeleteOne, Insert, Repeat, Update};

fn new_id() -> Binary {
    binary(uuid::Uuid::new_v4())
}

/// Earnings of a seller who never earned anything.
fn earning(seller: Uuid) -> Document {
    let id = doc! { "order_id": new_id(), "fulfilment": new_id() };
    doc! { "_id": id, "seller": binary(seller), "amount": 7_i64, "currency": "USD", "available_at": 0_i64 }
}

/// The payment of this amount.
fn of(amount: i64) -> Document {
    doc! { "amount": amount }
}

fn unset(field: &str) -> Document {
    doc! { "$unset": { field: 1 } }
}

fn of_currency(currency: &str) -> Document {
    doc! { "balances.currency": currency }
}

fn set(field: &str, value: impl Into<Bson>) -> Document {
    doc! { "$set": { field: value.into() } }
}

fn add(field: &str, by: i64) -> Document {
    doc! { "$inc": { field: by } }
}

#[rstest]
// 1: transactions sum to zero
#[case(
    Update("journal", doc! { "kind": 0, "line.amount": 10_000_i64 }, add("line.amount", 1)),
    "sum to 1 USD, not to zero"
)]
#[case(
    Update("journal", doc! { "system": { "$elemMatch": { "account": 2, "currency": "EUR" } } }, add("system.$.amount", -1)),
    "sum to -1 EUR, not to zero"
)]
#[case(
    Update("journal", doc! { "system.currency": "EUR" }, set("system.$.currency", "CHF")),
    "sum to 50 EUR, not to zero"
)]
#[case(
    Update("journal", doc! { "system.account": 3 }, doc! { "$unset": { "system": 1 } }),
    "has 1 postings, not two or more"
)]
#[case(
    Insert("journal", doc! { "_id": new_id(), "id": new_id(), "kind": 0, "at": 0_i64 }),
    "has 0 postings, not two or more"
)]
// 2: balances are the sums of postings, numbers have no gap, balance_after is right
#[case(
    Update("accounts", of_currency("EUR"), add("balances.$.balance", 1)),
    "holds 51 EUR, its postings sum to 50"
)]
#[case(
    Update("accounts", of_currency("EUR"), add("balances.$.sequence", 1)),
    "its last posting in EUR is 2, the balance says 3"
)]
#[case(
    Update("journal", doc! { "line.currency": "EUR" }, set("line.balance", 9_i64)),
    "posting 2 says 9 remain, the postings say 50"
)]
#[case(
    Update("journal", doc! { "line.sequence": { "$gte": 3 } }, add("line.sequence", 100)),
    "posting 103 follows posting 2"
)]
#[case(
    Delete("journal", doc! { "line.sequence": 2_i64 }),
    "posting 3 follows posting 1"
)]
#[case(
    Update("accounts", of_currency("EUR"), doc! { "$pull": { "balances": { "currency": "EUR" } } }),
    "has postings of 50 EUR and no balance"
)]
#[case(
    Insert("accounts", doc! { "_id": { "owner": new_id(), "bucket": 0 }, "last_sequence": 1_i64, "last_at": 0_i64,
        "balances": [{ "currency": "USD", "balance": 7_i64, "sequence": 1_i64 }] }),
    "holds 7 USD and has no posting"
)]
#[case(
    Update("accounts", of_currency("EUR"), doc! { "$push": { "balances":
        { "currency": "JPY", "balance": 7_i64, "sequence": 9_i64 } } }),
    "holds 7 JPY, its postings sum to 0"
)]
#[case(
    Update("journal", doc! { "line.sequence": 3_i64 }, set("at", 0_i64)),
    "posting 3 follows posting 0"
)]
// 3: nothing is negative but a debt
#[case(
    Update("accounts", of_currency("EUR"), set("balances.$.balance", -1_i64)),
    "holds -1 EUR, which is negative"
)]
#[case(
    Update("accounts", doc! { "_id.bucket": 2 }, set("balances.0.balance", 7_i64)),
    "holds 7 USD, which is positive"
)]
#[case(
    Update("journal", doc! { "system": { "$elemMatch": { "account": 1, "amount": 25_i64 } } }, set("system.$.amount", -100_i64)),
    "platform:fees: is -89 USD, which is negative"
)]
#[case(
    Update("journal", doc! { "system": { "$elemMatch": { "account": 0, "amount": 100_i64 } } },
        set("system.$.amount", -1_000_000_i64)),
    "escrow: is -999550 USD, which is negative"
)]
#[case(
    Update("accounts", doc! { "_id.bucket": 0, "balances.balance": 0_i64 }, set("balances.0.balance", 5_i64)),
    "debt: holds -390 USD while 5 are available"
)]
// pending balances equal outstanding earnings
#[case(Delete("earnings", doc! {}), "holds 390 USD, earnings of 0 wait")]
#[case(
    Update("earnings", doc! {}, set("amount", 391_i64)),
    "holds 390 USD, earnings of 391 wait"
)]
#[case(
    Insert("earnings", earning(Uuid::new_v4())),
    "holds 0 USD, earnings of 7 wait"
)]
// 4: escrow is what parts that are not released have left
#[case(
    Update("payments", of(100), set("parts.0.lines.0.total", 101_i64)),
    "escrow: is 550 USD, the parts that are not released have 551 left"
)]
#[case(
    Update("journal", doc! { "system.account": 0 }, doc! { "$pull": { "system": { "account": 0 } } }),
    "escrow: is 0 USD, the parts that are not released have 550 left"
)]
// 5: payments have the transactions that they, their refunds and their releases name
#[case(
    Update("payments", of(100), doc! { "$set": { "state": 0 }, "$unset": { "debit": 1 } }),
    "declined over 100, but the journal has 1 payments"
)]
#[case(
    Update("payments", of(100), unset("debit")),
    "it does not name its debit as its state requires"
)]
#[case(
    Update("payments", doc! { "state": 0 }, doc! { "$set": { "state": 2, "debit": new_id() } }),
    "debited over 100000, but the journal has 0 payments"
)]
#[case(
    Update("payments", doc! { "state": 3 }, doc! { "$set": { "state": 2 }, "$unset": { "reversal": 1 } }),
    "debited over 300, but the journal has 1 payments, 1 refunds"
)]
#[case(
    Update("payments", of(100), doc! { "$set": { "state": 3, "reversal": new_id() } }),
    "reversed over 100, but the journal has 1 payments, 0 refunds"
)]
#[case(
    Update("payments", of(100), set("debit", new_id())),
    "is not in the journal"
)]
#[case(
    Update("payments", of(400), set("amount", 401_i64)),
    "debited over 401, but the journal has 1 payments, 0 refunds, 0 reversals of earnings and 1 releases of it, 400 into"
)]
#[case(
    Delete("payments", of(400)),
    "unknown over no amount, but the journal has 1 payments, 0 refunds, 0 reversals of earnings and 1 releases"
)]
#[case(
    Update("journal", doc! { "kind": 4 }, unset("order")),
    "debited over 400, but the journal has 1 payments, 0 refunds, 0 reversals of earnings and 0 releases"
)]
#[case(
    Update("journal", doc! { "kind": 4 }, unset("order")),
    "order unknown: its payment is unknown over no amount"
)]
#[case(
    Delete("refunds", of(200)),
    "debited over 200, but the journal has 1 payments, 1 refunds, 0 reversals of earnings and 0 releases of it, 200 into and 200 out of escrow: no record names"
)]
#[case(
    Update("refunds", of(200), set("journal_id", new_id())),
    "is not in the journal"
)]
#[case(
    Update("refunds", of(400), unset("reversal")),
    "debited over 1000, but the journal has 1 payments, 1 refunds, 1 reversals of earnings and 1 releases of it, 1400 into and 1400 out of escrow: no record names"
)]
#[case(
    Update("refunds", of(200), set("amount", 199_i64)),
    "should move -199 into escrow and moves -200"
)]
// the parts of a payment
#[case(
    Update("payments", of(100), set("parts.0.lines.0.total", 101_i64)),
    "its parts captured 101, the debit is 100"
)]
#[case(
    Update("payments", of(200), set("parts.0.lines.0.refunded", 199_i64)),
    "captured 200 and says that 199 are refunded, its refunds gave 200"
)]
#[case(
    Update("payments", of(200), set("parts.0.lines.0.refunded", 201_i64)),
    "captured 200 and says that 201 are refunded, its refunds gave 200"
)]
#[case(
    Update("refunds", of(200), set("lines.0.amount", 201_i64)),
    "is of 200, its lines sum to 201"
)]
#[case(
    Update("refunds", of(200), set("fulfilment", new_id())),
    "which is unknown"
)]
#[case(
    Update("payments", doc! { "state": 3 }, set("parts.0.lines.0.refunded", 299_i64)),
    "captured 300 and says that 299 are refunded, its refunds gave 0"
)]
#[case(
    Update("payments", of(400), set("parts.0.released.amount", 399_i64)),
    "399 were released of 400, of which 0 had been refunded"
)]
#[case(
    Update("payments", of(1000), unset("parts.0.released")),
    "it was refunded after a release that never was"
)]
#[case(
    Update("payments", of(400), unset("parts.0.released.transaction")),
    "no transaction released its 400"
)]
#[case(
    Update("payments", of(200), set("parts.0.lines.0.reversed", 4_i64)),
    "has a commission of 5 on 200 and says that 4 are reversed for 200 refunded, its refunds reversed 5"
)]
#[case(
    Update("payments", of(400), set("parts.0.lines.0.commission", 9_i64)),
    "its seller has 390 of it and should have 391, the platform has 10 and should have 9, others have 0"
)]
#[case(
    Update("journal", doc! { "kind": 4 }, set("pending.0.owner", binary(Uuid::nil()))),
    "its seller has 0 of it and should have 390, the platform has 10 and should have 10, others have 390"
)]
#[case(
    Update("journal", doc! { "system": { "$elemMatch": { "account": 0, "amount": -200_i64 } } }, set("system.$.amount", -190_i64)),
    "all of it is refunded, and 10 are left in escrow, 0 with the platform, 0 with its sellers"
)]
// where a walk begins and where it ends, what one side lacks, and what is there twice
#[case(DeleteOne("accounts", doc! { "_id": 1 }), "and no balance")]
#[case(DeleteOne("accounts", doc! { "_id": -1 }), "and no balance")]
#[case(
    Update("journal", doc! { "line": { "$exists": true } }, unset("line")),
    "and has no posting"
)]
#[case(
    Insert("earnings", earning(Uuid::nil())),
    "user:00000000-0000-0000-0000-000000000000:pending: holds 0 USD, earnings of 7 wait"
)]
#[case(
    Insert("earnings", earning(Uuid::max())),
    "user:ffffffff-ffff-ffff-ffff-ffffffffffff:pending: holds 0 USD, earnings of 7 wait"
)]
#[case(Update("earnings", doc! {}, set("currency", "EUR")), "holds 0 EUR, earnings of 390 wait")]
#[case(
    Update("payments", doc! { "state": 1 }, doc! { "$set":
        { "state": 2, "amount": 7_i64, "currency": "USD", "debit": new_id() } }),
    "debited over 7, but the journal has 0 payments"
)]
#[case(
    Insert("payments", doc! { "_id": binary(Uuid::nil()), "buyer": new_id(), "state": 2, "amount": 7_i64, "currency": "USD",
        "debit": new_id() }),
    "order 00000000-0000-0000-0000-000000000000: its payment is debited over 7, but the journal has 0 payments"
)]
#[case(
    Insert("refunds", doc! { "_id": new_id(), "order_id": binary(Uuid::nil()), "fulfilment": new_id(), "amount": 7_i64,
        "currency": "USD", "lines": [], "journal_id": new_id() }),
    "order 00000000-0000-0000-0000-000000000000: its payment is unknown over no amount, but the journal has 0 payments"
)]
#[case(
    Repeat("journal", doc! { "kind": 4, "system.amount": -400_i64 }),
    "2 releases of it, 400 into and 800 out of escrow"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_document_is_found(#[case] damage: Damage, #[case] finding: &str) {
    let world = furnished(World::mongo().await).await;
    let (Update(name, ..)
    | Delete(name, _)
    | Insert(name, _)
    | DeleteOne(name, _)
    | Repeat(name, _)) = damage;
    let collection: Collection<Document> = world.database().collection(name);
    let changed = match damage {
        Update(_, filter, update) => {
            let update = collection.update_many(filter, update);
            let done = update.bypass_document_validation(true).await.unwrap();
            done.modified_count
        }
        Delete(_, filter) => collection.delete_many(filter).await.unwrap().deleted_count,
        Insert(_, document) => {
            let insert = collection.insert_one(document);
            insert.bypass_document_validation(true).await.unwrap();
            1
        }
        DeleteOne(_, order) => {
            let delete = collection.find_one_and_delete(doc! {}).sort(order);
            u64::from(delete.await.unwrap().is_some())
        }
        Repeat(_, filter) => {
            let mut copy = collection.find_one(filter).await.unwrap().unwrap();
            copy.insert("_id", new_id());
            collection.insert_one(copy).await.unwrap();
            1
        }
    };
    assert!(changed > 0, "nothing was damaged");
    finds(&world, finding).await;
}
