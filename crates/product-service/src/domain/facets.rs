//! Facets: how many products of a list have which category, price, seller or value of an attribute.
//!
//! They are disjunctive: the choice in a facet narrows the list and the other facets, not its own counts, which say what choosing
//! another value would find. A product is counted once. All chosen attributes hold of one and the same of its variants, which is in
//! stock if that is asked for. Prices are those of the default variant, as in lists.

mod asked;
mod count;
mod index;
mod page;
mod values;

use std::collections::BTreeSet;

use kernel::{CategoryId, Invalid, UserId};

pub use asked::Narrowed;
pub use count::Counts;
pub use index::Index;

use super::{AttributeKey, AttributeKind, AttributeValue, Thousandths};

/// Which facets to count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// By these.
    pub of: BTreeSet<Facet>,
    /// By the values of these attributes.
    pub attributes: BTreeSet<AttributeKey>,
    /// By the values of every attribute.
    pub all_attributes: bool,
}

/// What every product has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// A category.
    Category,
    /// A price, in some range.
    Price,
    /// A seller.
    Seller,
}

impl Facets {
    /// Most attributes that are counted at once.
    pub const MOST_ATTRIBUTES: usize = 50;
    /// Most values of a facet: those with the most products.
    pub const MOST_VALUES: usize = 100;

    /// Parses words with commas between them: `category`, `price`, `seller`, `attr.{key}`, and `attr.*` for all attributes.
    ///
    /// # Errors
    /// `unknown_value`, `too_many`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let mut facets = Self::default();
        for word in raw.split(',').map(str::trim) {
            match word.strip_prefix("attr.") {
                Some("*") => facets.all_attributes = true,
                Some(key) => {
                    facets.attributes.insert(AttributeKey::parse(key)?);
                }
                None => {
                    let facet = match word {
                        "category" => Facet::Category,
                        "price" => Facet::Price,
                        "seller" => Facet::Seller,
                        _ => {
                            let detail = "must be category, price, seller, attr.{key} or attr.*, with commas between them";
                            return Err(Invalid::new("unknown_value", detail));
                        }
                    };
                    facets.of.insert(facet);
                }
            }
        }
        if facets.attributes.len() > Self::MOST_ATTRIBUTES {
            let detail = format!("must name at most {} attributes", Self::MOST_ATTRIBUTES);
            return Err(Invalid::new("too_many", detail));
        }
        Ok(facets)
    }

    /// Whether `facet` is counted.
    #[must_use]
    pub fn has(&self, facet: Facet) -> bool {
        self.of.contains(&facet)
    }
}

/// A value of an attribute that a list is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chosen {
    /// This one, as it is written.
    Value(String),
    /// Any number from the one to the other, both included.
    Range(Option<Thousandths>, Option<Thousandths>),
}

impl Chosen {
    /// Most values of one attribute.
    pub const MOST: usize = 20;

    /// Parses `red`, `27.5`, `true`, or a range of numbers `10..20`, `10..` or `..20`.
    ///
    /// # Errors
    /// As [`AttributeValue::text`].
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let bound = |raw: &str| match raw.trim() {
            "" => Some(None),
            number => number_of(number).map(Some),
        };
        if let Some((min, max)) = raw.split_once("..")
            && let (Some(min), Some(max)) = (bound(min), bound(max))
            && (min, max) != (None, None)
        {
            return Ok(Self::Range(min, max));
        }
        match AttributeValue::text(raw)? {
            AttributeValue::Text(text) => Ok(Self::Value(text)),
            AttributeValue::Boolean(_) | AttributeValue::Number(_) => {
                Ok(Self::Value(raw.to_owned()))
            }
        }
    }

    /// Whether it can be a value of an attribute of this kind.
    #[must_use]
    pub fn may_be(&self, kind: &AttributeKind) -> bool {
        match (self, kind) {
            (Self::Value(asked), AttributeKind::Number { .. }) => number_of(asked).is_some(),
            (Self::Value(asked), AttributeKind::Boolean) => asked == "true" || asked == "false",
            (Self::Range(..), AttributeKind::Number { .. })
            | (Self::Value(_), AttributeKind::Text | AttributeKind::OneOf { .. }) => true,
            (
                Self::Range(..),
                AttributeKind::Boolean | AttributeKind::Text | AttributeKind::OneOf { .. },
            ) => false,
        }
    }

    /// Whether `value` is chosen. A text that is a number, as options of variants may be, is one here.
    #[must_use]
    pub fn has(&self, value: &AttributeValue) -> bool {
        match (self, value) {
            (Self::Value(asked), AttributeValue::Text(text)) => asked == text,
            (Self::Value(asked), AttributeValue::Boolean(value)) => *asked == value.to_string(),
            (Self::Value(asked), AttributeValue::Number(number)) => {
                number_of(asked) == Some(*number)
            }
            (Self::Range(..), AttributeValue::Boolean(_)) => false,
            (Self::Range(min, max), AttributeValue::Number(number)) => {
                min.is_none_or(|min| *number >= min) && max.is_none_or(|max| *number <= max)
            }
            (Self::Range(..), AttributeValue::Text(text)) => {
                number_of(text).is_some_and(|number| self.has(&AttributeValue::Number(number)))
            }
        }
    }
}

fn number_of(text: &str) -> Option<Thousandths> {
    let number: f64 = text.parse().ok()?;
    Thousandths::parse(number).ok()
}

/// A range of prices, in minor units, both included: from 1, 2 or 5 times a power of ten to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceRange {
    /// The least.
    pub from: i64,
    /// The greatest.
    pub to: i64,
}

/// How many products have a value; the most first, then in the order of the values.
pub type Tally<T> = Vec<(T, u64)>;

/// How many products are in which category itself, not counting those below it.
pub type ByCategory = Tally<CategoryId>;

/// Number of products by seller.
pub type BySeller = Tally<UserId>;

#[cfg(test)]
mod tests;
