//! What is asked for, in the numbers of the index: which choices a product or a variant lacks.

use std::collections::{BTreeSet, HashMap};

use kernel::{CategoryId, ProductId};

use super::index::{Index, Row, Shape};
use crate::domain::{AttributeValue, Chosen, Filter, Rank};

/// Which products.
#[derive(Debug, Clone, Copy)]
pub struct Narrowed<'a> {
    /// What is asked for. Its text and its categories are those below.
    pub filter: &'a Filter,
    /// The categories that the filter names, with all below them. None for all.
    pub categories: Option<&'a [CategoryId]>,
    /// The products that the filter's text finds. None for all.
    pub matches: Option<&'a HashMap<ProductId, Rank>>,
}

/// What a product or variant lacks: one bit for each choice.
pub(super) type Lacks = u32;
pub(super) const CATEGORY: Lacks = 1;
pub(super) const SELLER: Lacks = 2;
pub(super) const PRICE: Lacks = 4;
/// That of the first attribute; the others follow.
pub(super) const ATTRIBUTE: Lacks = 8;

/// A choice of values of an attribute.
pub(super) struct Choice {
    /// The number of the attribute, if any product has a value of it.
    pub(super) key: Option<usize>,
    pub(super) bit: Lacks,
    /// Which values fit, by number.
    fits: Vec<bool>,
}

/// What is asked for, in numbers.
pub(super) struct Asked<'a> {
    categories: Option<Vec<bool>>,
    sellers: Option<Vec<bool>>,
    filter: &'a Filter,
    pub(super) choices: Vec<Choice>,
    matches: Option<&'a HashMap<ProductId, Rank>>,
    /// The sellers who sell nothing now.
    closed: Vec<bool>,
}

impl Asked<'_> {
    /// What the product as a whole lacks.
    pub(super) fn lacks(&self, row: &Row) -> Lacks {
        let has = |chosen: &Option<Vec<bool>>, number: usize| {
            chosen.as_ref().is_none_or(|chosen| is_set(chosen, number))
        };
        let mut lacks = 0;
        if !has(&self.categories, row.category) {
            lacks |= CATEGORY;
        }
        if !has(&self.sellers, row.seller) {
            lacks |= SELLER;
        }
        if self.filter.clamp(row.price) != row.price {
            lacks |= PRICE;
        }
        lacks
    }

    /// Which of the chosen attributes the variant lacks.
    pub(super) fn variant_lacks(&self, shape: &Shape) -> Lacks {
        let lacking = self.choices.iter().filter(|choice| {
            let mut values = shape.values.iter();
            !values.any(|value| is_set(&choice.fits, at(*value)))
        });
        lacking.fold(0, |lacks, choice| lacks | choice.bit)
    }

    /// The variants that may be counted at all.
    pub(super) fn shapes<'r>(&self, row: &'r Row) -> impl Iterator<Item = &'r Shape> {
        let in_stock = self.filter.only_in_stock;
        let all = std::iter::once(&row.first).chain(&*row.further);
        all.filter(move |shape| shape.in_stock || !in_stock)
    }

    /// How well the product matches the text. None if it does not, or its seller sells nothing now.
    pub(super) fn rank(&self, row: &Row) -> Option<Rank> {
        match self.matches {
            _ if is_set(&self.closed, row.seller) => None,
            None => Some(Rank::default()),
            Some(matches) => matches.get(&row.product).copied(),
        }
    }
}

impl Index {
    pub(super) fn asked<'a>(&self, narrowed: Narrowed<'a>) -> Asked<'a> {
        let filter = narrowed.filter;
        let choices = filter.attributes.iter().zip(0_u32..);
        let choices = choices.map(|((key, chosen), number)| {
            let key = self.keys.known(key);
            let is_chosen = |(of, value): &(usize, AttributeValue)| {
                Some(*of) == key && chosen.iter().any(|one: &Chosen| one.has(value))
            };
            Choice {
                key,
                bit: ATTRIBUTE << number,
                fits: self.values.mask(is_chosen),
            }
        });
        let categories = narrowed.categories.map(|chosen| {
            let chosen: BTreeSet<&CategoryId> = chosen.iter().collect();
            self.categories.mask(|id| chosen.contains(id))
        });
        let sellers = (!filter.sellers.is_empty())
            .then(|| self.sellers.mask(|id| filter.sellers.contains(id)));
        Asked {
            categories,
            sellers,
            filter,
            choices: choices.collect(),
            matches: narrowed.matches,
            closed: self.sellers.mask(|id| filter.closed.has(*id)),
        }
    }
}

fn is_set(chosen: &[bool], number: usize) -> bool {
    chosen.get(number).copied().unwrap_or(false)
}

/// A number as a place in a list.
pub(super) fn at(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
