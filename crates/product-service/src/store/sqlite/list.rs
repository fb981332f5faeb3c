//! Lists: each combination of filters and order becomes one statement, or two, with keyset paging, so the last page costs the same as
//! the first.
//!
//! A list without a search walks one index, beginning at the cursor. The statement names the index (`INDEXED BY`): the right one follows
//! from the query, not from statistics. Filters on other columns are checked row by row. A search starts from the matches of the
//! full-text index.

use kernel::Page;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use store::StoreResult;

use super::product::{COLUMN_COUNT, columns, product};
use crate::domain::{Direction, Filter, Found, ListQuery, Number, Order, Product, SearchText};
use crate::store::corrupt;

pub(super) fn page(tx: &Connection, query: &ListQuery) -> StoreResult<Page<Product>> {
    let wanted = query.limit.get() + 1;
    let mut found = Vec::with_capacity(wanted);
    for statement in Statement::all_of(query) {
        statement.run(tx, wanted - found.len(), &mut found)?;
    }
    Ok(query.page(found))
}

/// A statement under construction. The values are bound in this order; the limit is added as the last one.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

/// The columns of a product in a list.
const SELECT: &str = concat!("SELECT ", columns!());

impl Statement {
    /// The statements that together return a page; each continues where the previous one ends.
    pub(super) fn all_of(query: &ListQuery) -> Vec<Self> {
        match &query.filter.text {
            Some(text) if text.words().is_empty() => Vec::new(),
            Some(text) => vec![Self::search(query, text)],
            None => Self::walks(query),
        }
    }

    /// The walks of one index.
    ///
    /// To continue within a price takes two: SQLite seeks `(price, rowid) > (?, ?)` by the price alone, and would walk all rows with that
    /// price again. A seek uses one bound, so a walk that continues after a price has no other on that side.
    fn walks(query: &ListQuery) -> Vec<Self> {
        let filter = &query.filter;
        let min = ("p.price >= ?", filter.min_price);
        let max = ("p.price <= ?", filter.max_price);
        let (order, walks) = match query.order {
            Order::Newest(after) => {
                let beyond = ("p.seq < ?", after.map(Number::count));
                ("p.seq DESC", vec![vec![min, max, beyond]])
            }
            // Without a search, all products are equally relevant.
            Order::Relevance(_) => ("p.seq DESC", vec![vec![min, max]]),
            Order::Price(direction, after) => {
                let (order, seq, price, end) = match direction {
                    Direction::Up => ("p.price, p.seq", "p.seq > ?", "p.price > ?", max),
                    Direction::Down => {
                        ("p.price DESC, p.seq DESC", "p.seq < ?", "p.price < ?", min)
                    }
                };
                let walks = after.map_or_else(
                    || vec![vec![min, max]],
                    |(at, number)| {
                        let (at, number) = (Some(filter.clamp(at)), Some(number.count()));
                        vec![
                            vec![("p.price = ?", at), (seq, number)],
                            vec![(price, at), end],
                        ]
                    },
                );
                (order, walks)
            }
        };
        let walk = |conditions: Vec<(&str, Option<i64>)>| {
            let mut statement = Self {
                sql: format!(
                    "{SELECT} FROM products p INDEXED BY {} CROSS JOIN stock s ON s.product = p.seq WHERE p.status = 'active'",
                    index(query)
                ),
                values: Vec::new(),
            };
            statement.filters(filter);
            for (condition, value) in conditions {
                statement.and(condition, value);
            }
            statement.sql.extend([" ORDER BY ", order, " LIMIT ?"]);
            statement
        };
        walks.into_iter().map(walk).collect()
    }

