//! Books in the databases of the distributed mode.

use anyhow::Result;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::options::{Acknowledgment, CollectionOptions, WriteConcern};
use mongodb::{Client, Collection};
use uuid::Uuid;

use super::{CURRENCY, Deal, EARNED, History, PLENTY, PRICE, START, Transaction};

/// Documents in a command.
const BATCH: usize = 5_000;

/// Fills the databases of the services, whose names begin with `prefix` and which are empty.
///
/// # Errors
/// If the server does not take a document.
pub async fn fill(client: &Client, prefix: &str, orders: u32) -> Result<()> {
    let fill = |service: &str, collection: &str| {
        let database = client.database(&format!("{prefix}_{service}"));
        let quickly = WriteConcern::builder().w(Acknowledgment::Nodes(1)).build();
        let options = CollectionOptions::builder().write_concern(quickly).build();
        Fill {
            collection: database.collection_with_options(collection, options),
            batch: Vec::new(),
        }
    };
    let mut history = History::new(orders);
    let mut order = fill("orders", "orders");
    let mut journal = fill("wallet", "journal");
    let mut payments = fill("wallet", "payments");
    let mut payouts = fill("wallet", "payouts");
    let mut accounts = fill("wallet", "accounts");
    let mut reservations = fill("products", "reservations");
    let mut products = fill("products", "products");
    let mut entries = fill("products", "stock_entries");
    for transaction in history.opening() {
        journal.add(posted(&transaction)).await?;
    }
    for deal in history.by_ref() {
        order.add(placed(&deal)).await?;
        for transaction in &deal.transactions {
            journal.add(posted(transaction)).await?;
        }
        if let Some(payment) = paid(&deal) {
            payments.add(payment).await?;
        }
        if deal.waits {
            let id = doc! { "order_id": bytes(deal.order), "seller": bytes(deal.seller) };
            let payout = doc! { "_id": id, "amount": EARNED, "currency": CURRENCY, "available_at": i64::MAX };
            payouts.add(payout).await?;
        }
        reservations.add(reserved(&deal)).await?;
    }
    for account in history.accounts() {
        let balance =
            doc! { "currency": CURRENCY, "balance": account.balance, "sequence": account.sequence };
        let id = doc! { "owner": bytes(account.owner), "bucket": account.bucket };
        let account = doc! { "_id": id, "last_sequence": account.sequence, "last_at": account.last_at, "balances": [balance] };
        accounts.add(account).await?;
    }
    for goods in &history.goods {
        let product = bytes(goods.product);
        let entry =
            doc! { "_id": { "product": &product, "version": 1_i64 }, "delta": PLENTY, "at": START };
        entries.add(entry).await?;
        let product = doc! {
            "_id": product, "seller": bytes(goods.seller), "price": PRICE, "currency": CURRENCY, "status": "active", "delivery": "none",
            "created_at": START, "category": "things", "category_key": "things", "available": goods.available, "version": 1_i64,
            "updated_at": START, "name": "Thing", "description": "",
        };
        products.add(product).await?;
    }
    for mut fill in [
        order,
        journal,
        payments,
        payouts,
        accounts,
        reservations,
        products,
        entries,
    ] {
        fill.flush().await?;
    }
    Ok(())
}

/// A collection that is being filled.
struct Fill {
    collection: Collection<Document>,
    batch: Vec<Document>,
}

impl Fill {
    async fn add(&mut self, document: Document) -> Result<()> {
        self.batch.push(document);
        if self.batch.len() == BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.collection.insert_many(batch).ordered(false).await?;
        }
        Ok(())
    }
}

fn bytes(id: Uuid) -> Bson {
    Bson::Binary(Binary {
        subtype: BinarySubtype::Generic,
        bytes: id.into_bytes().to_vec(),
    })
}

fn price() -> Document {
    doc! { "amount": PRICE, "currency": CURRENCY }
}

fn placed(deal: &Deal) -> Document {
    let state = deal.fate.state();
    let is_released = deal.transaction(4).is_some();
    let line = doc! {
        "product": bytes(deal.product), "seller": bytes(deal.seller), "name": &deal.name, "unit_price": price(), "quantity": 1_i64,
    };
    doc! {
        "_id": bytes(deal.order), "buyer": bytes(deal.buyer), "lines": [line], "total": price(), "state": state,
        "escrow": if is_released { "released" } else { "held" }, "confirmed": state == "paid", "needs_review": false,
        "handled": deal.handled().map(bytes).to_vec(), "resends": 0_i64, "version": 3_i64,
        "created_at": deal.at, "updated_at": deal.at, "state_since": deal.at,
    }
}

fn posted(transaction: &Transaction) -> Document {
    let mut journal = doc! {
        "_id": bytes(transaction.operation), "id": bytes(transaction.id), "kind": transaction.kind, "at": transaction.at,
    };
    if let Some(order) = transaction.order {
        journal.insert("order", bytes(order));
    }
    let mut pending = Vec::new();
    for line in &transaction.lines {
        let row = doc! {
            "owner": bytes(line.owner), "amount": line.amount, "currency": CURRENCY, "balance": line.after, "sequence": line.sequence,
        };
        if line.bucket == 0 {
            journal.insert("line", row);
        } else {
            pending.push(row);
        }
    }
    let system = transaction.system.iter();
    let system: Vec<Document> = system
        .map(
            |(account, amount)| doc! { "account": account, "amount": amount, "currency": CURRENCY },
        )
        .collect();
    for (name, lines) in [("pending", pending), ("system", system)] {
        if !lines.is_empty() {
            journal.insert(name, lines);
        }
    }
    journal
}

fn paid(deal: &Deal) -> Option<Document> {
    let state = deal.fate.payment()?;
    let mut payment = doc! { "_id": bytes(deal.order), "buyer": bytes(deal.buyer), "state": state };
    if state != 1 {
        payment.extend(price());
    }
    for (name, transaction) in ["debit", "settlement"]
        .into_iter()
        .zip(deal.debit_and_settlement())
    {
        if let Some(transaction) = transaction {
            payment.insert(name, bytes(transaction));
        }
    }
    Some(payment)
}

fn reserved(deal: &Deal) -> Document {
    let line = doc! {
        "product": bytes(deal.product), "seller": bytes(deal.seller), "category": "things", "name": &deal.name, "unitPrice": price(), "quantity": 1_i64,
    };
    doc! {
        "_id": bytes(deal.order), "buyer": bytes(deal.buyer), "lines": [line], "state": deal.fate.reservation(),
        "lease_until": deal.at, "created_at": deal.at,
    }
}
