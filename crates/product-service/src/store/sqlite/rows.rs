//! How a product is read from its row.

use kernel::{Currency, Money, Timestamp};
use rusqlite::Row;
use store::StoreResult;
use store_sqlite::{corrupt, id};

use crate::domain::{Category, Description, Product, ProductName, ProductStatus, Stock};

/// The columns that [`product`] reads, of `products p` and `stock s`, as a literal. The first is the product's number.
macro_rules! columns {
    () => {
        "p.seq, p.id, p.seller, p.price, p.currency, p.status, p.created_at, p.category, p.name, p.description, \
         s.available, s.version, s.updated_at"
    };
}
pub(super) use columns;

/// How many columns those are: what a query selects beyond them starts here.
pub(super) const COLUMN_COUNT: usize = 13;

/// Reads a product and its number.
pub(super) fn product(row: &Row<'_>) -> StoreResult<(i64, Product)> {
    let status: &str = row.get_ref(5)?.as_str().map_err(|error| not_text(&error))?;
    let available: i64 = row.get(10)?;
    let product = Product {
        id: id(row, 1)?,
        seller: id(row, 2)?,
        price: money(row, 3)?,
        status: ProductStatus::of(status)
            .ok_or_else(|| corrupt(format!("{status:?} is no status of a product")))?,
        created_at: Timestamp::from_millis(row.get(6)?),
        category: Category::stored(row.get(7)?),
        name: ProductName::stored(row.get(8)?),
        description: Description::stored(row.get(9)?),
        stock: Stock::stored(available)
            .ok_or_else(|| corrupt(format!("{available} is no stock")))?,
        version: row.get(11)?,
        updated_at: Timestamp::from_millis(row.get(12)?),
    };
    Ok((row.get(0)?, product))
}

/// Reads a price from the column `index` and the currency after it.
pub(super) fn money(row: &Row<'_>, index: usize) -> StoreResult<Money> {
    let amount: i64 = row.get(index)?;
    let currency = row
        .get_ref(index + 1)?
        .as_str()
        .map_err(|error| not_text(&error))?;
    currency
        .parse::<Currency>()
        .and_then(|currency| Money::positive(amount, currency))
        .map_err(|invalid| corrupt(format!("{amount} {currency}: {invalid}")))
}

/// A column that holds no text where it must.
pub(super) fn not_text(error: &rusqlite::types::FromSqlError) -> store::StoreError {
    corrupt(error.to_string())
}
