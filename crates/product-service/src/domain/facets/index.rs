//! What facets are counted from, and what lists are made from that no index of the store has: the active products, with what they are
//! narrowed and counted by, in memory. Counting reads all of them once, whatever is asked; a product takes some 200 bytes.

use std::collections::HashMap;

use kernel::{CategoryId, ProductId, UserId};

use super::values::Numbered;
use crate::domain::fold::caseless;
use crate::domain::{AttributeKey, AttributeValue, Offer, Product};

/// The products.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) rows: Vec<Row>,
    places: HashMap<ProductId, usize>,
    pub(super) categories: Numbered<CategoryId>,
    pub(super) sellers: Numbered<UserId>,
    pub(super) keys: Numbered<AttributeKey>,
    /// Values, each with the number of its attribute.
    pub(super) values: Numbered<(usize, AttributeValue)>,
    /// How many values the products have, each counted as often as they have it.
    used: usize,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) product: ProductId,
    version: i64,
    pub(super) price: i64,
    pub(super) sold: i64,
    pub(super) category: usize,
    pub(super) seller: usize,
    /// Its default variant.
    pub(super) first: Shape,
    /// Its further variants.
    pub(super) further: Box<[Shape]>,
}

/// A variant.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) in_stock: bool,
    /// The numbers of its values.
    pub(super) values: Box<[u32]>,
}

impl Index {
    /// Products.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether much of what it remembers is of values that no product has any more, so that it is better made anew.
    #[must_use]
    pub fn is_worn(&self) -> bool {
        let known = self.values.all().len();
        known > 10_000 && known > self.used.saturating_mul(2)
    }

    /// Takes in `product` as it is now, or forgets it if it is not listed. A version before the known one changes nothing.
    pub fn keep(&mut self, product: &Product) {
        let known = self.places.get(&product.id).copied();
        let row = known.and_then(|place| self.rows.get(place));
        if row.is_some_and(|row| row.version > product.version) {
            return;
        }
        if !product.is_listed() {
            self.forget(product.id);
            return;
        }
        let row = self.row(product);
        self.used = self.used.saturating_add(row.used());
        if let Some(old) = known.and_then(|place| self.rows.get_mut(place)) {
            let before = std::mem::replace(old, row);
            self.used = self.used.saturating_sub(before.used());
        } else {
            self.places.insert(product.id, self.rows.len());
            self.rows.push(row);
        }
    }

    /// Forgets the product.
    pub fn forget(&mut self, product: ProductId) {
        let Some(place) = self.places.remove(&product) else {
            return;
        };
        let gone = self.rows.swap_remove(place);
        self.used = self.used.saturating_sub(gone.used());
        if let Some(moved) = self.rows.get(place) {
            self.places.insert(moved.product, place);
        }
    }

    fn row(&mut self, product: &Product) -> Row {
        let mut offers = product.offers();
        let first = offers.next();
        let first = self.shape(product, first.as_ref());
        let further = offers.map(|offer| self.shape(product, Some(&offer)));
        let further = further.collect();
        Row {
            product: product.id,
            version: product.version,
            price: product.price.amount,
            sold: product.sold,
            category: self.categories.number(&product.category_id),
            seller: self.sellers.number(&product.seller),
            first,
            further,
        }
    }

    /// A variant's values: the product's attributes, and its options. An option `Shoe size` is the attribute `shoe_size`, and comes
    /// before the product's.
    fn shape(&mut self, product: &Product, offer: Option<&Offer<'_>>) -> Shape {
        let options = offer
            .into_iter()
            .flat_map(|offer| offer.traits.options.values());
        let options = options.filter_map(|(name, value)| {
            let value = AttributeValue::text(value).ok()?;
            Some((key_of_option(name)?, value))
        });
        let mut all: HashMap<AttributeKey, AttributeValue> = product
            .attributes
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        all.extend(options);
        let numbers = all.into_iter().map(|(key, value)| {
            let key = self.keys.number(&key);
            self.values.number(&(key, value))
        });
        let values = numbers.filter_map(|number| u32::try_from(number).ok());
        Shape {
            in_stock: offer.is_some_and(|offer| offer.stock.get() > 0),
            values: values.collect(),
        }
    }
}

impl Row {
    fn used(&self) -> usize {
        let all = std::iter::once(&self.first).chain(&*self.further);
        all.map(|shape| shape.values.len()).sum()
    }
}

/// The attribute that an option is, by its name. None if the name has no letter of ASCII.
fn key_of_option(name: &str) -> Option<AttributeKey> {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let key: String = caseless(name).chars().map(letter).collect();
    AttributeKey::parse(&key).ok()
}
