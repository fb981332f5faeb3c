//! Queries for lists of products: filters, order, and where to continue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::{CategoryId, CursorKey, CursorScope, Limit, Page, ProductId, UserId};
use utoipa::ToSchema;

use super::{AttributeKey, Category, Chosen, ClosedSellers, Product, Rank, SearchText};

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Sort {
    /// Newest first.
    Newest,
    /// Lowest price first. Compares amounts in minor units, whatever the currency.
    #[schema(rename = "price")]
    PriceUp,
    /// Highest price first.
    #[schema(rename = "-price")]
    PriceDown,
    /// Best match first, in the order of [`Rank`]; of equal matches, the newest first. Only with a search.
    Relevance,
    /// Most sold first: what orders hold or have bought, without what came back.
    #[schema(rename = "best_selling")]
    BestSelling,
}

kernel::words!(Sort {
    Newest = "newest", PriceUp = "price", PriceDown = "-price", Relevance = "relevance",
    BestSelling = "best_selling"
});

impl Sort {
    /// Whether prices decide.
    #[must_use]
    pub const fn is_by_price(self) -> bool {
        matches!(self, Self::PriceUp | Self::PriceDown)
    }
}

/// Which products a list contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words to find in the name or the description.
    pub text: Option<SearchText>,
    /// Any of these categories, by id, slug or name, with all below them. All if empty.
    pub categories: Vec<Category>,
    /// Any of these sellers' products. All sellers' if empty.
    pub sellers: BTreeSet<UserId>,
    /// Of each attribute any of these values, all in one variant.
    pub attributes: BTreeMap<AttributeKey, BTreeSet<Chosen>>,
    /// Lowest price, in minor units.
    pub min_price: Option<i64>,
    /// Highest price, in minor units.
    pub max_price: Option<i64>,
    /// Only products in stock.
    pub only_in_stock: bool,
    /// Not the products of these.
    pub closed: Arc<ClosedSellers>,
}

impl Filter {
    /// Most categories, sellers or attributes that a list can be narrowed to.
    pub const MOST: usize = 20;

    /// The one seller whose products are listed, if there is one.
    #[must_use]
    pub fn seller(&self) -> Option<UserId> {
        let first = self.sellers.first().copied();
        first.filter(|_| self.sellers.len() == 1)
    }

    /// `price` moved to the nearest one that the filter allows.
    #[must_use]
    pub fn clamp(&self, price: i64) -> i64 {
        let price = price.max(self.min_price.unwrap_or(i64::MIN));
        price.min(self.max_price.unwrap_or(i64::MAX))
    }
}

/// Where a page continues: after the product that had this place in the list. Its order says which of price, rank and sales
/// count; the id breaks ties.
///
/// It says all about the place: it stays where it is if the product moves away, or is removed. So a walk of all pages meets each product
/// that stays in its place once, whatever is added, edited or removed meanwhile. A product that moves, as its price or its text is edited,
/// is met again if it moves from before the place to after it, and missed if it moves the other way; in a list by age, none moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its price, in minor units.
    pub price: i64,
    /// How well it matches the search, if there is one by relevance.
    pub rank: Rank,
    /// How many were sold.
    pub sold: i64,
    /// Its id. Ids increase with every listed product.
    pub product: ProductId,
}

impl CursorKey for Place {
    fn write(&self, out: &mut Vec<u8>) {
        let tie = (self.sold, self.product.as_uuid());
        (self.price, (self.rank, tie)).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let (price, (rank, (sold, id))) = CursorKey::read(from)?;
        Some(Self {
            price,
            rank,
            sold,
            product: ProductId::from_uuid(id),
        })
    }
}

/// A query for one page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Which products it contains.
    pub filter: Filter,
    /// The one category that it is in, which the filter leads to. None for all categories.
    pub category: Option<CategoryId>,
    /// Its order.
    pub sort: Sort,
    /// The last product of the page before.
    pub after: Option<Place>,
    /// Products per page.
    pub limit: Limit,
}

impl ListQuery {
    /// Builds a page from the results and their ranks, with the cursor of the next page.
    #[must_use]
    pub fn page(&self, found: Vec<(Product, Rank)>) -> Page<Product> {
        let scope = Self::scope(&self.filter, self.sort);
        let page = Page::cut(found, self.limit, |(product, rank)| {
            scope.cursor(&Place {
                price: product.price.amount,
                rank: *rank,
                sold: product.sold,
                product: product.id,
            })
        });
        page.map(|(product, _)| product)
    }

    /// The scope of this list's cursors. A list with another filter or order has another scope. Who sells nothing is no matter of the list.
    #[must_use]
    pub fn scope(filter: &Filter, sort: Sort) -> CursorScope {
        let mut categories: Vec<String> = filter.categories.iter().map(Category::key).collect();
        categories.sort();
        categories.dedup();
        let text = filter.text.as_ref();
        let rest = (filter.min_price, filter.max_price, filter.only_in_stock);
        // Debug quotes and escapes text, so different filters have different scopes.
        CursorScope::new(
            "products",
            &format!(
                "{sort:?} {text:?} {categories:?} {:?} {:?} {rest:?}",
                filter.sellers, filter.attributes
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;
    use std::collections::HashSet;

    #[test]
    fn every_filter_and_every_order_has_cursors_of_its_own() {
        let text = |raw| SearchText::parse(raw).unwrap();
        let filters = [
            Filter::default(),
            Filter {
                text: text("a b"),
                ..Filter::default()
            },
            Filter {
                text: text("ab"),
                ..Filter::default()
            },
            Filter {
                categories: vec![Category::parse("a b").unwrap()],
                ..Filter::default()
            },
            Filter {
                sellers: [UserId::new(&SystemIds::default())].into(),
                ..Filter::default()
            },
            Filter {
                attributes: [(AttributeKey::parse("a").unwrap(), BTreeSet::new())].into(),
                ..Filter::default()
            },
            Filter {
                min_price: Some(1),
                ..Filter::default()
            },
            Filter {
                max_price: Some(1),
                ..Filter::default()
            },
            Filter {
                only_in_stock: true,
                ..Filter::default()
            },
        ];
        let cursors: HashSet<String> = filters
            .iter()
            .flat_map(|filter| Sort::ALL.map(|sort| ListQuery::scope(filter, sort)))
            .map(|scope| scope.cursor(&1_i64).as_str().to_owned())
            .collect();
        assert_eq!(cursors.len(), filters.len() * Sort::ALL.len());
    }

    #[test]
    fn the_case_of_a_category_makes_no_other_list() {
        let scope = |raw| {
            let filter = Filter {
                categories: vec![Category::parse(raw).unwrap()],
                ..Filter::default()
            };
            ListQuery::scope(&filter, Sort::Newest)
        };
        assert_eq!(scope("Books"), scope("bOOKS"));
    }
}
