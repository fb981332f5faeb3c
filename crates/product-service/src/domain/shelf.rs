//! On the shelf or not: publishing a product, taking it back, and who sees it when it is not in the catalogue.

use kernel::{Timestamp, UserId};

use super::{Moderation, Product, ProductRefusal, ProductStatus, VersionGuard, Why};

/// Who looks at a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// An anonymous visitor.
    Anyone,
    /// A user.
    User(UserId),
    /// An operator, who sees everything.
    Operator,
}

impl Viewer {
    /// Whether they sell `product` or are an operator.
    #[must_use]
    pub fn manages(self, product: &Product) -> bool {
        match self {
            Self::Anyone => false,
            Self::User(user) => user == product.seller,
            Self::Operator => true,
        }
    }
}

impl Product {
    /// Whether it is in the catalogue.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.status == ProductStatus::Active
    }

    /// Decides that its seller publishes it, or takes it back, at `now`. Unchanged if it is so already.
    ///
    /// # Errors
    /// `ProductRefusal`; a removed product is never published again.
    pub fn set_listed(
        self,
        listed: bool,
        editor: UserId,
        guard: &VersionGuard,
        now: Timestamp,
    ) -> Result<Self, ProductRefusal> {
        self.check_change(editor, guard)?;
        if self.is_listed() == listed {
            return Ok(self);
        }
        let status = if listed {
            ProductStatus::Active
        } else {
            ProductStatus::Draft
        };
        Ok(Self { status, ..self }.changed_at(now))
    }

    /// Decides that an operator removes it at `now`. Its seller sees the reason. Of a product that an operator removed before, nothing
    /// changes.
    #[must_use]
    pub fn taken_down(self, reason: Why, by: UserId, now: Timestamp) -> Self {
        if self.moderation.is_some() {
            return self;
        }
        let moderation = Moderation {
            reason: reason.into_string(),
            by,
            at: now,
        };
        let taken_down = Self {
            status: ProductStatus::Removed,
            moderation: Some(moderation),
            ..self
        };
        taken_down.changed_at(now)
    }

    /// Decides that an operator puts back at `now` what one removed: as a draft, which its seller may publish. Of a product that no operator
    /// removed, nothing changes.
    #[must_use]
    pub fn put_back(self, now: Timestamp) -> Self {
        if self.moderation.is_none() {
            return self;
        }
        let back = Self {
            status: ProductStatus::Draft,
            moderation: None,
            ..self
        };
        back.changed_at(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::edit::tests::{NOW, any, never, product, stranger};

    #[test]
    fn a_product_is_published_and_taken_back_by_its_seller_as_often_as_they_like() {
        let old = product();
        let draft = old
            .clone()
            .set_listed(false, old.seller, &any(), NOW)
            .unwrap();
        assert_eq!((draft.status, draft.version), (ProductStatus::Draft, 2));
        let same = draft.clone().set_listed(false, old.seller, &any(), NOW);
        assert_eq!(same, Ok(draft.clone()));
        let back = draft.set_listed(true, old.seller, &any(), NOW).unwrap();
        assert_eq!((back.status, back.version), (ProductStatus::Active, 3));
        assert_eq!(
            back.clone().set_listed(false, stranger(), &any(), NOW),
            Err(ProductRefusal::NotOwner)
        );
        let guarded = back.set_listed(false, old.seller, &never(), NOW);
        assert_eq!(guarded, Err(ProductRefusal::Changed { version: 3 }));
    }

    #[test]
    fn what_an_operator_removed_stays_removed_for_the_first_reason() {
        let old = product();
        let operator = stranger();
        let why = |text| Why::parse(text).unwrap();
        let gone = old.clone().taken_down(why("Unsafe"), operator, NOW);
        assert_eq!((gone.status, gone.version), (ProductStatus::Removed, 2));
        let moderation = gone.moderation.clone().unwrap();
        assert_eq!(
            (moderation.reason.as_str(), moderation.by),
            ("Unsafe", operator)
        );
        let again = gone.clone().taken_down(why("Ugly"), stranger(), NOW);
        assert_eq!(again, gone);
        let published = gone.set_listed(true, old.seller, &any(), NOW);
        assert_eq!(published, Err(ProductRefusal::NotFound));
    }

    #[test]
    fn what_an_operator_removed_is_put_back_as_a_draft_that_its_seller_publishes() {
        let old = product();
        let why = Why::parse("Unsafe").unwrap();
        let gone = old.clone().taken_down(why, stranger(), NOW);
        let back = gone.put_back(NOW);
        assert_eq!((back.status, back.version), (ProductStatus::Draft, 3));
        assert_eq!(back.moderation, None);
        assert_eq!(back.clone().put_back(NOW), back);
        let published = back.set_listed(true, old.seller, &any(), NOW).unwrap();
        assert!(published.is_listed());
        // What its seller removed stays removed.
        let removed = old.clone().remove(old.seller, &any(), NOW).unwrap();
        assert_eq!(removed.clone().put_back(NOW), removed);
    }

    #[test]
    fn its_seller_and_operators_manage_a_product() {
        let product = product();
        assert!(Viewer::User(product.seller).manages(&product));
        assert!(Viewer::Operator.manages(&product));
        assert!(!Viewer::User(stranger()).manages(&product));
        assert!(!Viewer::Anyone.manages(&product));
    }
}
