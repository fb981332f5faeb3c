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
use store_sqlite::{blob, read};

use crate::domain::{Category, Filter, ListQuery, Product, SearchText, Sort};
use crate::store::index;

pub(super) fn page(tx: &Connection, query: &ListQuery) -> StoreResult<Page<Product>> {
    let wanted = query.limit.get() + 1;
    let mut found = Vec::with_capacity(wanted);
    for statement in Statement::all_of(query) {
        if found.len() < wanted {
            statement.run(tx, wanted - found.len(), &mut found)?;
        }
    }
    Ok(query.page(found))
}

/// A statement under construction. The values are bound in this order; the limit is added as the last one.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

/// The columns of a product, of `products p` and `stock s`.
const COLUMNS: &str = "p.*, s.available, s.version, s.updated_at";

/// The number of the product that the page continues after. It increases with every product, and breaks ties.
const NUMBER: &str = "(SELECT seq FROM products WHERE id = ?)";

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
        let min = ("p.price >= ?", filter.min_price.map(Value::Integer));
        let max = ("p.price <= ?", filter.max_price.map(Value::Integer));
        let id = query.after.map(|last| blob(last.product.as_bytes()));
        let at = query.after.map(|last| filter.clamp(last.price).into());
        let (order, op, end) = match query.sort {
            Sort::PriceUp => ("p.price, p.seq", ">", max.clone()),
            Sort::PriceDown => ("p.price DESC, p.seq DESC", "<", min.clone()),
            // Without a search, all products are equally relevant.
            Sort::Newest | Sort::Relevance => ("p.seq DESC", "<", max.clone()),
        };
        let seq = &*format!("p.seq {op} {NUMBER}");
        let beyond = &*format!("p.price {op} ?");
        let walks = if id.is_some() && query.sort.is_by_price() {
            let within = vec![("p.price = ?", at.clone()), (seq, id)];
            vec![within, vec![(beyond, at), end]]
        } else {
            vec![vec![min, max, (seq, id)]]
        };
        let walk = |conditions: Vec<(&str, Option<Value>)>| {
            let mut statement = Self {
                sql: format!(
                    "SELECT {COLUMNS}, 0 AS score FROM products p INDEXED BY products_{} CROSS JOIN stock s ON s.id = p.id \
                     WHERE p.status = 'active'",
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
        let (key, order, beyond) = match query.sort {
            Sort::Newest => ("0", "n DESC", format!("f.rowid < {NUMBER}")),
            Sort::PriceUp => {
                let beyond = format!("(p.price, p.seq) > (?, {NUMBER})");
                ("p.price", "k, n", beyond)
            }
            Sort::PriceDown => {
                let beyond = format!("(p.price, p.seq) < (?, {NUMBER})");
                ("p.price", "k DESC, n DESC", beyond)
            }
            Sort::Relevance => {
                let beyond = format!("(f.rank, -f.rowid) > (?, -{NUMBER})");
                ("f.rank", "k, n DESC", beyond)
            }
        };
        let joined = if needs_products(query) {
            "CROSS JOIN products p ON p.seq = f.rowid CROSS JOIN stock s ON s.id = p.id"
        } else {
            ""
        };
        let mut statement = Self {
            sql: format!(
                "SELECT {COLUMNS}, h.k AS score FROM (\
                 SELECT {key} AS k, f.rowid AS n FROM products_fts f {joined} WHERE products_fts MATCH ?"
            ),
            values: vec![match_expression(text).into()],
        };
        statement.filters(&query.filter);
        statement.and("p.price >= ?", query.filter.min_price);
        statement.and("p.price <= ?", query.filter.max_price);
        if let Some(last) = query.after {
            statement.sql.extend([" AND ", &*beyond]);
            let key = match query.sort {
                Sort::Newest => None,
                Sort::PriceUp | Sort::PriceDown => Some(last.price.into()),
                Sort::Relevance => Some(last.score.into()),
            };
            statement.values.extend(key);
            statement.values.push(blob(last.product.as_bytes()));
        }
        statement.sql.extend([
            " ORDER BY ",
            order,
            " LIMIT ?) h CROSS JOIN products p ON p.seq = h.n CROSS JOIN stock s ON s.id = p.id ORDER BY ",
            order,
        ]);
        statement
    }

    /// Adds at most `room` products, with the values that they were sorted by, to what was found.
    fn run(self, tx: &Connection, room: usize, found: &mut Vec<(Product, f64)>) -> StoreResult<()> {
        let mut statement = tx.prepare_cached(&self.sql)?;
        let room = Value::Integer(i64::try_from(room).unwrap_or(i64::MAX));
        let mut rows = statement.query(params_from_iter(self.values.into_iter().chain([room])))?;
        while let Some(row) = rows.next()? {
            found.push((read(row)?, row.get("score")?));
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
            filter.seller.map(|seller| blob(seller.as_bytes())),
        );
        let category = filter.category.as_ref();
        self.and("p.category_key = ?", category.map(Category::key));
        self.and("s.available > ?", filter.only_in_stock.then_some(0));
    }
}

/// Whether a search has to join the products to filter or sort.
fn needs_products(query: &ListQuery) -> bool {
    let others = Filter {
        text: None,
        ..query.filter.clone()
    };
    query.sort.is_by_price() || others != Filter::default()
}

/// Quotes every word, so that none is an operator; the last one is a prefix. Words contain no quotation marks, see [`SearchText`].
fn match_expression(text: &SearchText) -> String {
    format!("\"{}\"*", text.words().join("\" \""))
}
