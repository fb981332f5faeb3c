//! Changes that a seller makes: an edit of any of a product's fields, and its removal.

use contracts::reservations::Delivery;
use kernel::{Currency, Metadata, Money, ProductId, Timestamp, UserId};
use serde::Serialize;

use super::{
    Attributes, Barcode, Description, Options, PlacedIn, Product, ProductName, ProductRefusal,
    ProductStatus, Sku, Stock, Traits,
};

/// Whether a change may apply to a version of a product, as `If-Match` says.
pub type VersionGuard = Box<dyn Fn(i64) -> bool + Send + Sync>;

/// A requested change.
pub struct Change<T> {
    /// The product to change.
    pub product: ProductId,
    /// The user who asks for it.
    pub editor: UserId,
    /// The versions that it may apply to.
    pub guard: VersionGuard,
    /// The new values.
    pub to: T,
}

impl<T> Change<T> {
    /// The same change, to other values.
    pub fn with<U>(self, to: U) -> Change<U> {
        Change {
            product: self.product,
            editor: self.editor,
            guard: self.guard,
            to,
        }
    }
}

/// A price that may leave out its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PriceEdit {
    /// Minor units, positive.
    pub amount: i64,
    /// Their currency. None for that of the price that it takes the place of, or stands beside: a currency never changes unless the
    /// seller says so.
    pub currency: Option<Currency>,
}

impl PriceEdit {
    pub(super) fn of(self, old: Money) -> Money {
        Money::new(self.amount, self.currency.unwrap_or(old.currency))
    }
}

/// New values for some of a product's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductEdit {
    /// A new name.
    pub name: Option<ProductName>,
    /// A new description.
    pub description: Option<Description>,
    /// A new price. Existing reservations keep theirs.
    pub price: Option<PriceEdit>,
    /// How many can be ordered from now on, without what is held or sold.
    pub stock: Option<Stock>,
    /// A new category.
    pub category: Option<PlacedIn>,
    /// What it says of itself from now on, instead of all that it says.
    pub attributes: Option<Attributes>,
    /// Another way for buyers to get it. Existing reservations keep theirs.
    pub delivery: Option<Delivery>,
    /// Another SKU of its default variant.
    pub sku: Option<Sku>,
    /// Another barcode of its default variant.
    pub barcode: Option<Barcode>,
    /// Other options of its default variant, instead of all that it has.
    pub options: Option<Options>,
    /// What its seller keeps with it from now on, instead of all that is kept.
    pub metadata: Option<Metadata>,
}

impl Product {
    /// Decides the edit that `editor` asks for at `now`. Unchanged if it is so already.
    ///
    /// # Errors
    /// `ProductRefusal`, checked in this order: it exists, the editor owns it, the version is allowed, its variants go together.
    pub fn edit(
        self,
        editor: UserId,
        guard: &VersionGuard,
        edit: ProductEdit,
        now: Timestamp,
    ) -> Result<Self, ProductRefusal> {
        self.check_change(editor, guard)?;
        let before = self.clone();
        let traits = self.traits;
        let (category, category_id) = match edit.category {
            Some(placed) => (placed.name, placed.id),
            None => (self.category, self.category_id),
        };
        let product = Self {
            name: edit.name.unwrap_or(self.name),
            description: edit.description.unwrap_or(self.description),
            price: edit.price.map_or(self.price, |price| price.of(self.price)),
            stock: edit.stock.unwrap_or(self.stock),
            category,
            category_id,
            attributes: edit.attributes.unwrap_or(self.attributes),
            delivery: edit.delivery.unwrap_or(self.delivery),
            traits: Traits {
                sku: edit.sku.or(traits.sku),
                barcode: edit.barcode.or(traits.barcode),
                options: edit.options.unwrap_or(traits.options),
            },
            metadata: edit.metadata.or(self.metadata),
            ..self
        };
        product.check_variants()?;
        Ok(product.next_after(&before, now))
    }

    /// Decides the removal that `editor` asks for at `now`. The stock stays in the book, so existing reservations end as usual. Unchanged
    /// if the product was removed before: a repeated removal succeeds, regardless of its version guard.
    ///
    /// # Errors
    /// `ProductRefusal`. To everyone except its seller, a removed product does not exist.
    pub fn remove(
        self,
        editor: UserId,
        guard: &VersionGuard,
        now: Timestamp,
    ) -> Result<Self, ProductRefusal> {
        if self.status == ProductStatus::Removed && self.seller == editor {
            return Ok(self);
        }
        self.check_change(editor, guard)?;
        let status = ProductStatus::Removed;
        Ok(Self { status, ..self }.changed_at(now))
    }

