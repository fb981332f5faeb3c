//! A list without a search: a walk of one index, beginning at the cursor.
//!
//! The query names the index and its range (`hint`, `min`, `max`): the right ones follow from the query, not from statistics. Filters on
//! other fields are checked document by document.

use store::StoreResult;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint};
use store_mongo::{Mongo, MongoRecord, bson_of};
use telemetry::metrics::Read;

use super::conditions::{conditions, in_stock};
use crate::domain::{ListQuery, Product, Rank, Sort};
use crate::store::index;

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
        let by_price = query.sort.is_by_price();
        // Without a search, all products are equally relevant.
        let down = query.sort != Sort::PriceUp;
        let mut filter = doc! { "status": "active" };
        filter.extend(conditions(query));
        if query.filter.only_in_stock {
            filter.extend(in_stock(""));
        }
        let mut min = prefix(query, by_price);
        let mut max = min.clone();
        if by_price {
            let bound = |amount: Option<i64>, none| amount.map_or(none, Bson::Int64);
            min.insert("price", bound(query.filter.min_price, Bson::MinKey));
            max.insert("price", bound(query.filter.max_price, Bson::MaxKey));
        }
        min.insert("_id", Bson::MinKey);
        max.insert("_id", Bson::MaxKey);
        if let Some(last) = query.after {
            let place = if down { &mut max } else { &mut min };
            if by_price {
                place.insert("price", query.filter.clamp(last.price));
            }
            place.insert("_id", bson_of(&last.product));
            if !down {
                // The range includes the last product of the previous page.
                filter.insert("_id", doc! { "$ne": bson_of(&last.product) });
            }
        }
        let direction = if down { -1 } else { 1 };
        let sort = min.keys().map(|key| (key.clone(), Bson::Int32(direction)));
        Self {
            index: index(query),
            filter,
            sort: sort.collect(),
            min,
            max,
        }
    }

    pub(super) async fn run(
        self,
        store: &Mongo,
        query: &ListQuery,
    ) -> StoreResult<Vec<(Product, Rank)>> {
        let options = FindOptions::builder()
            .hint(Hint::Name(self.index.to_owned()))
            .min(self.min)
            .max(self.max)
            .sort(self.sort)
            .limit(query.limit.and_one())
            .build();
        let products = Product::COLLECTION;
        let products = store.find_with(Read::List, products, self.filter, options, Product::decode);
        Ok(products
            .await?
            .into_iter()
            .map(|product| (product, Rank::default()))
            .collect())
    }
}

/// The key prefix that all of the list shares in its index.
fn prefix(query: &ListQuery, by_price: bool) -> Document {
    match (query.filter.seller(), query.category) {
        (Some(seller), _) => doc! { "seller": bson_of(&seller) },
        (None, Some(category)) => doc! { "category_id": bson_of(&category) },
        (None, None) if by_price => Document::new(),
        (None, None) => doc! { "status": "active" },
    }
}
