//! A list of what a search finds: it starts from what the full-text index matches.

use store::StoreResult;

use super::super::product::columns;
use super::{Statement, seq};
use crate::domain::{ListQuery, Place, SearchText, Sort};
use crate::store::wrong_place;

impl Statement {
    /// What the full-text index matches: first the places of a page, then its rows, so that sorting moves no long text.
    pub(super) fn search(query: &ListQuery, text: &SearchText) -> StoreResult<Self> {
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
            (Sort::Newest, Some(Place::Newest(number))) => {
                statement.and("products_fts.rowid < ?", seq(query, number)?);
            }
            (Sort::PriceUp, Some(Place::Price(amount, number))) => {
                statement.and("(p.price, p.seq) > (?, ", amount);
                statement.bind_and_close(seq(query, number)?);
            }
            (Sort::PriceDown, Some(Place::Price(amount, number))) => {
                statement.and("(p.price, p.seq) < (?, ", amount);
                statement.bind_and_close(seq(query, number)?);
            }
            (Sort::Relevance, Some(Place::Relevance(score, number))) => {
                statement.and("(products_fts.rank > ?", score);
                statement.push(" OR products_fts.rank = ?");
                statement.values.push(score.into());
                statement.and("products_fts.rowid < ?)", seq(query, number)?);
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
