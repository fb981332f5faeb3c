//! A list without a search: one index walked from the place of the cursor.
//!
//! The index is named in the statement (`INDEXED BY`): which one is right follows from what is asked, not from statistics.
//! Filters that the index does not hold are checked row by row along the walk.

use store::StoreResult;

use super::super::product::columns;
use super::Statement;
use crate::domain::{ListQuery, Sort};
use crate::store::corrupt;

/// Which part of a walk a statement makes.
#[derive(Clone, Copy)]
pub(super) enum Part {
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
    /// The walk of one index.
    pub(super) fn walk(query: &ListQuery, part: Part) -> StoreResult<Self> {
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
