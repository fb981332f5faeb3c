//! Books in the databases of the distributed mode.

use anyhow::Result;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::options::{Acknowledgment, CollectionOptions, WriteConcern};
use mongodb::{Client, Collection};
use uuid::Uuid;

use super::{CURRENCY, Deal, EARNED, Fate, History, PLENTY, PRICE, START, Size, Transaction};

/// Documents in a command.
const BATCH: usize = 5_000;

/// Fills the databases of the services, whose names begin with `prefix` and which are empty.
///
/// # Errors
/// If the server does not take a document.
pub async fn fill(client: &Client, prefix: &str, size: &Size) -> Result<()> {
    let fill = |service: &str, collection: &str| {
        let database = client.database(&format!("{prefix}_{service}"));
        let quickly = WriteConcern::builder().w(Acknowledgment::Nodes(1)).build();
        let options = CollectionOptions::builder().write_concern(quickly).build();
        Fill {
            collection: database.collection_with_options(collection, options),
            batch: Vec::new(),
        }
    };
    let mut history = History::new(size);
    let mut order = fill("orders", "orders");
    let mut facts = fill("orders", "facts");
    let mut journal = fill("wallet", "journal");
    let mut payments = fill("wallet", "payments");
    let mut refunds = fill("wallet", "refunds");
    let mut earnings = fill("wallet", "earnings");
    let mut accounts = fill("wallet", "accounts");
    let mut reservations = fill("products", "reservations");
    let mut products = fill("products", "products");
    let mut categories = fill("products", "categories");
    let mut tree = fill("products", "category_tree");
    let mut entries = fill("products", "stock_entries");
    for transaction in history.opening() {
        journal.add(posted(&transaction)).await?;
    }
    for deal in history.by_ref() {
        order.add(placed(&deal)).await?;
        for fact in told(&deal) {
            facts.add(fact).await?;
        }
        for transaction in &deal.transactions {
            journal.add(posted(transaction)).await?;
        }
        if let Some(payment) = paid(&deal) {
            payments.add(payment).await?;
        }
        if let Some((refund, transaction)) = deal.refund() {
            let (_, reversed) = deal.fate.fees();
            let line = doc! { "line": bytes(deal.line()), "amount": PRICE, "reversed": reversed };
            let refund = doc! {
                "_id": bytes(refund), "order_id": bytes(deal.order), "fulfilment": bytes(deal.part()), "amount": PRICE,
                "currency": CURRENCY, "lines": [line], "journal_id": bytes(transaction),
            };
            refunds.add(refund).await?;
        }
        if deal.waits {
            let id = doc! { "order_id": bytes(deal.order), "fulfilment": bytes(deal.part()) };
            let earning = doc! {
                "_id": id, "seller": bytes(deal.seller), "amount": EARNED, "currency": CURRENCY, "available_at": i64::MAX,
            };
            earnings.add(earning).await?;
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
    let category = bytes(super::id(0, 9));
    categories
        .add(doc! {
            "_id": &category, "slug": "things", "names": { "und": "things" }, "attributes": [], "retired": false, "version": 1_i64,
        })
        .await?;
    tree.add(doc! { "_id": 1_i64, "version": 1_i64 }).await?;
    for goods in &history.goods {
        let product = bytes(goods.product);
        let entry = doc! { "_id": { "product": &product, "version": 1_i64, "variant": &product }, "delta": PLENTY, "at": START, "actor": bytes(goods.seller) };
        entries.add(entry).await?;
        let product = doc! {
            "_id": product, "seller": bytes(goods.seller), "price": PRICE, "currency": CURRENCY, "status": "active", "delivery": "none",
            "created_at": START, "category": "things", "category_id": &category, "available": goods.available, "sold": 0_i64, "version": 1_i64,
            "updated_at": START, "name": "Thing", "description": "",
        };
        products.add(product).await?;
    }
    for mut fill in [
        order,
        facts,
        journal,
        payments,
        refunds,
        earnings,
        accounts,
        reservations,
        categories,
        tree,
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
    let fate = deal.fate;
    let line = doc! {
        "id": bytes(deal.line()), "product": bytes(deal.product), "seller": bytes(deal.seller), "name": &deal.name, "category": "things",
        "unit_price": price(), "quantity": 1_i64,
    };
    let mut order = doc! {
        "_id": bytes(deal.order), "buyer": bytes(deal.buyer), "lines": [line], "fulfilments": [part(deal)], "total": price(),
        "state": fate.state(), "confirmed": fate.is_sale(), "needs_review": false,
        "handled": deal.handled().map(bytes).to_vec(), "resends": 0_i64, "facts": fate.facts(), "version": 3_i64,
        "created_at": deal.at, "updated_at": deal.at, "state_since": deal.at,
    };
    if fate.is_paid() {
        order.insert("paid_at", deal.at);
    }
    if fate == Fate::Refunded {
        order.insert("reason", "reservation_expired");
    }
    order
}

/// The order's only part. What has its usual value is left out.
fn part(deal: &Deal) -> Document {
    let (fate, at) = (deal.fate, deal.at);
    let (fee, reversed) = fate.fees();
    let mut line = doc! { "id": bytes(deal.line()) };
    if fee > 0 {
        line.insert("commission", fee);
    }
    let mut part =
        doc! { "id": bytes(deal.part()), "seller": bytes(deal.seller), "status": fate.part() };
    match fate {
        Fate::Released => part.extend(doc! {
            "version": 3_i64, "money": "released", "delivered_at": at, "completed": { "at": at, "fact": 2_i64 },
        }),
        Fate::Held => part.extend(doc! { "version": 2_i64, "delivered_at": at }),
        Fate::Refunded => {
            line.extend(doc! { "cancelled": 1_i64, "refunded": 1_i64, "refunded_amount": PRICE, "reversed": reversed });
            part.insert("version", 2_i64);
        }
        Fate::Declined | Fate::Cancelled | Fate::Pending => {}
    }
    part.insert("lines", vec![line]);
    part
}

/// The facts of its timeline that have a document.
fn told(deal: &Deal) -> Vec<Document> {
    let Some((refund, _)) = deal.refund() else {
        return Vec::new();
    };
    let facts = [(2_i64, "reservation_expired"), (3, "refunded")];
    let facts = facts.map(|(number, what)| {
        doc! {
            "_id": { "order_id": bytes(deal.order), "number": number }, "at": deal.at, "actor": { "role": "system" }, "what": what,
            "fulfilment": bytes(deal.part()), "details": { "refundId": bytes(refund), "amount": PRICE },
        }
    });
    facts.into()
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
    if let Some(debit) = deal.transaction(2) {
        payment.insert("debit", bytes(debit));
        payment.insert("parts", vec![captured(deal)]);
    }
    Some(payment)
}

/// The only part of the order's payment.
fn captured(deal: &Deal) -> Document {
    let (fee, reversed) = deal.fate.fees();
    let mut line = doc! { "line": bytes(deal.line()), "total": PRICE, "commission": fee };
    if deal.fate == Fate::Refunded {
        line.extend(doc! { "refunded": PRICE, "reversed": reversed });
    }
    let mut part =
        doc! { "fulfilment": bytes(deal.part()), "seller": bytes(deal.seller), "lines": [line] };
    if let Some(transaction) = deal.transaction(4) {
        part.insert(
            "released",
            doc! { "amount": PRICE, "transaction": bytes(transaction) },
        );
    }
    part
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
