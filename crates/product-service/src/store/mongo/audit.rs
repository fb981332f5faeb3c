//! The check of the stock book (invariant 6): for each product, available + held + sold = what was put in. It adds up documents that
//! were written independently of each other: the products, the lines of reservations, the entries of the book. Each is read in the
//! order of products, and the three are walked side by side.

use kernel::ProductId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::StoreResult;
use store_mongo::bson::{Document, Uuid as BsonUuid, doc};
use store_mongo::mongodb::Database;
use store_mongo::{Rows, Snapshot, from_id};

use super::schema::{PRODUCTS, RESERVATIONS, STOCK_ENTRIES};
use crate::store::StockAudit;

#[derive(Deserialize)]
struct Available {
    #[serde(rename = "_id")]
    product: BsonUuid,
    available: i64,
}

/// What the book says was put in.
#[derive(Deserialize)]
struct Booked {
    #[serde(rename = "_id")]
    product: BsonUuid,
    booked: i64,
}

/// What reservations took.
#[derive(Deserialize)]
struct Taken {
    #[serde(rename = "_id")]
    product: BsonUuid,
    held: i64,
    sold: i64,
    lines: i64,
}

#[derive(Deserialize)]
struct Count {
    count: i64,
}

trait OfProduct {
    fn product(&self) -> ProductId;
}

macro_rules! of_product {
    ($($row:ty),+) => {
        $(impl OfProduct for $row {
            fn product(&self) -> ProductId {
                from_id(self.product)
            }
        })+
    };
}
of_product!(Available, Booked, Taken);

/// Checks the stock book in the product service's database, as it was at one moment. Reads only.
///
/// # Errors
/// A store error if the documents cannot be read at all.
pub async fn audit(database: &Database) -> StoreResult<StockAudit> {
    let mut snapshot = Snapshot::open(database).await?;
    let mut audit = StockAudit::default();
    let mut products = snapshot
        .aggregate::<Available>(PRODUCTS, available())
        .await?;
    let mut booked = Beside::new(
        snapshot
            .aggregate::<Booked>(STOCK_ENTRIES, booked())
            .await?,
    );
    let mut taken = Beside::new(snapshot.aggregate::<Taken>(RESERVATIONS, taken()).await?);
    let (mut lost_entries, mut lost_lines) = (0_u64, 0_i64);
    while let Some(row) = products.next(&mut snapshot).await? {
        let product = row.product();
        audit.products = audit.products.saturating_add(1);
        let booked = booked
            .at(Some(product), &mut snapshot, |_| lost_entries += 1)
            .await?;
        let taken = taken
            .at(Some(product), &mut snapshot, |row| lost_lines += row.lines)
            .await?;
        let booked = booked.map_or(0, |row| row.booked);
        let (held, sold) = taken.map_or((0, 0), |row| (row.held, row.sold));
        audit
            .violations
            .extend(violation(product, row.available, held, sold, booked));
    }
    booked
        .at(None, &mut snapshot, |_| lost_entries += 1)
        .await?;
    taken
        .at(None, &mut snapshot, |row| lost_lines += row.lines)
        .await?;
    if lost_entries > 0 {
        let finding = format!("{lost_entries} products in the stock book that are not there");
        audit.violations.push(finding);
    }
    if lost_lines > 0 {
        let finding = format!("{lost_lines} reservation lines without a product");
        audit.violations.push(finding);
    }
    let mut empty = snapshot.aggregate::<Count>(RESERVATIONS, empty()).await?;
    while let Some(Count { count }) = empty.next(&mut snapshot).await? {
        let finding = format!("{count} reservations without lines");
        audit.violations.push(finding);
    }
    Ok(audit)
}

fn available() -> Vec<Document> {
    vec![
        doc! { "$sort": { "_id": 1 } },
        doc! { "$project": { "available": 1 } },
    ]
}

fn booked() -> Vec<Document> {
    vec![
        doc! { "$group": { "_id": "$_id.product", "booked": { "$sum": "$delta" } } },
        doc! { "$sort": { "_id": 1 } },
    ]
}

fn taken() -> Vec<Document> {
    let of = |state: &str| doc! { "$sum": { "$cond": [ { "$eq": [ "$state", state ] }, "$lines.quantity", 0_i64 ] } };
    vec![
        doc! { "$unwind": "$lines" },
        doc! { "$group": {
            "_id": "$lines.product", "held": of("held"), "sold": of("sold"), "lines": { "$sum": 1_i64 },
        } },
        doc! { "$sort": { "_id": 1 } },
    ]
}

fn empty() -> Vec<Document> {
    vec![
        doc! { "$match": { "lines": { "$size": 0 } } },
        doc! { "$count": "count" },
    ]
}

fn violation(
    product: ProductId,
    available: i64,
    held: i64,
    sold: i64,
    booked: i64,
) -> Option<String> {
    if available < 0 {
        return Some(format!("product {product}: available is {available}"));
    }
    let there = i128::from(available) + i128::from(held) + i128::from(sold);
    (there != i128::from(booked)).then(|| {
        format!(
            "product {product}: available {available} + held {held} + sold {sold} = {there}, but {booked} were put in"
        )
    })
}

/// Rows walked beside the products, in the same order.
struct Beside<T> {
    rows: Rows<T>,
    next: Option<T>,
}

impl<T: OfProduct + DeserializeOwned> Beside<T> {
    fn new(rows: Rows<T>) -> Self {
        Self { rows, next: None }
    }

    /// The row of `product`, if there is one; those before it are of no product, and `lost`. Without a product, all that are left.
    async fn at(
        &mut self,
        product: Option<ProductId>,
        snapshot: &mut Snapshot,
        mut lost: impl FnMut(&T) + Send,
    ) -> StoreResult<Option<T>> {
        loop {
            let row = match self.next.take() {
                Some(row) => row,
                None => match self.rows.next(snapshot).await? {
                    Some(row) => row,
                    None => return Ok(None),
                },
            };
            match product {
                Some(product) if row.product() == product => return Ok(Some(row)),
                Some(product) if row.product() > product => {
                    self.next = Some(row);
                    return Ok(None);
                }
                Some(_) | None => lost(&row),
            }
        }
    }
}