    /// The matches of the full-text index. The inner query sorts only keys and numbers; the outer one reads the page's rows.
    fn search(query: &ListQuery, text: &SearchText) -> Self {
        let (key, order, beyond, after): (_, _, _, Option<Vec<Value>>) = match query.order {
            Order::Newest(after) => {
                let after = after.map(|number| vec![number.count().into()]);
                ("0", "n DESC", "f.rowid < ?", after)
            }
            Order::Price(direction, after) => {
                let (order, beyond) = match direction {
                    Direction::Up => ("k, n", "(p.price, p.seq) > (?, ?)"),
                    Direction::Down => ("k DESC, n DESC", "(p.price, p.seq) < (?, ?)"),
                };
                let after = after.map(|(at, number)| vec![at.into(), number.count().into()]);
                ("p.price", order, beyond, after)
            }
            Order::Relevance(after) => {
                let beyond = "(f.rank > ? OR f.rank = ? AND f.rowid < ?)";
                let values =
                    |(at, number): (f64, Number)| vec![at.into(), at.into(), number.count().into()];
                ("f.rank", "k, n DESC", beyond, after.map(values))
            }
        };
        let joined = if needs_products(query) {
            "CROSS JOIN products p ON p.seq = f.rowid CROSS JOIN stock s ON s.product = f.rowid"
        } else {
            ""
        };
        let mut statement = Self {
            sql: format!(
                "{SELECT}, h.k FROM (SELECT {key} AS k, f.rowid AS n FROM products_fts f {joined} WHERE products_fts MATCH ?"
            ),
            values: vec![match_expression(text).into()],
        };
        statement.filters(&query.filter);
        statement.and("p.price >= ?", query.filter.min_price);
        statement.and("p.price <= ?", query.filter.max_price);
        if let Some(values) = after {
            statement.sql.extend([" AND ", beyond]);
            statement.values.extend(values);
        }
        statement.sql.extend([" ORDER BY ", order]);
        statement.sql.push_str(
            " LIMIT ?) h CROSS JOIN products p ON p.seq = h.n CROSS JOIN stock s ON s.product = h.n ORDER BY ",
        );
        statement.sql.push_str(order);
        statement
    }

    /// Adds at most `room` rows to what was found.
    fn run(self, tx: &Connection, room: usize, found: &mut Vec<Found>) -> StoreResult<()> {
        if room == 0 {
            return Ok(());
        }
        let mut statement = tx.prepare_cached(&self.sql)?;
        let room = Value::Integer(i64::try_from(room).unwrap_or(i64::MAX));
        let is_search = statement.column_count() > COLUMN_COUNT;
        let mut rows = statement.query(params_from_iter(self.values.into_iter().chain([room])))?;
        while let Some(row) = rows.next()? {
            let (seq, product) = product(row)?;
            let number = Number::try_from(seq);
            found.push(Found {
                product,
                number: number.map_err(|_| corrupt(format!("{seq} is no number")))?,
                score: if is_search {
                    row.get(COLUMN_COUNT)?
                } else {
                    0.0
                },
            });
        }
        Ok(())
    }

    /// Adds a condition, if there is a value for it.
    fn and(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.sql.extend([" AND ", condition]);
            self.values.push(value.into());
        }
    }

    /// Adds the filters that all lists share.
    fn filters(&mut self, filter: &Filter) {
        self.and(
            "p.seller = ?",
            filter.seller.map(|seller| seller.as_bytes().to_vec()),
        );
        let category = filter.category.as_ref();
        self.and(
            "p.category = ?",
            category.map(|shelf| shelf.as_str().to_owned()),
        );
        self.and("s.available > ?", filter.only_in_stock.then_some(0));
    }
}

/// The index to walk: that of the most selective filter, in the requested order.
fn index(query: &ListQuery) -> &'static str {
    let by_price = matches!(query.order, Order::Price(..));
    match (query.filter.seller, &query.filter.category, by_price) {
        (Some(_), _, false) => "products_by_seller",
        (Some(_), _, true) => "products_by_seller_price",
        (None, Some(_), false) => "products_by_category",
        (None, Some(_), true) => "products_by_category_price",
        (None, None, false) => "products_newest",
        (None, None, true) => "products_by_price",
    }
}

/// Whether a search has to join the products to filter or sort.
fn needs_products(query: &ListQuery) -> bool {
    let text = query.filter.text.clone();
    let words_alone = Filter {
        text,
        ..Filter::default()
    };
    matches!(query.order, Order::Price(..)) || query.filter != words_alone
}

/// Quotes every word, so that none is an operator; the last one is a prefix. Words contain no quotation marks, see [`SearchText`].
fn match_expression(text: &SearchText) -> String {
    format!("\"{}\"*", text.words().join("\" \""))
}
