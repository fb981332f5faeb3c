//! Lists products of the index, in the orders of lists.

use std::cmp::Ordering;

use super::asked::Narrowed;
use super::index::Index;
use crate::domain::Sort;
use crate::domain::listing::Place;

impl Index {
    /// The places of the first `limit` products after `after`, in the order of `sort`.
    #[must_use]
    pub fn list(
        &self,
        narrowed: Narrowed<'_>,
        sort: Sort,
        after: Option<Place>,
        limit: usize,
    ) -> Vec<Place> {
        let asked = self.asked(narrowed);
        let mut found: Vec<Place> = self
            .rows
            .iter()
            .filter_map(|row| {
                let rank = asked.rank(row)?;
                let mut shapes = asked.shapes(row);
                let fits =
                    asked.lacks(row) == 0 && shapes.any(|shape| asked.variant_lacks(shape) == 0);
                let place = Place {
                    price: row.price,
                    rank,
                    sold: row.sold,
                    product: row.product,
                };
                let follows = after.is_none_or(|after| sort.compare(&after, &place).is_lt());
                (fits && follows).then_some(place)
            })
            .collect();
        if found.len() > limit {
            found.select_nth_unstable_by(limit, |one, other| sort.compare(one, other));
            found.truncate(limit);
        }
        found.sort_unstable_by(|one, other| sort.compare(one, other));
        found
    }
}

impl Sort {
    /// The order of two places in a list.
    fn compare(self, one: &Place, other: &Place) -> Ordering {
        let by_id = one.product.cmp(&other.product);
        match self {
            Self::Newest => by_id.reverse(),
            Self::PriceUp => one.price.cmp(&other.price).then(by_id),
            Self::PriceDown => one.price.cmp(&other.price).then(by_id).reverse(),
            Self::Relevance => one.rank.cmp(&other.rank).then(by_id).reverse(),
            Self::BestSelling => one.sold.cmp(&other.sold).then(by_id).reverse(),
        }
    }
}
