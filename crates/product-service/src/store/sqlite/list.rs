//! Lists: each combination of filters and order becomes one statement that walks one index from the place after the last
//! page (keyset paging), so the last page costs what the first does.
//!
//! The index is named in the statement (`INDEXED BY`): which one is right follows from what is asked, not from statistics.
//! Filters that the index does not hold are checked row by row along the walk. A search is different: it starts from what
//! the full-text index matches.

use chassis::sqlite::corrupt;
use chassis::store::{StoreError, StoreResult};
use kernel::Page;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::rows::{COLUMN_COUNT, columns, product};
use crate::domain::{Filter, ListQuery, Place, Product, SearchText, Sort};

pub(super) fn page(tx: &Connection, query: &ListQuery) -> StoreResult<Page<Product>> {
    if query
        .filter
        .text
        .as_ref()
        .is_some_and(|text| text.words().is_empty())
    {
        return Ok(Page {
            items: Vec::new(),
            next_cursor: None,
        });
    }
    let wanted = query.limit.and_one();
    let mut found = Vec::with_capacity(query.limit.get() + 1);
    for statement in Statement::all_of(query)? {
        let room = wanted.saturating_sub(i64::try_from(found.len()).unwrap_or(wanted));
        statement.run(tx, query.sort, room, &mut found)?;
    }
    let scope = ListQuery::scope(&query.filter, query.sort);
    let page = Page::cut(found, query.limit, |(place, _)| match *place {
        Place::Newest(seq) => scope.cursor(&seq),
        Place::Price(amount, seq) => scope.cursor(&(amount, seq)),
        Place::Relevance(rank, seq) => scope.cursor(&(rank, seq)),
    });
    Ok(page.map(|(_, product)| product))
}

/// A statement under construction. Values are bound in the order in which they are written; the last, not yet there, is how
/// many rows it may give.
#[derive(Default)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

