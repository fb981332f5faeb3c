//! Changes of a product's variants and of their stock that its seller makes.

use kernel::{Timestamp, UserId, VariantId};

use super::{
    Barcode, NewVariant, Options, PriceEdit, Product, ProductRefusal, Sku, Stock, VariantStatus,
    VersionGuard, Why, clashes,
};

/// New values for some of a variant's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariantEdit {
    /// A new price. Existing reservations keep theirs.
    pub price: Option<PriceEdit>,
    /// How many can be ordered from now on, without what is held or sold.
    pub stock: Option<Stock>,
    /// Another SKU.
    pub sku: Option<Sku>,
    /// Another barcode.
    pub barcode: Option<Barcode>,
    /// Other options, instead of all that it has.
    pub options: Option<Options>,
}

/// A change of a variant's stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The variant; None for the default one.
    pub variant: Option<VariantId>,
    /// How many are added, or taken away if negative.
    pub delta: i64,
    /// Why, for the history.
    pub reason: Why,
}

impl Product {
    /// Most variants that can be ordered, the default one included.
    pub const MAX_VARIANTS: usize = 100;
    /// Most variants, those that were removed included: what is held of these may still come back.
    const MAX_EVER: usize = 500;

    /// Decides that `editor` adds a variant at `now`.
    ///
    /// # Errors
    /// `ProductRefusal`.
    pub fn add_variant(
        mut self,
        editor: UserId,
        guard: &VersionGuard,
        new: NewVariant,
        id: VariantId,
        now: Timestamp,
    ) -> Result<Self, ProductRefusal> {
        self.check_change(editor, guard)?;
        if self.offers().count() >= Self::MAX_VARIANTS || self.variants.len() >= Self::MAX_EVER {
            return Err(ProductRefusal::TooManyVariants);
        }
        self.variants.push(new.list(id, self.price));
        self.check_variants()?;
        Ok(self.changed_at(now))
    }

    /// Decides the edit of a variant that `editor` asks for at `now`. Unchanged if it is so already.
    ///
    /// # Errors
    /// `ProductRefusal`.
    pub fn edit_variant(
        self,
        editor: UserId,
        guard: &VersionGuard,
        id: VariantId,
        edit: VariantEdit,
        now: Timestamp,
    ) -> Result<Self, ProductRefusal> {
        self.check_change(editor, guard)?;
        let before = self.clone();
        let mut product = self;
        let (price, stock, traits) = if id == VariantId::default_of(product.id) {
            (&mut product.price, &mut product.stock, &mut product.traits)
        } else {
            let mut variants = product.variants.iter_mut();
            let variant = variants
                .find(|one| one.id == id && one.status.is_active())
                .ok_or(ProductRefusal::NoVariant)?;
            (&mut variant.price, &mut variant.stock, &mut variant.traits)
        };
        if let Some(edit) = edit.price {
            *price = edit.of(*price);
        }
        *stock = edit.stock.unwrap_or(*stock);
        traits.sku = edit.sku.or_else(|| traits.sku.take());
        traits.barcode = edit.barcode.or_else(|| traits.barcode.take());
        traits.options = edit
            .options
            .unwrap_or_else(|| std::mem::take(&mut traits.options));
        product.check_variants()?;
        Ok(product.next_after(&before, now))
    }

    /// Decides that `editor` removes a variant at `now`. Its stock stays in the book, so that existing reservations end as usual. Unchanged
    /// if it was removed before: a repeated removal succeeds, regardless of its version guard.
    ///
    /// # Errors
    /// `ProductRefusal`.
    pub fn remove_variant(
        mut self,
        editor: UserId,
        guard: &VersionGuard,
        id: VariantId,
        now: Timestamp,
    ) -> Result<Self, ProductRefusal> {
        let found = self.variants.iter().find(|variant| variant.id == id);
        let is_repeat = found.is_some_and(|variant| !variant.status.is_active());
        let any: VersionGuard = Box::new(|_| true);
        self.check_change(editor, if is_repeat { &any } else { guard })?;
        if is_repeat {
            return Ok(self);
        }
        if id == VariantId::default_of(self.id) {
            return Err(ProductRefusal::DefaultVariant);
        }
        let mut variants = self.variants.iter_mut();
        let variant = variants
            .find(|variant| variant.id == id)
            .ok_or(ProductRefusal::NoVariant)?;
        variant.status = VariantStatus::Removed;
        Ok(self.changed_at(now))
    }

    /// Decides that `editor` adds `delta` to the stock of a variant at `now`, or takes away if it is negative.
    ///
    /// # Errors
    /// `ProductRefusal`.
    pub fn adjust_stock(
        self,
        editor: UserId,
        variant: Option<VariantId>,
        delta: i64,
        now: Timestamp,
    ) -> Result<Self, ProductRefusal> {
        let any: VersionGuard = Box::new(|_| true);
        self.check_change(editor, &any)?;
        let offer = self.offer(variant).ok_or(ProductRefusal::NoVariant)?;
        let available = offer.stock.get();
        let after = available.saturating_add(delta);
        if after > Stock::MAX && delta > 0 {
            return Err(ProductRefusal::TooMuch);
        }
        self.with_stock_changed(variant, delta, now)
            .ok_or(ProductRefusal::NotEnough { available })
    }

    /// Checks that the variants go together.
    pub(super) fn check_variants(&self) -> Result<(), ProductRefusal> {
        let found = clashes(self.offers().map(|offer| offer.traits));
        match found.first() {
            Some((_, clash)) => Err(ProductRefusal::Clash(*clash)),
            None => Ok(()),
        }
    }

    /// The product as the version after `before`, or `before` if nothing differs.
    pub(super) fn next_after(self, before: &Self, now: Timestamp) -> Self {
        if self == *before {
            self
        } else {
            self.changed_at(now)
        }
    }

    /// How many of each variant there are more than `before`, or fewer if negative. Without a product before, all are new.
    #[must_use]
    pub fn stock_since(&self, before: Option<&Self>) -> Vec<(VariantId, i64)> {
        let known: std::collections::HashMap<VariantId, i64> = before
            .into_iter()
            .flat_map(Self::stocks)
            .map(|(id, stock)| (id, stock.get()))
            .collect();
        let delta = |(id, stock): (VariantId, Stock)| {
            let before = known.get(&id).copied().unwrap_or_default();
            (id, stock.get().saturating_sub(before))
        };
        let changed = self.stocks().map(delta);
        changed.filter(|(_, delta)| *delta != 0).collect()
    }
}

#[cfg(test)]
mod tests;
