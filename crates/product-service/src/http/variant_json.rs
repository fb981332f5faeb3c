//! A variant of a product as it stands in JSON, and what requests say of one.

use std::collections::BTreeMap;

use deserr::{Deserr, IntoValue, Map as _, Value, ValuePointerRef};
use kernel::{Money, VariantId};
use platform_http::{Faults, FieldError, Price, merged, read_by_rule};
use serde::Serialize;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::error::clash_fault;
use crate::domain::{
    Barcode, Clash, NewVariant, Offer, Options, PriceEdit, Sku, Stock, Traits, clashes,
};

read_by_rule! {
    Sku: String => |raw| Self::parse(&raw);
    Barcode: String => |raw| Self::parse(&raw);
}

// deserr's own reading of maps passes over values of another type.
impl Deserr<Faults> for Options {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let Value::Map(given) = value else {
            let expected = "an object of values by name";
            return Err(Faults::wrong_type(place, expected, value.kind()));
        };
        let (mut all, mut faults) = (BTreeMap::new(), None);
        for (name, value) in given.into_iter() {
            let at = place.push_key(&name);
            match String::deserialize_from_value(value.into_value(), at) {
                Ok(value) => {
                    all.insert(name, value);
                }
                Err(fault) => faults = Some(merged(faults, fault, at)),
            }
        }
        match faults {
            Some(faults) => Err(faults),
            None => Self::parse(all).map_err(|invalid| Faults::at(place, invalid)),
        }
    }
}

impl PartialSchema for Options {
    fn schema() -> RefOr<Schema> {
        let text = kernel::text_schema::one_line;
        let names = match text(1, Self::MAX_NAME) {
            RefOr::T(schema) => Some(schema),
            RefOr::Ref(_) => None,
        };
        ObjectBuilder::new()
            .property_names(names)
            .additional_properties(Some(AdditionalProperties::RefOr(text(1, Self::MAX_VALUE))))
            .max_properties(Some(Self::MAX_NAMES))
            .description(Some(
                "A value for each name. No name twice, whatever its case.",
            ))
            .examples([serde_json::json!({"Colour": "Brass", "Size": "M"})])
            .into()
    }
}

impl ToSchema for Options {}

/// A variant of a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Variant)]
pub(crate) struct VariantJson {
    /// Its id. That of the default variant is the product's.
    id: VariantId,
    /// The seller's own number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 64,
        example = "LAMP-1-M"
    )]
    sku: Option<String>,
    /// The number of the kind of thing, as its maker prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 64,
        example = "4006381333931"
    )]
    barcode: Option<String>,
    /// Its options, by name.
    options: Options,
    /// Unit price.
    price: Money,
    /// The quantity that can be ordered now.
    #[schema(example = 40, minimum = 0)]
    stock: i64,
}

impl From<Offer<'_>> for VariantJson {
    fn from(offer: Offer<'_>) -> Self {
        let traits = offer.traits.clone();
        Self {
            id: offer.id,
            sku: traits.sku.map(Sku::into_string),
            barcode: traits.barcode.map(Barcode::into_string),
            options: traits.options,
            price: offer.price,
            stock: offer.stock.get(),
        }
    }
}

/// A variant to list.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct NewVariantRequest {
    /// The seller's own number for it, unique among what they list.
    #[deserr(default)]
    sku: Option<Sku>,
    /// The number of the kind of thing, as its maker prints it.
    #[deserr(default)]
    barcode: Option<Barcode>,
    /// What tells it from the product's other variants: no two have the same.
    options: Options,
    /// Unit price. Without it, or without its currency, the product's.
    #[deserr(default)]
    price: Option<Price>,
    /// Quantity in stock.
    stock: Stock,
}

impl NewVariantRequest {
    /// The variant.
    pub(super) fn read(self) -> NewVariant {
        NewVariant {
            traits: Traits {
                sku: self.sku,
                barcode: self.barcode,
                options: self.options,
            },
            price: self.price.map(price_edit),
            stock: self.stock,
        }
    }
}

/// The price of a request.
pub(super) const fn price_edit(price: Price) -> PriceEdit {
    let (amount, currency) = price.parts();
    PriceEdit { amount, currency }
}

/// What clashes among the variants of a new product: its own traits and those of its further variants.
pub(super) fn clashing(own: &Traits, variants: &[NewVariant]) -> Vec<FieldError> {
    let all = std::iter::once(own).chain(variants.iter().map(|variant| &variant.traits));
    let fault = |(place, clash): (usize, Clash)| {
        let at = match place {
            0 => String::new(),
            place => format!("/variants/{}", place - 1),
        };
        let (field, invalid) = clash_fault(clash);
        FieldError::new(format!("{at}/{field}"), invalid)
    };
    clashes(all).into_iter().map(fault).collect()
}

/// What a request means by the traits of a variant.
pub(super) fn traits_meant(traits: &Traits) -> impl Serialize + use<'_> {
    let sku = traits.sku.as_ref().map(Sku::as_str);
    (
        sku,
        traits.barcode.as_ref().map(Barcode::as_str),
        &traits.options,
    )
}

/// What a request means by a variant.
pub(super) fn variant_meant(variant: &NewVariant) -> impl Serialize + use<'_> {
    let traits = traits_meant(&variant.traits);
    (traits, variant.price, variant.stock.get())
}
