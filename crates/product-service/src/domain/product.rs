//! A product: its description, seller, price and stock.

use contracts::reservations::Delivery;
use kernel::{CategoryId, Invalid, Metadata, Money, ProductId, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AttributeKey, Attributes, Category, CategoryRefusal, Clash, Description, InCategory,
    NewVariant, PlacedIn, ProductName, Sku, Stock, Traits, Variant,
};

/// Whether a product can be found and bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProductStatus {
    /// Not in the catalogue: its seller has not published it yet, or took it back.
    Draft,
    /// In the catalogue.
    Active,
    /// Removed by its seller, permanently, or by an operator, who may put it back. Old orders still refer to it.
    Removed,
}

kernel::words!(ProductStatus { Draft = "draft", Active = "active", Removed = "removed" });

/// A product that a seller wants to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// The seller.
    pub seller: UserId,
    /// Its name.
    pub name: ProductName,
    /// Its description.
    pub description: Description,
    /// Price of one of its default variant, positive.
    pub price: Money,
    /// How many there are of its default variant.
    pub stock: Stock,
    /// Its category.
    pub category: InCategory,
    /// What it says of itself.
    pub attributes: Attributes,
    /// How its buyers get it.
    pub delivery: Delivery,
    /// Whether it is published at once.
    pub status: NewStatus,
    /// What tells its default variant from the others.
    pub traits: Traits,
    /// Its further variants.
    pub variants: Vec<NewVariant>,
    /// What its seller keeps with it.
    pub metadata: Option<Metadata>,
}

/// What becomes of a new product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NewStatus {
    /// It is published later.
    Draft,
    /// It is published at once.
    #[default]
    Active,
}

impl NewProduct {
    /// The product, listed at `now` under `id` in the category where it was `placed`. `ids` has those of its further variants.
    #[must_use]
    pub fn list(
        self,
        id: ProductId,
        placed: &PlacedIn,
        now: Timestamp,
        ids: &[VariantId],
    ) -> Product {
        let variants = self.variants.into_iter().zip(ids);
        let variants = variants.map(|(new, id)| new.list(*id, self.price));
        Product {
            id,
            seller: self.seller,
            name: self.name,
            description: self.description,
            price: self.price,
            stock: self.stock,
            category: placed.name.clone(),
            category_id: placed.id,
            attributes: self.attributes,
            sold: 0,
            delivery: self.delivery,
            traits: self.traits,
            variants: variants.collect(),
            metadata: self.metadata,
            status: match self.status {
                NewStatus::Draft => ProductStatus::Draft,
                NewStatus::Active => ProductStatus::Active,
            },
            moderation: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// The seller. Never changes.
    pub seller: UserId,
    /// Its name.
    pub name: ProductName,
    /// Its description.
    pub description: Description,
    /// Price of one of its default variant, positive.
    pub price: Money,
    /// How many of its default variant can be ordered now: neither held nor sold.
    pub stock: Stock,
    /// Its category, by name: as its seller wrote it, or as it was called then.
    pub category: Category,
    /// Its category.
    pub category_id: CategoryId,
    /// What it says of itself: values of attributes that its category had then.
    pub attributes: Attributes,
    /// How many orders hold or have bought, without what came back into stock, of all of its variants.
    pub sold: i64,
    /// How its buyers get it.
    pub delivery: Delivery,
    /// What tells its default variant from the others.
    pub traits: Traits,
    /// Its further variants, those that were removed included, in the order in which they were added.
    pub variants: Vec<Variant>,
    /// What its seller keeps with it.
    pub metadata: Option<Metadata>,
    /// Whether it can be found and bought.
    pub status: ProductStatus,
    /// Why an operator removed it, if one did.
    pub moderation: Option<Moderation>,
    /// Increases with every edit and every change of stock, of any of its variants.
    pub version: i64,
    /// When it was listed.
    pub created_at: Timestamp,
    /// When it last changed, stock included. Never decreases, even if the clock does.
    pub updated_at: Timestamp,
}

/// Why an operator removed a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderation {
    /// The reason, for its seller.
    pub reason: String,
    /// The operator.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// A variant that can be ordered, whichever of a product's it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer<'a> {
    /// Its product.
    pub product: &'a Product,
    /// Its id.
    pub id: VariantId,
    /// What tells it from the others.
    pub traits: &'a Traits,
    /// Price of one.
    pub price: Money,
    /// How many can be ordered now.
    pub stock: Stock,
}

impl Product {
    /// Its default variant.
    #[must_use]
    pub fn default_offer(&self) -> Offer<'_> {
        Offer {
            product: self,
            id: VariantId::default_of(self.id),
            traits: &self.traits,
            price: self.price,
            stock: self.stock,
        }
    }

