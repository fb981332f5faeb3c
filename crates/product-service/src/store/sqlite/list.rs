//! Lists: each combination of filters and order becomes one statement, or two, with keyset paging, so the last page costs what
//! the first does. Here is what all of them have in common.

mod search;
mod walk;

use kernel::Page;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use store::StoreResult;

use self::walk::Part;
use super::product::{COLUMN_COUNT, product};
use crate::domain::{Filter, ListQuery, Number, Place, Product, SearchText, Sort};
use crate::store::{corrupt, page as cut, wrong_place};

pub(super) fn page(tx: &Connection, query: &ListQuery) -> StoreResult<Page<Product>> {
    let no_words = |text: &SearchText| text.words().is_empty();
    if query.filter.text.as_ref().is_some_and(no_words) {
        return Ok(cut(Vec::new(), query));
    }
    let wanted = query.limit.and_one();
    let mut found = Vec::with_capacity(query.limit.get() + 1);
    for statement in Statement::all_of(query)? {
        let room = wanted.saturating_sub(i64::try_from(found.len()).unwrap_or(wanted));
        statement.run(tx, query.sort, room, &mut found)?;
    }
    Ok(cut(found, query))
}

/// A statement under construction. Values are bound in the order in which they are written; the last, not yet there, is how
/// many rows it may give.
#[derive(Default)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Statement {
    /// The statements that together give a page, each continuing where the one before ends.
    ///
    /// Going on within a price takes two: SQLite seeks an index to `(price, rowid) > (?, ?)` by the price alone, and would walk
    /// all that cost the same again.
    pub(super) fn all_of(query: &ListQuery) -> StoreResult<Vec<Self>> {
        if let Some(text) = &query.filter.text {
            return Ok(vec![Self::search(query, text)?]);
        }
        let parts = match (query.sort, query.after) {
            (Sort::Newest | Sort::PriceUp | Sort::PriceDown, None) => vec![Part::Start],
            (Sort::Newest, Some(Place::Newest(number))) => vec![Part::Beyond(seq(query, number)?)],
            (Sort::PriceUp | Sort::PriceDown, Some(Place::Price(amount, number))) => {
                vec![
                    Part::SamePrice(amount, seq(query, number)?),
                    Part::OtherPrice(amount),
                ]
            }
            (Sort::Relevance, _) | (_, Some(_)) => return Err(wrong_place(query)),
        };
        parts
            .into_iter()
            .map(|part| Self::walk(query, part))
            .collect()
    }

    fn run(
        self,
        tx: &Connection,
        sort: Sort,
        room: i64,
        found: &mut Vec<(Place, Product)>,
    ) -> StoreResult<()> {
        if room == 0 {
            return Ok(());
        }
        let mut statement = tx.prepare_cached(&self.sql)?;
        let values = self.values.into_iter().chain([room.into()]);
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let (seq, product) = product(row)?;
            let number = Number::try_from(seq)
                .map_err(|_| corrupt(format!("{seq} is no number of a product")))?;
            let place = match sort {
                Sort::Newest => Place::Newest(number),
                Sort::PriceUp | Sort::PriceDown => Place::Price(product.price.amount, number),
                Sort::Relevance => Place::Relevance(row.get(COLUMN_COUNT)?, number),
            };
            found.push((place, product));
        }
        Ok(())
    }

    fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Adds a condition with one value.
    fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.push(" AND ");
        self.push(condition);
        self.values.push(value.into());
    }

    /// The filters that every list has in common.
    fn filters(&mut self, filter: &Filter) {
        if let Some(seller) = filter.seller {
            self.and("p.seller = ?", seller.as_bytes().to_vec());
        }
        if let Some(category) = &filter.category {
            self.and("p.category = ?", category.as_str().to_owned());
        }
        if filter.only_in_stock {
            self.push(" AND s.available > 0");
        }
    }

    /// Ends a row value with its second part.
    fn bind_and_close(&mut self, value: i64) {
        self.push("?)");
        self.values.push(value.into());
    }
}

/// The number in a place as this store counts.
fn seq(query: &ListQuery, number: Number) -> StoreResult<i64> {
    number.count().ok_or_else(|| wrong_place(query))
}
