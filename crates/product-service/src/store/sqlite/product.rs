//! Products and the stock book. A product is two rows: its description changes rarely, its stock with every order.

use kernel::{ProductId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};
use store::StoreResult;
use store_sqlite::{SqliteRecord, blob, id};

use crate::domain::{Category, Description, Product, ProductName, Stock};
use crate::records::StockEntry;
use crate::store::{corrupt, money, status};

/// The columns that [`product`] reads, of `products p` and `stock s`, as a literal.
macro_rules! columns {
    () => {
        "p.id, p.seller, p.price, p.currency, p.status, p.created_at, p.category, p.name, p.description, \
         s.available, s.version, s.updated_at"
    };
}
pub(super) use columns;

/// The number of these columns; a query's further columns follow.
pub(super) const COLUMN_COUNT: usize = 12;

/// Reads a product.
pub(super) fn product(row: &Row<'_>) -> StoreResult<Product> {
    let (available, currency, word): (i64, String, String) =
        (row.get(9)?, row.get(3)?, row.get(4)?);
    Ok(Product {
        id: id(row, 0)?,
        seller: id(row, 1)?,
        price: money(row.get(2)?, &currency)?,
        status: status(&word)?,
        created_at: Timestamp::from_millis(row.get(5)?),
        category: Category::stored(row.get(6)?),
        name: ProductName::stored(row.get(7)?),
        description: Description::stored(row.get(8)?),
        stock: Stock::stored(available)
            .ok_or_else(|| corrupt(format!("{available} is no stock")))?,
        version: row.get(10)?,
        updated_at: Timestamp::from_millis(row.get(11)?),
    })
}

impl SqliteRecord for Product {
    fn load(db: &Connection, key: &ProductId) -> StoreResult<Option<Self>> {
        let mut statement = db.prepare_cached(concat!(
            "SELECT ",
            columns!(),
            " FROM products p JOIN stock s ON s.product = p.seq WHERE p.id = ?1"
        ))?;
        let mut rows = statement.query([key.as_bytes()])?;
        rows.next()?.map(product).transpose()
    }

    fn insert(&self, db: &Connection) -> StoreResult<()> {
        db.prepare_cached(
            "INSERT INTO products (id, seller, price, currency, status, created_at, category, name, description)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            self.id.as_bytes(),
            self.seller.as_bytes(),
            self.price.amount,
            self.price.currency.as_str(),
            self.status.as_str(),
            self.created_at.as_millis(),
            self.category.as_str(),
            self.name.as_str(),
            self.description.as_str(),
        ])?;
        db.prepare_cached(
            "INSERT INTO stock (product, available, version, updated_at) VALUES (last_insert_rowid(), ?1, ?2, ?3)",
        )?
        .execute(params![self.stock.get(), self.version, self.updated_at.as_millis()])?;
        Ok(())
    }

    fn update(&self, before: &Self, db: &Connection) -> StoreResult<()> {
        let restocked = Self {
            stock: self.stock,
            version: self.version,
            updated_at: self.updated_at,
            ..before.clone()
        };
        if *self != restocked {
            db.prepare_cached(
                "UPDATE products SET price = ?2, currency = ?3, status = ?4, category = ?5, name = ?6, description = ?7
                 WHERE id = ?1",
            )?
            .execute(params![
                self.id.as_bytes(),
                self.price.amount,
                self.price.currency.as_str(),
                self.status.as_str(),
                self.category.as_str(),
                self.name.as_str(),
                self.description.as_str(),
            ])?;
        }
        db.prepare_cached(
            "UPDATE stock SET available = ?2, version = ?3, updated_at = ?4
             WHERE product = (SELECT seq FROM products WHERE id = ?1)",
        )?
        .execute(params![
            self.id.as_bytes(),
            self.stock.get(),
            self.version,
            self.updated_at.as_millis(),
        ])?;
        Ok(())
    }

    fn delete(&self, _db: &Connection) -> StoreResult<()> {
        Err(corrupt("a product is removed by its status, never deleted"))
    }
}

store_sqlite::old_row!(StockEntry);

impl store_sqlite::Row for StockEntry {
    const TABLE: &'static str = "stock_entries";
    const COLUMNS: &'static [&'static str] = &["product", "version", "delta", "at"];

    fn key_values((product, version): &Self::Key) -> Vec<Value> {
        vec![blob(product.as_bytes()), (*version).into()]
    }

    fn values(&self) -> Vec<Value> {
        vec![
            blob(self.product.as_bytes()),
            self.version.into(),
            self.delta.into(),
            self.at.as_millis().into(),
        ]
    }

    fn read(row: &Row<'_>) -> StoreResult<Self> {
        Ok(Self {
            product: id(row, 0)?,
            version: row.get(1)?,
            delta: row.get(2)?,
            at: Timestamp::from_millis(row.get(3)?),
        })
    }
}
