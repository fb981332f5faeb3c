//! Variants of a product: the same thing in other sizes, colours or other options, each with a price and a stock of its own.
//!
//! The default variant is the product itself: it has the product's id, and its price, stock and traits are fields of the product. A
//! product has further variants only if its seller adds some.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kernel::{Invalid, Money, VariantId, one_line};
use serde::{Deserialize, Serialize};

use super::fold::caseless;
use super::{Barcode, PriceEdit, Sku, Stock};

/// A further variant of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its id.
    pub id: VariantId,
    /// What tells it from the others.
    pub traits: Traits,
    /// Price of one, positive.
    pub price: Money,
    /// How many can be ordered now: neither held nor sold.
    pub stock: Stock,
    /// Whether it can be ordered.
    pub status: VariantStatus,
}

/// Whether a variant can be ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VariantStatus {
    /// As its product can.
    #[default]
    Active,
    /// Removed by its seller, permanently. What is held of it may still come back.
    Removed,
}

impl VariantStatus {
    /// Whether it is active.
    #[must_use]
    pub fn is_active(self) -> bool {
        self == Self::Active
    }
}

/// What tells a variant from the others of its product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// The seller's own number for it, unique among what the seller lists.
    pub sku: Option<Sku>,
    /// The number of the kind of thing, as its maker prints it.
    pub barcode: Option<Barcode>,
    /// Its options.
    pub options: Options,
}

/// A variant to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVariant {
    /// What tells it from the others.
    pub traits: Traits,
    /// Price of one. None if it costs what the default variant costs now.
    pub price: Option<PriceEdit>,
    /// How many there are.
    pub stock: Stock,
}

impl NewVariant {
    /// The variant, listed under `id` beside a default variant at the price `default`.
    #[must_use]
    pub fn list(self, id: VariantId, default: Money) -> Variant {
        Variant {
            id,
            traits: self.traits,
            price: self.price.map_or(default, |price| price.of(default)),
            stock: self.stock,
            status: VariantStatus::Active,
        }
    }
}

/// Options: a value for each name, such as `Size: M`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    /// Most names, of one variant and of all variants of a product together.
    pub const MAX_NAMES: usize = 5;
    /// Most characters of a name.
    pub const MAX_NAME: usize = 32;
    /// Most characters of a value.
    pub const MAX_VALUE: usize = 64;

    /// Parses names and values, without the space around them.
    ///
    /// # Errors
    /// `too_long` for more than [`Options::MAX_NAMES`] names, `duplicate` if two names differ only in case or width; or as in
    /// [`kernel::one_line`].
    pub fn parse(raw: BTreeMap<String, String>) -> Result<Self, Invalid> {
        if raw.len() > Self::MAX_NAMES {
            let detail = format!("must have at most {} names", Self::MAX_NAMES);
            return Err(Invalid::new("too_long", detail));
        }
        let mut options = BTreeMap::new();
        let mut names = HashSet::new();
        for (name, value) in raw {
            let of_name = |invalid: Invalid| {
                let detail = format!("a name {}", invalid.detail);
                Invalid::new(invalid.code, detail)
            };
            let name = one_line(&name, 1, Self::MAX_NAME).map_err(of_name)?;
            let of_value = |invalid: Invalid| {
                let detail = format!("the value of {name} {}", invalid.detail);
                Invalid::new(invalid.code, detail)
            };
            let value = one_line(&value, 1, Self::MAX_VALUE).map_err(of_value)?;
            if !names.insert(caseless(&name)) {
                let detail = format!("must not name {name} twice");
                return Err(Invalid::new("duplicate", detail));
            }
            options.insert(name, value);
        }
        Ok(Self(options))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values by their names.
    #[must_use]
    pub const fn values(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The options as they are compared.
    fn key(&self) -> BTreeMap<String, String> {
        let pairs = self.0.iter();
        pairs
            .map(|(name, value)| (caseless(name), caseless(value)))
            .collect()
    }
}

/// Why a variant does not go together with the others of its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// An earlier one has the same options.
    Options,
    /// With it, the variants have too many names of options.
    Names,
    /// An earlier one has the same SKU.
    Sku,
}

/// Compares the variants of a product. Returns which of them clash with an earlier one, by their places.
pub fn clashes<'a>(variants: impl IntoIterator<Item = &'a Traits>) -> Vec<(usize, Clash)> {
    let (mut options, mut names, mut skus) = (HashSet::new(), BTreeSet::new(), HashSet::new());
    let mut clashes = Vec::new();
    for (place, traits) in variants.into_iter().enumerate() {
        let key = traits.options.key();
        let known = names.len();
        names.extend(key.keys().cloned());
        if names.len() > Options::MAX_NAMES && names.len() > known {
            clashes.push((place, Clash::Names));
        }
        if !options.insert(key) {
            clashes.push((place, Clash::Options));
        }
        if let Some(sku) = &traits.sku
            && !skus.insert(sku.as_str())
        {
            clashes.push((place, Clash::Sku));
        }
    }
    clashes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> Result<Options, Invalid> {
        let pairs = pairs.iter();
        Options::parse(
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    fn traits(pairs: &[(&str, &str)], sku: Option<&str>) -> Traits {
        Traits {
            sku: sku.map(|sku| Sku::parse(sku).unwrap()),
            barcode: None,
            options: options(pairs).unwrap(),
        }
    }

    #[test]
    fn options_have_names_and_values_and_no_name_twice() {
        let read = options(&[(" Size ", " M"), ("Colour", "Red")]).unwrap();
        let values: Vec<_> = read.values().iter().collect();
        let expected = [("Colour", "Red"), ("Size", "M")];
        assert_eq!(values.len(), 2);
        for ((name, value), expected) in values.into_iter().zip(expected) {
            assert_eq!((name.as_str(), value.as_str()), expected);
        }
        let code = |pairs: &[(&str, &str)]| options(pairs).unwrap_err().code;
        assert_eq!(code(&[("", "M")]), "too_short");
        assert_eq!(code(&[("Size", " ")]), "too_short");
        assert_eq!(code(&[(&"x".repeat(33), "M")]), "too_long");
        assert_eq!(code(&[("Size", &"x".repeat(65))]), "too_long");
        assert_eq!(code(&[("Size", "M"), ("SIZE", "L")]), "duplicate");
        let six: Vec<_> = ["a", "b", "c", "d", "e", "f"]
            .map(|name| (name, "1"))
            .into();
        assert_eq!(code(&six), "too_long");
        assert!(options(&six[..5]).is_ok());
    }

    #[test]
    fn variants_have_different_options_and_skus_and_few_names_together() {
        let plain = traits(&[], Some("A"));
        let small = traits(&[("Size", "S")], Some("B"));
        assert_eq!(clashes([&plain, &small]), []);
        let same = traits(&[("SIZE", "s")], Some("A"));
        assert_eq!(
            clashes([&plain, &small, &same]),
            [(2, Clash::Options), (2, Clash::Sku)]
        );
        let four = traits(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")], None);
        let other = traits(&[("e", "1")], None);
        assert_eq!(clashes([&small, &four]), []);
        assert_eq!(clashes([&small, &four, &other]), [(2, Clash::Names)]);
    }
}
