//! Orders in SQLite: the order's row, and a row in `sales` for each of its parts once its stock is sold.

use rusqlite::{Connection, OptionalExtension as _, Row};
use store::StoreResult;
use store_sqlite::{SqliteRecord, corrupt, fields, insert_row, scan_rows, update_row};

use crate::domain::Order;
use crate::records::ORDERS;
use crate::store::{SaleMoney, SalePlace};

/// The buyer, the lines and the prices of an order never change.
const FIXED: &[&str] = &["lines", "total", "buyer"];

/// Nor does what tells who the buyer is, until it is erased.
const UNLESS_ERASED: &[&str] = &[
    "lines",
    "total",
    "buyer",
    "buyer_name",
    "address",
    "note",
    "metadata",
];

impl SqliteRecord for Order {
    fn load(db: &Connection, key: &Self::Key) -> StoreResult<Option<Self>> {
        db.prepare_cached("SELECT * FROM orders WHERE id = ?1")?
            .query_row([key.as_bytes()], |row| Ok(read(row)))
            .optional()?
            .transpose()
    }

    fn scan(
        db: &Connection,
        visit: &mut dyn FnMut(Self, usize) -> StoreResult<()>,
    ) -> StoreResult<()> {
        scan_rows(db, "SELECT * FROM orders ORDER BY id", read, visit)
    }

    fn insert(&self, db: &Connection) -> StoreResult<()> {
        insert_row(db, ORDERS, self)?;
        sales(self)?
            .iter()
            .try_for_each(|sale| sale.insert(self, db))
    }

    fn update(&self, before: &Self, db: &Connection) -> StoreResult<()> {
        let fixed = if tells_the_same(before, self) {
            UNLESS_ERASED
        } else {
            FIXED
        };
        update_row(db, ORDERS, &self.id, fixed, (before, self))?;
        let known = sales(before)?;
        for sale in sales(self)? {
            match known.iter().find(|known| known.seller == sale.seller) {
                None => sale.insert(self, db)?,
                Some(known) if *known == sale => {}
                Some(known) => sale.update(known, self, db)?,
            }
        }
        Ok(())
    }
}

/// Whether both tell the same of who the buyer is.
fn tells_the_same(one: &Order, other: &Order) -> bool {
    one.buyer_name == other.buyer_name
        && one.address == other.address
        && one.note == other.note
        && one.metadata == other.metadata
}

/// Reads a row of `SELECT * FROM orders`.
pub(super) fn read(row: &Row<'_>) -> StoreResult<Order> {
    fields(ORDERS, &["id"], row)
}

/// A row of `sales`. Its order and the time of its payment never change.
#[derive(PartialEq)]
struct Sale {
    seller: [u8; 16],
    status: &'static str,
    paid_at: i64,
    money: SaleMoney,
}

/// The sales that an order has rows of.
fn sales(order: &Order) -> StoreResult<Vec<Sale>> {
    if !order.confirmed {
        return Ok(Vec::new());
    }
    let paid_at = SalePlace::of(order)?.paid_at.as_millis();
    let sales = order.fulfilments.iter().map(|part| {
        Ok(Sale {
            seller: *part.seller.as_bytes(),
            status: part.status.as_str(),
            paid_at,
            money: SaleMoney::of(order, part)?,
        })
    });
    sales.collect()
}

impl Sale {
    fn insert(&self, order: &Order, db: &Connection) -> StoreResult<()> {
        let money = &self.money;
        db.prepare_cached(
            "INSERT INTO sales (seller, status, paid_at, order_id, currency, sold, refunded, fees) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            self.seller,
            self.status,
            self.paid_at,
            order.id.as_bytes(),
            money.currency.as_str(),
            money.sold,
            money.refunded,
            money.fees,
        ))?;
        Ok(())
    }

    fn update(&self, before: &Self, order: &Order, db: &Connection) -> StoreResult<()> {
        let changed = db
            .prepare_cached(
                "UPDATE sales SET status = ?1, refunded = ?2, fees = ?3
                 WHERE seller = ?4 AND status = ?5 AND paid_at = ?6 AND order_id = ?7",
            )?
            .execute((
                self.status,
                self.money.refunded,
                self.money.fees,
                self.seller,
                before.status,
                before.paid_at,
                order.id.as_bytes(),
            ))?;
        match changed {
            1 => Ok(()),
            rows => Err(corrupt(format!(
                "a change of a sale of order {} found {rows} rows",
                order.id
            ))),
        }
    }
}
