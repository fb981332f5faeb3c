//! A list without a search: a walk of one index, beginning at the cursor.
//!
//! The query names the index and its range (`hint`, `min`, `max`): the right ones follow from the query, not from statistics. Filters on
//! other fields are checked document by document.

use store::StoreResult;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint};
use store_mongo::{Mongo, MongoRecord as _, id_bson};
use telemetry::metrics::Read;

use super::super::product::category_key;
use super::super::schema::{
    BY_CATEGORY, BY_CATEGORY_PRICE, BY_PRICE, BY_SELLER, BY_SELLER_PRICE, NEWEST, PRODUCTS,
};
use super::{conditions, in_stock};
use crate::domain::{Direction, Filter, Found, ListQuery, Order, Product};

/// The walk of one index.
pub(in crate::store::mongo) struct Walk {
    pub(in crate::store::mongo) index: &'static str,
    pub(in crate::store::mongo) filter: Document,
    /// The range: from `min` on, up to but without `max`.
    pub(in crate::store::mongo) min: Document,
    pub(in crate::store::mongo) max: Document,
    pub(in crate::store::mongo) sort: Document,
}

impl Walk {
    pub(in crate::store::mongo) fn of(query: &ListQuery) -> Self {
        // Without a search, all products are equally relevant.
        let (by_price, down, after) = match query.order {
            Order::Newest(after) => (false, true, after.map(|number| (None, number))),
            Order::Relevance(_) => (false, true, None),
            Order::Price(direction, after) => {
                let after = after.map(|(at, number)| (Some(at), number));
                (true, direction == Direction::Down, after)
            }
        };
        let (index, same) = index(&query.filter, by_price);
        let mut filter = doc! { "status": "active" };
        filter.extend(conditions(&query.filter));
        if query.filter.only_in_stock {
            filter.extend(in_stock("available"));
        }
        let (mut min, mut max) = (same.clone(), same);
        if by_price {
            let bound = |amount: Option<i64>, none| amount.map_or(none, Bson::Int64);
            min.insert("price", bound(query.filter.min_price, Bson::MinKey));
            max.insert("price", bound(query.filter.max_price, Bson::MaxKey));
        }
        min.insert("_id", Bson::MinKey);
        max.insert("_id", Bson::MaxKey);
        if let Some((price, number)) = after {
            let place = if down { &mut max } else { &mut min };
            if let Some(price) = price {
                place.insert("price", query.filter.clamp(price));
            }
            place.insert("_id", id_bson(number.id()));
            if !down {
                // The range includes the last product of the previous page.
                filter.insert("_id", doc! { "$ne": id_bson(number.id()) });
            }
        }
        let direction = if down { -1 } else { 1 };
        let sort = min.keys().map(|key| (key.clone(), Bson::Int32(direction)));
        Self {
            index,
            filter,
            sort: sort.collect(),
            min,
            max,
        }
    }

    pub(super) async fn run(self, store: &Mongo, query: &ListQuery) -> StoreResult<Vec<Found>> {
        let options = FindOptions::builder()
            .hint(Hint::Name(self.index.to_owned()))
            .min(self.min)
            .max(self.max)
            .sort(self.sort)
            .limit(query.limit.and_one())
            .build();
        let products = store.find_with(Read::List, PRODUCTS, self.filter, options, Product::decode);
        let found = products.await?.into_iter().map(|product| Found {
            number: product.id.into(),
            product,
            score: 0.0,
        });
        Ok(found.collect())
    }
}

/// The index to walk, and the key prefix that all of the list shares: that of the most selective filter, in the requested order.
fn index(filter: &Filter, by_price: bool) -> (&'static str, Document) {
    let (newest, priced, same) = match (filter.seller, &filter.category) {
        (Some(seller), _) => (
            BY_SELLER,
            BY_SELLER_PRICE,
            doc! { "seller": id_bson(seller) },
        ),
        (None, Some(category)) => (
            BY_CATEGORY,
            BY_CATEGORY_PRICE,
            doc! { "category_key": category_key(category) },
        ),
        (None, None) if by_price => (NEWEST, BY_PRICE, Document::new()),
        (None, None) => (NEWEST, BY_PRICE, doc! { "status": "active" }),
    };
    (if by_price { priced } else { newest }, same)
}