    /// Its variants that were not removed: the default one first.
    pub fn offers(&self) -> impl Iterator<Item = Offer<'_>> {
        let further = self.variants.iter().filter(|one| one.status.is_active());
        let further = further.map(|variant| Offer {
            product: self,
            id: variant.id,
            traits: &variant.traits,
            price: variant.price,
            stock: variant.stock,
        });
        std::iter::once(self.default_offer()).chain(further)
    }

    /// The variant `id`, unless it was removed; the default one if there is no id.
    #[must_use]
    pub fn offer(&self, id: Option<VariantId>) -> Option<Offer<'_>> {
        match id {
            None => Some(self.default_offer()),
            Some(id) => self.offers().find(|offer| offer.id == id),
        }
    }

    /// The stock of each variant, those that were removed included: the default one first.
    pub fn stocks(&self) -> impl Iterator<Item = (VariantId, Stock)> {
        let further = self.variants.iter().map(|one| (one.id, one.stock));
        std::iter::once((VariantId::default_of(self.id), self.stock)).chain(further)
    }

    /// The product after the stock of a variant changed by `delta` at `now`, even of one that was removed. None if there is no such
    /// variant, or if its stock would be negative.
    #[must_use]
    pub fn with_stock_changed(
        &self,
        variant: Option<VariantId>,
        delta: i64,
        now: Timestamp,
    ) -> Option<Self> {
        let mut changed = self.clone();
        let stock = changed.stock_mut(variant)?;
        *stock = Stock::stored(stock.get().checked_add(delta)?)?;
        Some(changed.changed_at(now))
    }

    /// The same, because an order takes some, or gives some back.
    #[must_use]
    pub fn with_order(
        &self,
        variant: Option<VariantId>,
        delta: i64,
        now: Timestamp,
    ) -> Option<Self> {
        let changed = self.with_stock_changed(variant, delta, now)?;
        Some(Self {
            sold: changed.sold.saturating_sub(delta),
            ..changed
        })
    }

    pub(super) fn stock_mut(&mut self, variant: Option<VariantId>) -> Option<&mut Stock> {
        match variant.filter(|id| *id != VariantId::default_of(self.id)) {
            None => Some(&mut self.stock),
            Some(id) => {
                let mut variants = self.variants.iter_mut();
                let found = variants.find(|variant| variant.id == id)?;
                Some(&mut found.stock)
            }
        }
    }

    /// The product as its next version.
    pub(super) fn changed_at(self, now: Timestamp) -> Self {
        Self {
            version: self.version.saturating_add(1),
            updated_at: self.updated_at.max(now),
            ..self
        }
    }
}

/// Why a product was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductRefusal {
    /// There is no such product, or it was removed.
    #[error("there is no such product")]
    NotFound,
    /// Someone else sells it.
    #[error("only its seller may change a product")]
    NotOwner,
    /// The change was made for another version.
    #[error("the product is at version {version} now")]
    Changed {
        /// The current version.
        version: i64,
    },
    /// It has no such variant, or it was removed.
    #[error("the product has no such variant")]
    NoVariant,
    /// The default variant is the product itself and goes only with it.
    #[error("the default variant cannot be removed")]
    DefaultVariant,
    /// It has as many variants as it may have.
    #[error("the product has too many variants")]
    TooManyVariants,
    /// A variant does not go together with the others.
    #[error("the variant clashes with another")]
    Clash(Clash),
    /// Another of the seller's variants has this SKU.
    #[error("the SKU {} is taken", .0.as_str())]
    SkuTaken(Sku),
    /// There are fewer than were to be taken away.
    #[error("only {available} can be taken away")]
    NotEnough {
        /// How many there are.
        available: i64,
    },
    /// It cannot be in the category.
    #[error("{0}")]
    Category(CategoryRefusal),
    /// Some attributes are not those of its category.
    #[error("some attributes are not those of its category")]
    Attributes(Vec<(AttributeKey, Invalid)>),
    /// There would be more than [`Stock::MAX`].
    #[error("that is more stock than there may be")]
    TooMuch,
}