/// Which part of a walk a statement makes.
#[derive(Clone, Copy)]
enum Part {
    /// From the start of the list.
    Start,
    /// The numbers beyond the place, whatever they are sorted by.
    Beyond(i64),
    /// The rest of those that are priced like the place.
    SamePrice(i64, i64),
    /// Those priced beyond the place.
    OtherPrice(i64),
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
            (Sort::Newest, Some(Place::Newest(seq))) => vec![Part::Beyond(seq)],
            (Sort::PriceUp | Sort::PriceDown, Some(Place::Price(amount, seq))) => {
                vec![Part::SamePrice(amount, seq), Part::OtherPrice(amount)]
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
            let place = match sort {
                Sort::Newest => Place::Newest(seq),
                Sort::PriceUp | Sort::PriceDown => Place::Price(product.price.amount, seq),
                Sort::Relevance => Place::Relevance(row.get(COLUMN_COUNT)?, seq),
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

    /// The walk of one index.
    fn walk(query: &ListQuery, part: Part) -> StoreResult<Self> {
        let mut statement = Self::default();
        statement.push(concat!(
            "SELECT ",
            columns!(),
            " FROM products p INDEXED BY "
        ));
        statement.push(index(query)?);
        statement.push(" CROSS JOIN stock s ON s.product = p.seq WHERE p.status = 'active'");
        statement.filters(&query.filter);
        let down = query.sort == Sort::PriceDown;
        match part {
            Part::Start => {}
            Part::Beyond(seq) => statement.and("p.seq < ?", seq),
            Part::SamePrice(amount, seq) => {
                statement.and("p.price = ?", amount);
                statement.and(if down { "p.seq < ?" } else { "p.seq > ?" }, seq);
            }
            Part::OtherPrice(amount) => {
                statement.and(if down { "p.price < ?" } else { "p.price > ?" }, amount);
            }
        }
        // An index walk can start from one bound, and that has to be the place: a plus keeps a filter out of its way.
        let (min_is_free, max_is_free) = match (query.sort, part) {
            (Sort::PriceUp | Sort::PriceDown, Part::Start) => (true, true),
            (Sort::PriceUp, Part::OtherPrice(_)) => (false, true),
            (Sort::PriceDown, Part::OtherPrice(_)) => (true, false),
            (_, _) => (false, false),
        };
        if let Some(min) = query.filter.min_price {
            let condition = if min_is_free {
                "p.price >= ?"
            } else {
                "+p.price >= ?"
            };
            statement.and(condition, min);
        }
        if let Some(max) = query.filter.max_price {
            let condition = if max_is_free {
                "p.price <= ?"
            } else {
                "+p.price <= ?"
            };
            statement.and(condition, max);
        }
        statement.push(match query.sort {
            Sort::Newest | Sort::Relevance => " ORDER BY p.seq DESC LIMIT ?",
            Sort::PriceUp => " ORDER BY p.price, p.seq LIMIT ?",
            Sort::PriceDown => " ORDER BY p.price DESC, p.seq DESC LIMIT ?",
        });
        Ok(statement)
    }

    /// What the full-text index matches: first the places of a page, then its rows, so that sorting moves no long text.
    fn search(query: &ListQuery, text: &SearchText) -> StoreResult<Self> {
        let mut statement = Self::default();
        let (key, inner, outer) = match query.sort {
            Sort::Newest => ("0", "products_fts.rowid DESC", "h.seq DESC"),
            Sort::PriceUp => ("p.price", "k, seq", "h.k, h.seq"),
            Sort::PriceDown => ("p.price", "k DESC, seq DESC", "h.k DESC, h.seq DESC"),
            Sort::Relevance => ("products_fts.rank", "k, seq DESC", "h.k, h.seq DESC"),
        };
        statement.push(concat!("SELECT ", columns!(), ", h.k FROM (SELECT "));
        statement.push(key);
        statement.push(" AS k, products_fts.rowid AS seq FROM products_fts");
        if needs_products(query) {
            statement.push(
                " CROSS JOIN products p ON p.seq = products_fts.rowid
                 CROSS JOIN stock s ON s.product = products_fts.rowid",
            );
        }
        statement.push(" WHERE products_fts MATCH ?");
        statement.values.push(match_expression(text).into());
        statement.filters(&query.filter);
        if let Some(min) = query.filter.min_price {
            statement.and("p.price >= ?", min);
        }
        if let Some(max) = query.filter.max_price {
            statement.and("p.price <= ?", max);
        }
        match (query.sort, query.after) {
            (_, None) => {}
            (Sort::Newest, Some(Place::Newest(seq))) => {
                statement.and("products_fts.rowid < ?", seq);
            }
            (Sort::PriceUp, Some(Place::Price(amount, seq))) => {
                statement.and("(p.price, p.seq) > (?, ", amount);
                statement.bind_and_close(seq);
            }
            (Sort::PriceDown, Some(Place::Price(amount, seq))) => {
                statement.and("(p.price, p.seq) < (?, ", amount);
                statement.bind_and_close(seq);
            }
            (Sort::Relevance, Some(Place::Relevance(score, seq))) => {
                statement.and("(products_fts.rank > ?", score);
                statement.push(" OR products_fts.rank = ?");
                statement.values.push(score.into());
                statement.and("products_fts.rowid < ?)", seq);
            }
            (_, Some(_)) => return Err(wrong_place(query)),
        }
        statement.push(" ORDER BY ");
        statement.push(inner);
        statement.push(
            " LIMIT ?) h CROSS JOIN products p ON p.seq = h.seq CROSS JOIN stock s ON s.product = h.seq ORDER BY ",
        );
        statement.push(outer);
        Ok(statement)
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

/// The index to walk: the narrowest filter's, in the order that is asked for.
fn index(query: &ListQuery) -> StoreResult<&'static str> {
    let by_price = match query.sort {
        Sort::Newest => false,
        Sort::PriceUp | Sort::PriceDown => true,
        Sort::Relevance => return Err(corrupt("a list by relevance without a search")),
    };
    let (seller, category) = (&query.filter.seller, &query.filter.category);
    Ok(match (seller, category, by_price) {
        (Some(_), _, false) => "products_by_seller",
        (Some(_), _, true) => "products_by_seller_price",
        (None, Some(_), false) => "products_by_category",
        (None, Some(_), true) => "products_by_category_price",
        (None, None, false) => "products_newest",
        (None, None, true) => "products_by_price",
    })
}

/// Whether a search has to look at more than the full-text index to know what belongs on the page.
fn needs_products(query: &ListQuery) -> bool {
    let filter = &query.filter;
    let by_price = matches!(query.sort, Sort::PriceUp | Sort::PriceDown);
    by_price
        || filter.seller.is_some()
        || filter.category.is_some()
        || filter.min_price.is_some()
        || filter.max_price.is_some()
        || filter.only_in_stock
}

/// Every word quoted, so that none is an operator; the last one as a prefix. Words hold no quotation marks, see [`SearchText`].
fn match_expression(text: &SearchText) -> String {
    let quoted: Vec<String> = text
        .words()
        .iter()
        .map(|word| format!("\"{}\"", word.replace('"', "")))
        .collect();
    format!("{}*", quoted.join(" "))
}

fn wrong_place(query: &ListQuery) -> StoreError {
    corrupt(format!(
        "{:?} is no place in a list by {:?}",
        query.after, query.sort
    ))
}
