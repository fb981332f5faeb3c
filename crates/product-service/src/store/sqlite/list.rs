//! Lists: each combination of filters and order becomes one statement, or a few, with keyset paging, so the last page costs the same as
//! the first.
//!
//! A list without a search walks one index, beginning at the cursor. The statement names the index (`INDEXED BY`): the right one follows
//! from the query, not from statistics. Filters on other columns are checked row by row. A search starts from the matches of the
//! full-text index, which are in the order of age: only one by price reads and sorts all of them.

use kernel::{Page, ProductId};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use store::StoreResult;
use store_sqlite::{blob, id, read};

use crate::domain::{Filter, ListQuery, Product, Rank, SearchText, Sort, Term};
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

/// The products that have all words of `text`, with their ranks.
pub(super) fn matches(tx: &Connection, text: &SearchText) -> StoreResult<Vec<(ProductId, Rank)>> {
    let mut found = Vec::new();
    if text.terms().is_empty() {
        return Ok(found);
    }
    let mut statement = tx.prepare_cached(
        "SELECT p.id FROM products_fts f CROSS JOIN products p ON p.seq = f.rowid WHERE products_fts MATCH ?",
    )?;
    for rank in Rank::ALL {
        let mut rows = statement.query([ranked(text, rank)])?;
        while let Some(row) = rows.next()? {
            found.push((id(row, 0)?, rank));
        }
    }
    Ok(found)
}

/// A statement under construction. The values are bound in this order; the limit is added as the last one.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// The rank of what it finds.
    rank: Rank,
}

/// The columns of a product, of `products p` and `stock s`.
pub(super) const COLUMNS: &str =
    "p.*, s.available, s.sold, s.variant_stock, s.version, s.updated_at";

/// The number of the product that the page continues after. It increases with every product, and breaks ties.
const NUMBER: &str = "(SELECT seq FROM products WHERE id = ?)";

