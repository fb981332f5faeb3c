//! Counts the products of the index.

use std::collections::BTreeSet;

use super::asked::{ATTRIBUTE, CATEGORY, Narrowed, PRICE, SELLER, at};
use super::index::Index;
use super::{ByCategory, BySeller, Facet, Facets, PriceRange, Tally};
use crate::domain::{AttributeKey, AttributeValue};

/// The counts of the facets that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By category.
    pub category: Option<ByCategory>,
    /// By price, the lowest range first.
    pub price: Option<Tally<PriceRange>>,
    /// By seller.
    pub seller: Option<BySeller>,
    /// By attribute, and by its value.
    pub attributes: Vec<(AttributeKey, Tally<AttributeValue>)>,
}

impl Index {
    /// Counts `facets` of the products.
    #[must_use]
    pub fn count(&self, narrowed: Narrowed<'_>, facets: &Facets) -> Counts {
        let asked = self.asked(narrowed);
        let counted = self.counted_keys(facets);
        let ranges = price_ranges();
        let mut categories = vec![0_u64; self.categories.all().len()];
        let mut sellers = vec![0_u64; self.sellers.all().len()];
        let mut prices = vec![0_u64; ranges.len()];
        let mut values = vec![0_u64; self.values.all().len()];
        let mut found = Vec::new();
        for row in &self.rows {
            let lacks = asked.lacks(row);
            // Of two choices that a product lacks, each facet is narrowed by one at least.
            if lacks.count_ones() > 1 || asked.rank(row).is_none() {
                continue;
            }
            let mut fits = false;
            found.clear();
            for shape in asked.shapes(row) {
                let variant = asked.variant_lacks(shape);
                fits |= variant == 0;
                let lacks = lacks | variant;
                if lacks == 0 {
                    found.extend(&shape.values);
                } else if lacks.is_power_of_two() && lacks >= ATTRIBUTE {
                    let own = asked.choices.iter().find(|choice| choice.bit == lacks);
                    let own = own.and_then(|choice| choice.key);
                    let own = |value: &&u32| {
                        let value = self.values.all().get(at(**value));
                        value.map(|(key, _)| *key) == own
                    };
                    found.extend(shape.values.iter().filter(own));
                }
            }
            if !row.further.is_empty() {
                found.sort_unstable();
                found.dedup();
            }
            for value in &found {
                add(&mut values, at(*value));
            }
            if fits {
                if lacks & !CATEGORY == 0 {
                    add(&mut categories, row.category);
                }
                if lacks & !SELLER == 0 {
                    add(&mut sellers, row.seller);
                }
                if lacks & !PRICE == 0 {
                    let range = ranges.partition_point(|range| range.to < row.price);
                    add(&mut prices, range);
                }
            }
        }
        let mut tallies: Vec<Tally<AttributeValue>> = vec![Vec::new(); self.keys.all().len()];
        for ((key, value), count) in self.values.all().iter().zip(values) {
            if let Some(tally) = tallies.get_mut(*key).filter(|_| count > 0) {
                tally.push((value.clone(), count));
            }
        }
        let attributes = counted.into_iter().filter_map(|key| {
            let tally = tallies.get_mut(self.keys.known(&key)?)?;
            let tally = most(std::mem::take(tally).into_iter());
            (!tally.is_empty()).then_some((key, tally))
        });
        let attributes = attributes.collect();
        let category = self.categories.all().iter().copied().zip(categories);
        let seller = self.sellers.all().iter().copied().zip(sellers);
        let price = ranges.into_iter().zip(prices);
        Counts {
            category: facets
                .has(Facet::Category)
                .then(|| present(category).collect()),
            price: facets.has(Facet::Price).then(|| present(price).collect()),
            seller: facets.has(Facet::Seller).then(|| most(seller)),
            attributes,
        }
    }

    /// The attributes to count.
    fn counted_keys(&self, facets: &Facets) -> BTreeSet<AttributeKey> {
        let mut keys = facets.attributes.clone();
        if facets.all_attributes {
            keys.extend(self.keys.all().iter().cloned());
        }
        keys.into_iter().take(Facets::MOST_ATTRIBUTES).collect()
    }
}

/// The ranges of all prices, the lowest first.
fn price_ranges() -> Vec<PriceRange> {
    let powers = std::iter::successors(Some(1_i64), |power| power.checked_mul(10));
    let steps = powers.flat_map(|power| [1, 2, 5].map(|step: i64| step.saturating_mul(power)));
    let steps: Vec<i64> = steps.take_while(|step| *step < i64::MAX).collect();
    let next = steps.iter().skip(1).map(|next| next.saturating_sub(1));
    let next = next.chain([i64::MAX]);
    let ranges = steps.iter().zip(next);
    ranges
        .map(|(from, to)| PriceRange { from: *from, to })
        .collect()
}

fn add(counts: &mut [u64], number: usize) {
    if let Some(count) = counts.get_mut(number) {
        *count = count.saturating_add(1);
    }
}

fn present<T>(counts: impl Iterator<Item = (T, u64)>) -> impl Iterator<Item = (T, u64)> {
    counts.filter(|(_, count)| *count > 0)
}

/// Those with the most products.
fn most<T: Ord>(counts: impl Iterator<Item = (T, u64)>) -> Tally<T> {
    let mut all: Tally<T> = present(counts).collect();
    all.sort_unstable_by(|(one, many), (other, more)| more.cmp(many).then(one.cmp(other)));
    all.truncate(Facets::MOST_VALUES);
    all
}
