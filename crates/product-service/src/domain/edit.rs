//! Changes that a seller makes: an edit of any of a product's fields, and its removal.

use contracts::reservations::Delivery;
use kernel::{Currency, Money, ProductId, Timestamp, UserId};

use super::{Category, Description, Product, ProductName, ProductRefusal, ProductStatus, Stock};

/// Whether a change may apply to a version of a product, as `If-Match` says.
pub type VersionGuard = Box<dyn Fn(i64) -> bool + Send>;

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

/// A new price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceEdit {
    /// Minor units, positive.
    pub amount: i64,
    /// Their currency. None keeps the product's: a currency never changes unless the seller says so.
    pub currency: Option<Currency>,
}

impl PriceEdit {
    fn of(self, old: Money) -> Money {
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
    pub category: Option<Category>,
    /// Another way for buyers to get it. Existing reservations keep theirs.
    pub delivery: Option<Delivery>,
}

/// A product after an edit, and what the edit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The edited product.
    pub product: Product,
    /// Whether anything except the stock changed.
    pub described_anew: bool,
    /// How many the seller added; negative if some were removed.
    pub stock_delta: i64,
}

impl Edited {
    /// Whether anything changed. An edit to the current values keeps the version.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.described_anew || self.stock_delta != 0
    }
}

impl Product {
    /// Decides the edit that `editor` asks for at `now`.
    ///
    /// # Errors
    /// `ProductRefusal`, checked in this order: it exists, the editor owns it, the version is allowed.
    pub fn edit(
        self,
        editor: UserId,
        guard: &VersionGuard,
        edit: ProductEdit,
        now: Timestamp,
    ) -> Result<Edited, ProductRefusal> {
        self.check_change(editor, guard)?;
        let old = self.clone();
        let mut product = Self {
            name: edit.name.unwrap_or(self.name),
            description: edit.description.unwrap_or(self.description),
            price: edit.price.map_or(self.price, |price| price.of(self.price)),
            stock: edit.stock.unwrap_or(self.stock),
            category: edit.category.unwrap_or(self.category),
            delivery: edit.delivery.unwrap_or(self.delivery),
            ..self
        };
        let stock_delta = product.stock.get().saturating_sub(old.stock.get());
        let stock = product.stock;
        let described_anew = product != Self { stock, ..old };
        if described_anew || stock_delta != 0 {
            product = product.changed_at(now);
        }
        Ok(Edited {
            product,
            described_anew,
            stock_delta,
        })
    }

    /// Decides the removal that `editor` asks for at `now`. The stock stays in the book, so existing reservations end as usual. None if
    /// the product was removed before: a repeated removal succeeds, regardless of its version guard.
    ///
    /// # Errors
    /// `ProductRefusal`. To everyone except its seller, a removed product does not exist.
    pub fn remove(
        self,
        editor: UserId,
        guard: &VersionGuard,
        now: Timestamp,
    ) -> Result<Option<Self>, ProductRefusal> {
        if self.status == ProductStatus::Removed && self.seller == editor {
            return Ok(None);
        }
        self.check_change(editor, guard)?;
        let status = ProductStatus::Removed;
        Ok(Some(Self { status, ..self }.changed_at(now)))
    }

    fn check_change(&self, editor: UserId, guard: &VersionGuard) -> Result<(), ProductRefusal> {
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
mod tests {
    use super::*;
    use crate::domain::NewProduct;
    use kernel::{Currency, ProductId, SystemIds};

    fn any() -> VersionGuard {
        Box::new(|_| true)
    }

    fn never() -> VersionGuard {
        Box::new(|_| false)
    }

    const THEN: Timestamp = Timestamp::from_millis(1);
    const NOW: Timestamp = Timestamp::from_millis(2);

    fn product() -> Product {
        let ids = SystemIds::default();
        NewProduct {
            seller: UserId::new(&ids),
            name: ProductName::parse("Lamp").unwrap(),
            description: Description::parse("").unwrap(),
            price: Money::new(100, Currency::USD),
            stock: Stock::parse(5).unwrap(),
            category: Category::parse("Home").unwrap(),
            delivery: Delivery::None,
        }
        .list(ProductId::new(&ids), THEN)
    }

    fn stranger() -> UserId {
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
        assert_eq!((edited.described_anew, edited.stock_delta), (true, 0));
        let expected = Product {
            name: ProductName::parse("Lantern").unwrap(),
            version: 2,
            updated_at: NOW,
            ..old
        };
        assert_eq!(edited.product, expected);
    }

    #[test]
    fn a_new_stock_is_booked_as_its_difference() {
        let old = product();
        let edit = ProductEdit {
            stock: Some(Stock::parse(2).unwrap()),
            ..ProductEdit::default()
        };
        let edited = old.clone().edit(old.seller, &any(), edit, NOW).unwrap();
        assert_eq!((edited.described_anew, edited.stock_delta), (false, -3));
        assert_eq!(edited.product.version, 2);
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
        assert!(!edited.is_change());
        assert_eq!(edited.product, old);
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
        let Ok(Some(removed)) = old.clone().remove(old.seller, &any(), NOW) else {
            panic!("the seller removes it");
        };
        assert_eq!(
            (removed.status, removed.version),
            (ProductStatus::Removed, 2)
        );
        assert!(removed.is_visible_to(Some(old.seller)));
        assert!(!removed.is_visible_to(Some(stranger())) && !removed.is_visible_to(None));
        assert_eq!(removed.clone().remove(old.seller, &never(), NOW), Ok(None));
        assert_eq!(
            removed.remove(stranger(), &never(), NOW),
            Err(ProductRefusal::NotFound)
        );
    }
}
