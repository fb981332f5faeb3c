//! Queries for lists of products: filters, order, and where to continue.

use kernel::{CursorKey, CursorScope, Limit, Page, ProductId, UserId};
use uuid::Uuid;

use super::{Category, Product, SearchText};

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Newest first.
    Newest,
    /// Lowest price first. Compares amounts in minor units, whatever the currency.
    PriceUp,
    /// Highest price first.
    PriceDown,
    /// Best match first. Only with a search.
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

/// A number that increases with every listed product. SQLite uses a counter, MongoDB the id, a UUIDv7; so it is as wide as an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(u128);

impl Number {
    /// The number as SQLite's counter. A larger number, which only a forged cursor has, is clamped to the maximum.
    #[must_use]
    pub fn count(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// The number as MongoDB has it.
    #[must_use]
    pub const fn id(self) -> ProductId {
        ProductId::from_uuid(Uuid::from_u128(self.0))
    }
}

impl TryFrom<i64> for Number {
    type Error = std::num::TryFromIntError;

    fn try_from(count: i64) -> Result<Self, Self::Error> {
        u128::try_from(count).map(Self)
    }
}

impl From<ProductId> for Number {
    fn from(id: ProductId) -> Self {
        Self(id.as_uuid().as_u128())
    }
}

impl CursorKey for Number {
    fn write(&self, out: &mut Vec<u8>) {
        self.id().as_uuid().write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Uuid::read(from).map(|id| Self(id.as_u128()))
    }
}

/// Ascending or descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Ascending.
    Up,
    /// Descending.
    Down,
}

/// The order of a list, and where to continue: after the sort key and the number, which breaks ties.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// `Sort::Newest`.
    Newest(Option<Number>),
    /// `Sort::PriceUp` or `Sort::PriceDown`.
    Price(Direction, Option<(i64, Number)>),
    /// `Sort::Relevance`.
    Relevance(Option<(f64, Number)>),
}

/// A query for one page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Which products it contains.
    pub filter: Filter,
    /// Its order, and where to continue.
    pub order: Order,
    /// Products per page.
    pub limit: Limit,
}

/// A product in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The product.
    pub product: Product,
    /// Its number.
    pub number: Number,
    /// Its score, in a list by relevance.
    pub score: f64,
}

impl ListQuery {
    /// Builds a page from the results, with the cursor of the next page.
    #[must_use]
    pub fn page(&self, found: Vec<Found>) -> Page<Product> {
        let sort = match self.order {
            Order::Newest(_) => Sort::Newest,
            Order::Price(Direction::Up, _) => Sort::PriceUp,
            Order::Price(Direction::Down, _) => Sort::PriceDown,
            Order::Relevance(_) => Sort::Relevance,
        };
        let scope = Self::scope(&self.filter, sort);
        let page = Page::cut(found, self.limit, |last| match sort {
            Sort::Newest => scope.cursor(&last.number),
            Sort::PriceUp | Sort::PriceDown => {
                scope.cursor(&(last.product.price.amount, last.number))
            }
            Sort::Relevance => scope.cursor(&(last.score, last.number)),
        });
        page.map(|found| found.product)
    }

    /// The scope of this list's cursors. A list with another filter or order has another scope.
    #[must_use]
    pub fn scope(filter: &Filter, sort: Sort) -> CursorScope {
        let category = filter
            .category
            .as_ref()
            .map(|category| category.as_str().to_ascii_lowercase());
        let words = filter.text.as_ref().map(SearchText::words);
        let rest = (filter.min_price, filter.max_price, filter.only_in_stock);
        // Debug quotes and escapes text, so different filters have different scopes.
        CursorScope::new(
            "products",
            &format!(
                "{sort:?} {words:?} {category:?} {:?} {rest:?}",
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
            .map(|scope| {
                scope
                    .cursor(&Number::try_from(1).unwrap())
                    .as_str()
                    .to_owned()
            })
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
