//! A page of products with the counts of its list's facets.

use std::collections::BTreeMap;

use kernel::{CategoryId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::product_json::ProductPage;
use crate::app::{Counted, SellerCards};
use crate::domain::{AttributeValue, Language, Slug};

/// A page of products, with the facets of its list.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductList)]
pub(super) struct ListedPage {
    #[serde(flatten)]
    page: ProductPage,
    /// With `facets` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    facets: Option<FacetsJson>,
}

/// How many products of the list have which value: those facets that were asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Facets)]
pub(super) struct FacetsJson {
    /// By category, with those below it; the most products first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    category: Option<Vec<CategoryCount>>,
    /// By range of prices, the lowest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    price: Option<Vec<PriceCount>>,
    /// By seller, the most products first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seller: Option<Vec<SellerCount>>,
    /// Each attribute, as `attr.{key}`: by value, the most products first.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Vec<ValueCount>>)]
    attributes: BTreeMap<String, Vec<ValueCount>>,
}

/// The products of a category and all below it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CategoryCount {
    /// The category.
    id: CategoryId,
    /// Its name in addresses.
    slug: Slug,
    /// Its name.
    #[schema(example = "Lamps")]
    name: String,
    /// The category that it is part of; null at the root.
    #[schema(value_type = Option<CategoryId>, required = true)]
    parent_id: Option<CategoryId>,
    /// How many products.
    #[schema(example = 12, minimum = 1)]
    count: u64,
}

/// The products in a range of prices.
#[derive(Serialize, ToSchema)]
pub(super) struct PriceCount {
    /// The least price, in minor units. Send it as `minPrice`.
    #[schema(example = 1000, minimum = 1)]
    from: i64,
    /// The greatest price. Send it as `maxPrice`.
    #[schema(example = 1999, minimum = 1)]
    to: i64,
    /// How many products.
    #[schema(example = 12, minimum = 1)]
    count: u64,
}

/// The products of a seller.
#[derive(Serialize, ToSchema)]
pub(super) struct SellerCount {
    /// The seller.
    id: UserId,
    /// The name that they sell under, if it is known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Grace Hopper")]
    name: Option<String>,
    /// How many products.
    #[schema(example = 12, minimum = 1)]
    count: u64,
}

/// The products with a value of an attribute.
#[derive(Serialize, ToSchema)]
pub(super) struct ValueCount {
    /// The value.
    value: AttributeValue,
    /// How many products.
    #[schema(example = 12, minimum = 1)]
    count: u64,
}

impl ListedPage {
    pub(super) fn of(
        page: ProductPage,
        facets: Option<Counted>,
        cards: &SellerCards,
        languages: &[Language],
    ) -> Self {
        Self {
            page,
            facets: facets.map(|counted| FacetsJson::of(counted, cards, languages)),
        }
    }
}

impl FacetsJson {
    fn of(counted: Counted, cards: &SellerCards, languages: &[Language]) -> Self {
        let Counted {
            counts,
            categories,
            tree,
        } = counted;
        let category = |(id, count)| {
            let node = tree.get(id)?;
            Some(CategoryCount {
                id,
                slug: node.slug.clone(),
                name: node.names.best(languages).to_owned(),
                parent_id: node.parent,
                count,
            })
        };
        let values = |tally: Vec<(AttributeValue, u64)>| {
            let tally = tally.into_iter();
            tally.map(|(value, count)| ValueCount { value, count })
        };
        Self {
            category: categories.map(|tally| tally.into_iter().filter_map(category).collect()),
            price: counts.price.map(|tally| {
                let tally = tally.into_iter();
                let tally = tally.map(|(range, count)| PriceCount {
                    from: range.from,
                    to: range.to.min(kernel::Money::MAX_AMOUNT),
                    count,
                });
                tally.collect()
            }),
            seller: counts.seller.map(|tally| {
                let tally = tally.into_iter();
                tally
                    .map(|(id, count)| SellerCount {
                        id,
                        name: cards.of(id).name.clone(),
                        count,
                    })
                    .collect()
            }),
            attributes: counts
                .attributes
                .into_iter()
                .map(|(key, tally)| (format!("attr.{key}"), values(tally).collect()))
                .collect(),
        }
    }
}