    pub(crate) fn check_change(
        &self,
        editor: UserId,
        guard: &VersionGuard,
    ) -> Result<(), ProductRefusal> {
        if self.status == ProductStatus::Removed {
            Err(ProductRefusal::NotFound)
        } else if self.seller != editor {
            Err(ProductRefusal::NotOwner)
        } else if !guard(self.version) {
            let version = self.version;
            Err(ProductRefusal::Changed { version })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{Category, NewProduct, NewStatus};
    use kernel::{CategoryId, Currency, ProductId, SystemIds, VariantId};

    pub(in crate::domain) fn any() -> VersionGuard {
        Box::new(|_| true)
    }

    pub(in crate::domain) fn never() -> VersionGuard {
        Box::new(|_| false)
    }

    const THEN: Timestamp = Timestamp::from_millis(1);
    pub(in crate::domain) const NOW: Timestamp = Timestamp::from_millis(2);

    pub(in crate::domain) fn product() -> Product {
        let ids = SystemIds::default();
        let placed = PlacedIn {
            id: CategoryId::new(&ids),
            name: Category::parse("Home").unwrap(),
            new: None,
        };
        NewProduct {
            seller: UserId::new(&ids),
            name: ProductName::parse("Lamp").unwrap(),
            description: Description::parse("").unwrap(),
            price: Money::new(100, Currency::USD),
            stock: Stock::parse(5).unwrap(),
            category: Category::parse("Home").unwrap().into(),
            attributes: Attributes::new(),
            delivery: Delivery::None,
            status: NewStatus::Active,
            traits: Traits::default(),
            variants: Vec::new(),
            metadata: None,
        }
        .list(ProductId::new(&ids), &placed, THEN, &[])
    }

    pub(in crate::domain) fn stranger() -> UserId {
        UserId::new(&SystemIds::default())
    }

    #[test]
    fn an_edit_changes_what_it_names_and_nothing_else() {
        let old = product();
        let edit = ProductEdit {
            name: Some(ProductName::parse("Lantern").unwrap()),
            ..ProductEdit::default()
        };
        let edited = old.clone().edit(old.seller, &any(), edit, NOW).unwrap();
        assert_eq!(edited.stock_since(Some(&old)), []);
        let expected = Product {
            name: ProductName::parse("Lantern").unwrap(),
            version: 2,
            updated_at: NOW,
            ..old
        };
        assert_eq!(edited, expected);
    }

    #[test]
    fn a_new_stock_is_booked_as_its_difference() {
        let old = product();
        let edit = ProductEdit {
            stock: Some(Stock::parse(2).unwrap()),
            ..ProductEdit::default()
        };
        let edited = old.clone().edit(old.seller, &any(), edit, NOW).unwrap();
        let id = VariantId::default_of(old.id);
        assert_eq!(edited.stock_since(Some(&old)), [(id, -3)]);
        assert_eq!(edited.version, 2);
    }

    #[test]
    fn an_edit_to_what_is_there_already_changes_nothing() {
        let old = product();
        let edit = ProductEdit {
            name: Some(old.name.clone()),
            stock: Some(old.stock),
            ..ProductEdit::default()
        };
        let edited = old.clone().edit(old.seller, &any(), edit, NOW).unwrap();
        assert_eq!(edited, old);
    }

    #[test]
    fn refusals_are_checked_in_the_order_there_theirs_unchanged() {
        let edit = ProductEdit::default;
        let old = product();
        let removed = Product {
            status: ProductStatus::Removed,
            ..old.clone()
        };
        assert_eq!(
            removed.edit(stranger(), &never(), edit(), NOW),
            Err(ProductRefusal::NotFound)
        );
        assert_eq!(
            old.clone().edit(stranger(), &never(), edit(), NOW),
            Err(ProductRefusal::NotOwner)
        );
        assert_eq!(
            old.clone().edit(old.seller, &never(), edit(), NOW),
            Err(ProductRefusal::Changed { version: 1 })
        );
    }

    #[test]
    fn a_removal_is_idempotent_for_the_seller_and_unseen_by_others() {
        let old = product();
        assert_eq!(
            old.clone().remove(stranger(), &any(), NOW),
            Err(ProductRefusal::NotOwner)
        );
        assert_eq!(
            old.clone().remove(old.seller, &never(), NOW),
            Err(ProductRefusal::Changed { version: 1 })
        );
        let removed = old.clone().remove(old.seller, &any(), NOW).unwrap();
        assert_eq!(
            (removed.status, removed.version),
            (ProductStatus::Removed, 2)
        );
        let again = removed.clone().remove(old.seller, &never(), NOW);
        assert_eq!(again.as_ref(), Ok(&removed));
        assert_eq!(
            removed.remove(stranger(), &never(), NOW),
            Err(ProductRefusal::NotFound)
        );
    }
}