impl Statement {
    /// The statements that together return a page; each continues where the previous one ends.
    pub(super) fn all_of(query: &ListQuery) -> Vec<Self> {
        match &query.filter.text {
            Some(text) if text.terms().is_empty() => Vec::new(),
            Some(text) if query.sort == Sort::Relevance => Self::ranks(query, text),
            Some(text) => vec![Self::search(query, Rank::default(), all(text))],
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
            Sort::Newest | Sort::Relevance | Sort::BestSelling => ("p.seq DESC", "<", max.clone()),
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
                    "SELECT {COLUMNS} FROM products p INDEXED BY products_{} CROSS JOIN stock s ON s.id = p.id \
                     WHERE p.status = 'active'",
                    index(query)
                ),
                values: Vec::new(),
                rank: Rank::default(),
            };
            statement.filters(query);
            for (condition, value) in conditions {
                statement.and(condition, value);
            }
            statement.sql.extend([" ORDER BY ", order, " LIMIT ?"]);
            statement
        };
        walks.into_iter().map(walk).collect()
    }

    /// The matches of each rank, beginning with that of the cursor.
    fn ranks(query: &ListQuery, text: &SearchText) -> Vec<Self> {
        let from = query.after.map_or(Rank::Exact, |last| last.rank);
        let ranks = Rank::ALL.into_iter().filter(|rank| *rank <= from);
        // A name has all of one word, or none.
        let ranks = ranks.filter(|rank| *rank != Rank::Partial || text.terms().len() > 1);
        let after = |rank| query.after.filter(|_| rank == from);
        ranks
            .map(|rank| {
                let query = ListQuery {
                    after: after(rank),
                    ..query.clone()
                };
                Self::search(&query, rank, ranked(text, rank))
            })
            .collect()
    }

    /// The matches of `expression` in the full-text index. The inner query sorts only keys and numbers; the outer one reads the page's
    /// rows.
    fn search(query: &ListQuery, rank: Rank, expression: String) -> Self {
        let (key, order, beyond) = match query.sort {
            Sort::Newest | Sort::Relevance | Sort::BestSelling => {
                ("0", "n DESC", format!("f.rowid < {NUMBER}"))
            }
            Sort::PriceUp => {
                let beyond = format!("(p.price, p.seq) > (?, {NUMBER})");
                ("p.price", "k, n", beyond)
            }
            Sort::PriceDown => {
                let beyond = format!("(p.price, p.seq) < (?, {NUMBER})");
                ("p.price", "k DESC, n DESC", beyond)
            }
        };
        let joined = if needs_products(query) {
            "CROSS JOIN products p ON p.seq = f.rowid CROSS JOIN stock s ON s.id = p.id"
        } else {
            ""
        };
        let mut statement = Self {
            sql: format!(
                "SELECT {COLUMNS} FROM (\
                 SELECT {key} AS k, f.rowid AS n FROM products_fts f {joined} WHERE products_fts MATCH ?"
            ),
            values: vec![expression.into()],
            rank,
        };
        statement.filters(query);
        statement.and("p.price >= ?", query.filter.min_price);
        statement.and("p.price <= ?", query.filter.max_price);
        if let Some(last) = query.after {
            statement.sql.extend([" AND ", &*beyond]);
            let key = match query.sort {
                Sort::Newest | Sort::Relevance | Sort::BestSelling => None,
                Sort::PriceUp | Sort::PriceDown => Some(last.price.into()),
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

    /// Adds at most `room` products, with their rank, to what was found.
    fn run(
        self,
        tx: &Connection,
        room: usize,
        found: &mut Vec<(Product, Rank)>,
    ) -> StoreResult<()> {
        let mut statement = tx.prepare_cached(&self.sql)?;
        let room = Value::Integer(i64::try_from(room).unwrap_or(i64::MAX));
        let mut rows = statement.query(params_from_iter(self.values.into_iter().chain([room])))?;
        while let Some(row) = rows.next()? {
            found.push((read(row)?, self.rank));
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
    fn filters(&mut self, query: &ListQuery) {
        let filter = &query.filter;
        self.and(
            "p.seller = ?",
            filter.seller().map(|seller| blob(seller.as_bytes())),
        );
        if filter.seller().is_none() && !filter.closed.is_empty() {
            // One value, however many they are, so that the statement stays the same.
            let ids = filter
                .closed
                .ids()
                .map(|id| format!("\"{:X}\"", id.as_uuid().simple()));
            let ids = format!("[{}]", ids.collect::<Vec<_>>().join(","));
            self.and(
                "hex(p.seller) NOT IN (SELECT value FROM json_each(?))",
                Some(ids),
            );
        }
        let category = query.category.map(|category| blob(category.as_bytes()));
        self.and("p.category_id = ?", category);
        self.and(
            "coalesce(s.total, s.available) > ?",
            filter.only_in_stock.then_some(0),
        );
    }
}

/// Whether a search has to join the products to filter or sort.
fn needs_products(query: &ListQuery) -> bool {
    let others = Filter {
        text: None,
        ..query.filter.clone()
    };
    query.sort.is_by_price() || query.category.is_some() || others != Filter::default()
}

/// Every product that has all words. Words are quoted, so that none is an operator; they contain no quotation marks, see [`Term`].
fn all(text: &SearchText) -> String {
    joined(text, " AND ")
}

/// Of these, the ones with `rank`. The number of the words of a name is a word of the index, too.
fn ranked(text: &SearchText, rank: Rank) -> String {
    let (all, any, size) = (all(text), joined(text, " OR "), text.size());
    match rank {
        Rank::Exact => format!("name : ({all} AND \"№{size}\")"),
        Rank::Full => format!("name : ({all}) NOT name : \"№{size}\""),
        Rank::Partial => format!("(({all}) AND name : ({any})) NOT name : ({all})"),
        Rank::Mention => format!("({all}) NOT name : ({any})"),
    }
}

fn joined(text: &SearchText, operator: &str) -> String {
    let quoted =
        |term: &Term| format!("\"{}\"{}", term.word, if term.is_prefix { "*" } else { "" });
    let terms: Vec<String> = text.terms().iter().map(quoted).collect();
    terms.join(operator)
}
