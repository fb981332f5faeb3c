//! A list without a search: one index walked from the place of the cursor.
//!
//! The index and the stretch of it are named in the query (`hint`, `min`, `max`): which are right follows from what is asked, not from
//! statistics. Filters that the index does not hold are checked document by document along the walk.

use store::StoreResult;
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint, ReadConcern};
use store_mongo::{Mongo, MongoRecord as _, READ_LIMIT, id_bson};
use telemetry::metrics::Read;

use super::super::product::category_key;
use super::super::schema::{
    BY_CATEGORY, BY_CATEGORY_PRICE, BY_PRICE, BY_SELLER, BY_SELLER_PRICE, NEWEST, PRODUCTS,
};
use super::{conditions, in_stock};
use crate::domain::{ListQuery, Number, Place, Product, Sort};
use crate::store::{corrupt, wrong_place};

/// The walk of one index.
pub(in crate::store::mongo) struct Walk {
    pub(in crate::store::mongo) index: &'static str,
    pub(in crate::store::mongo) filter: Document,
    /// The stretch: from `min` on, up to but without `max`.
    pub(in crate::store::mongo) min: Document,
    pub(in crate::store::mongo) max: Document,
    pub(in crate::store::mongo) sort: Document,
}

impl Walk {
    pub(in crate::store::mongo) fn of(query: &ListQuery) -> StoreResult<Self> {
        let (index, same, by_price) = index(query)?;
        let down = match query.sort {
            Sort::Newest | Sort::PriceDown | Sort::Relevance => true,
            Sort::PriceUp => false,
        };
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
        if let Some((price, number)) = place(query)? {
            let place = if down { &mut max } else { &mut min };
            if let Some(price) = price {
                place.insert("price", price);
            }
            place.insert("_id", id_bson(number.id()));
            if !down {
                // The stretch begins with the place itself.
                filter.insert("_id", doc! { "$ne": id_bson(number.id()) });
            }
        }
        let direction = if down { -1 } else { 1 };
        let sort = min.keys().map(|key| (key.clone(), Bson::Int32(direction)));
        Ok(Self {
            index,
            filter,
            sort: sort.collect(),
            min,
            max,
        })
    }

    pub(super) async fn run(
        self,
        store: &Mongo,
        query: &ListQuery,
    ) -> StoreResult<Vec<(Place, Product)>> {
        let wanted = query.limit.and_one();
        let options = FindOptions::builder()
            .hint(Hint::Name(self.index.to_owned()))
            .min(self.min)
            .max(self.max)
            .sort(self.sort)
            .limit(wanted)
            .batch_size(u32::try_from(wanted).unwrap_or(u32::MAX))
            .read_concern(ReadConcern::majority())
            .max_time(READ_LIMIT)
            .build();
        let _timed = store.reading(Read::List);
        let mut rows = store
            .database()
            .await?
            .collection::<RawDocumentBuf>(PRODUCTS)
            .find(self.filter)
            .with_options(options)
            .await?;
        let mut found = Vec::with_capacity(query.limit.get() + 1);
        while rows.advance().await? {
            let product = Product::decode(rows.current())?;
            let number = Number::from(product.id);
            let place = match query.sort {
                Sort::Newest | Sort::Relevance => Place::Newest(number),
                Sort::PriceUp | Sort::PriceDown => Place::Price(product.price.amount, number),
            };
            found.push((place, product));
        }
        Ok(found)
    }
}

/// Where to go on, as price and number.
fn place(query: &ListQuery) -> StoreResult<Option<(Option<i64>, Number)>> {
    match (query.sort, query.after) {
        (_, None) => Ok(None),
        (Sort::Newest, Some(Place::Newest(number))) => Ok(Some((None, number))),
        (Sort::PriceUp | Sort::PriceDown, Some(Place::Price(amount, number))) => {
            let min = query.filter.min_price.unwrap_or(i64::MIN);
            let max = query.filter.max_price.unwrap_or(i64::MAX);
            // No page of this list ends elsewhere.
            if (min..=max).contains(&amount) {
                Ok(Some((Some(amount), number)))
            } else {
                Err(wrong_place(query))
            }
        }
        (_, Some(_)) => Err(wrong_place(query)),
    }
}

/// The index to walk, what all of the list has in common in it, and whether it goes by price: the narrowest filter's, in the order
/// that is asked for.
fn index(query: &ListQuery) -> StoreResult<(&'static str, Document, bool)> {
    let by_price = match query.sort {
        Sort::Newest => false,
        Sort::PriceUp | Sort::PriceDown => true,
        Sort::Relevance => return Err(corrupt("a list by relevance without a search")),
    };
    let (names, same) = match (query.filter.seller, &query.filter.category) {
        (Some(seller), _) => (
            (BY_SELLER, BY_SELLER_PRICE),
            doc! { "seller": id_bson(seller) },
        ),
        (None, Some(category)) => (
            (BY_CATEGORY, BY_CATEGORY_PRICE),
            doc! { "category_key": category_key(category) },
        ),
        (None, None) if by_price => ((NEWEST, BY_PRICE), Document::new()),
        (None, None) => ((NEWEST, BY_PRICE), doc! { "status": "active" }),
    };
    let name = if by_price { names.1 } else { names.0 };
    Ok((name, same, by_price))
}
