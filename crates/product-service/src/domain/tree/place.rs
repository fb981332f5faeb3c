//! Where a product belongs in the tree.

use kernel::CategoryId;

use super::{CategoryRefusal, NewCategory, Tree};
use crate::domain::{Category, CategoryNode, Product};

/// The category that a seller names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InCategory {
    /// By its id.
    Id(CategoryId),
    /// By a name.
    Named(Category),
}

impl From<Category> for InCategory {
    fn from(name: Category) -> Self {
        Self::Named(name)
    }
}

/// The category that a product is put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedIn {
    /// Its id.
    pub id: CategoryId,
    /// What the seller called it, or what it is called.
    pub name: Category,
    /// The category itself, if it has to be created.
    pub new: Option<CategoryNode>,
}

impl Tree {
    /// The category that `asked` names. A name leads to the category of that name that takes products and is nearest to the root, the oldest
    /// of several, or else to a new one at the root with the id `new`.
    ///
    /// # Errors
    /// `NotFound` for an unknown id; `Retired` if no category of that id or name takes products; `TooMany` if no new one may be created.
    pub fn place(&self, asked: &InCategory, new: CategoryId) -> Result<PlacedIn, CategoryRefusal> {
        let name = match asked {
            InCategory::Named(name) => name,
            InCategory::Id(id) => {
                let node = self.get(*id).ok_or(CategoryRefusal::NotFound)?;
                if self.is_retired(*id) {
                    return Err(CategoryRefusal::Retired);
                }
                return Ok(PlacedIn {
                    id: *id,
                    name: Category::stored(node.names.best(&[]).to_owned()),
                    new: None,
                });
            }
        };
        let named = self.names.get(&name.key()).map(Vec::as_slice);
        let named = named.unwrap_or_default();
        let open = named.iter().filter(|id| !self.is_retired(**id));
        let (id, new) = match open.min_by_key(|id| (self.depth(Some(**id)), **id)) {
            Some(id) => (*id, None),
            None if named.is_empty() => {
                let node = self.create(NewCategory::of_text(name), new)?;
                (node.id, Some(node))
            }
            None => return Err(CategoryRefusal::Retired),
        };
        Ok(PlacedIn {
            id,
            name: name.clone(),
            new,
        })
    }

    /// The same for a product that is in a category already. It may stay there even if that takes no products any more.
    ///
    /// # Errors
    /// As [`Tree::place`].
    pub fn place_anew(
        &self,
        product: &Product,
        asked: &InCategory,
        new: CategoryId,
    ) -> Result<PlacedIn, CategoryRefusal> {
        let name = match asked {
            InCategory::Id(id) if *id == product.category_id => &product.category,
            InCategory::Named(name) if name.key() == product.category.key() => name,
            InCategory::Id(_) | InCategory::Named(_) => return self.place(asked, new),
        };
        Ok(PlacedIn {
            id: product.category_id,
            name: name.clone(),
            new: None,
        })
    }
}
