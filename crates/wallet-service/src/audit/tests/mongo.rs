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

/// A payout to a seller who never earned anything.
fn payout(seller: Uuid) -> Document {
    doc! { "_id": { "order_id": new_id(), "seller": binary(seller) }, "amount": 7_i64, "currency": "USD", "available_at": 0_i64 }
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
// 3: nothing is negative
#[case(
    Update("accounts", of_currency("EUR"), set("balances.$.balance", -1_i64)),
    "holds -1 EUR, which is negative"
)]
#[case(
    Update("journal", doc! { "system.account": 1 }, set("system.$.amount", -10_i64)),
    "platform:fees: is -10 USD, which is negative"
)]
#[case(
    Update("journal", doc! { "system": { "$elemMatch": { "account": 0, "amount": 100_i64 } } },
        set("system.$.amount", -1_000_000_i64)),
    "escrow: is -1000000 USD, which is negative"
)]
// pending balances equal outstanding payouts
#[case(Delete("payouts", doc! {}), "holds 390 USD, 0 wait to be paid out")]
#[case(
    Update("payouts", doc! {}, set("amount", 391_i64)),
    "holds 390 USD, 391 wait to be paid out"
)]
#[case(
    Insert("payouts", doc! { "_id": { "order_id": new_id(), "seller": new_id() }, "amount": 7_i64, "currency": "USD", "available_at": 0_i64 }),
    "holds 0 USD, 7 wait to be paid out"
)]
// 4: escrow is the sum of unsettled payments
#[case(
    Update("payments", doc! { "state": 2 }, set("amount", 101_i64)),
    "escrow: is 100 USD, the orders that are paid and not settled sum to 101"
)]
#[case(
    Update("journal", doc! { "system.account": 0 }, doc! { "$pull": { "system": { "account": 0 } } }),
    "escrow: is 0 USD, the orders that are paid and not settled sum to 100"
)]
// 5: payments have the transactions of their state
#[case(
    Update("payments", doc! { "state": 2 }, doc! { "$set": { "state": 0 }, "$unset": { "debit": 1 } }),
    "declined over 100, but the journal has 1 payments"
)]
#[case(
    Update("payments", doc! { "state": 0 }, doc! { "$set": { "state": 2, "debit": new_id() } }),
    "debited over 100000, but the journal has 0 payments"
)]
#[case(
    Update("payments", doc! { "state": 5 }, set("state", 4)),
    "refunded over 400, but the journal has 1 payments, 0 refunds and 1 releases"
)]
#[case(
    Update("payments", doc! { "state": 3 }, set("state", 5)),
    "released over 300, but the journal has 1 payments, 1 refunds and 0 releases"
)]
#[case(
    Update("payments", doc! { "state": 4 }, doc! { "$set": { "state": 2 }, "$unset": { "settlement": 1 } }),
    "debited over 200, but the journal has 1 payments, 1 refunds"
)]
#[case(
    Update("payments", doc! { "state": 2 }, set("debit", new_id())),
    "debited over 100, but the journal has 1 payments"
)]
#[case(
    Update("payments", doc! { "state": 5 }, set("settlement", new_id())),
    "released over 400"
)]
#[case(
    Update("payments", doc! { "state": 5 }, set("amount", 401_i64)),
    "released over 401, but the journal has 1 payments, 0 refunds and 1 releases of it, 400 into"
)]
#[case(
    Delete("payments", doc! { "state": 5 }),
    "unknown over no amount, but the journal has 1 payments, 0 refunds and 1 releases"
)]
#[case(
    Update("journal", doc! { "kind": 4 }, doc! { "$unset": { "order": 1 } }),
    "released over 400, but the journal has 1 payments, 0 refunds and 0 releases"
)]
#[case(
    Update("journal", doc! { "kind": 4 }, doc! { "$unset": { "order": 1 } }),
    "order unknown: its payment is unknown over no amount"
)]
// where a walk begins and where it ends, what one side lacks, and what is there twice
#[case(DeleteOne("accounts", doc! { "_id": 1 }), "and no balance")]
#[case(DeleteOne("accounts", doc! { "_id": -1 }), "and no balance")]
#[case(
    Update("journal", doc! { "line": { "$exists": true } }, doc! { "$unset": { "line": 1 } }),
    "and has no posting"
)]
#[case(
    Insert("payouts", payout(Uuid::nil())),
    "user:00000000-0000-0000-0000-000000000000:pending: holds 0 USD, 7 wait to be paid out"
)]
#[case(
    Insert("payouts", payout(Uuid::max())),
    "user:ffffffff-ffff-ffff-ffff-ffffffffffff:pending: holds 0 USD, 7 wait to be paid out"
)]
#[case(Update("payouts", doc! {}, set("currency", "EUR")), "holds 0 EUR, 390 wait to be paid out")]
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
    Repeat("journal", doc! { "kind": 4 }),
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
