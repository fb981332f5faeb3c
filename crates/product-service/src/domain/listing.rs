//! Queries for lists of products: filters, order, and where to continue.

use kernel::{CursorKey, CursorScope, Limit, Page, ProductId, UserId};
use utoipa::ToSchema;

use super::{Category, Product, Rank, SearchText};

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
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Newest,
        Self::PriceUp,
        Self::PriceDown,
        Self::Relevance,
    ];

    /// Its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::PriceUp => "price",
            Self::PriceDown => "-price",
            Self::Relevance => "relevance",
        }
    }

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
    /// One category.
    pub category: Option<Category>,
    /// One seller's products.
    pub seller: Option<UserId>,
    /// Lowest price, in minor units.
    pub min_price: Option<i64>,
    /// Highest price, in minor units.
    pub max_price: Option<i64>,
    /// Only products in stock.
    pub only_in_stock: bool,
}

impl Filter {
    /// `price` moved to the nearest one that the filter allows.
    #[must_use]
    pub fn clamp(&self, price: i64) -> i64 {
        let price = price.max(self.min_price.unwrap_or(i64::MIN));
        price.min(self.max_price.unwrap_or(i64::MAX))
    }
}

/// Where a page continues: after the product that had this place in the list. Its order says which of price and rank count; the id breaks
/// ties.
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
    /// Its id. Ids increase with every listed product.
    pub product: ProductId,
}

impl CursorKey for Place {
    fn write(&self, out: &mut Vec<u8>) {
        (self.price, (self.rank, self.product.as_uuid())).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let (price, (rank, id)) = CursorKey::read(from)?;
        Some(Self {
            price,
            rank,
            product: ProductId::from_uuid(id),
        })
    }
}

/// A query for one page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Which products it contains.
    pub filter: Filter,
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
                product: product.id,
            })
        });
        page.map(|(product, _)| product)
    }

    /// The scope of this list's cursors. A list with another filter or order has another scope.
    #[must_use]
    pub fn scope(filter: &Filter, sort: Sort) -> CursorScope {
        let category = filter.category.as_ref().map(Category::key);
        let text = filter.text.as_ref();
        let rest = (filter.min_price, filter.max_price, filter.only_in_stock);
        // Debug quotes and escapes text, so different filters have different scopes.
        CursorScope::new(
            "products",
            &format!(
                "{sort:?} {text:?} {category:?} {:?} {rest:?}",
                filter.seller
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
                category: Category::parse("a b").ok(),
                ..Filter::default()
            },
            Filter {
                seller: Some(UserId::new(&SystemIds::default())),
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
                category: Category::parse(raw).ok(),
                ..Filter::default()
            };
            ListQuery::scope(&filter, Sort::Newest)
        };
        assert_eq!(scope("Books"), scope("bOOKS"));
    }
}
