//! Changes of the tree. Each is decided on the whole tree: it stays a tree of bounded depth, names differ among siblings, slugs
//! everywhere, and no category defines an attribute that it inherits.

use std::collections::HashSet;

use kernel::CategoryId;

use crate::domain::{Attribute, AttributeKey, Category, CategoryNode, Names, Slug, VersionGuard};

use super::Tree;

/// A category to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCategory {
    /// The category to put it under. None for the root.
    pub parent: Option<CategoryId>,
    /// Its slug. None makes one of its name.
    pub slug: Option<Slug>,
    /// Its names.
    pub names: Names,
    /// The attributes that it defines.
    pub attributes: Vec<Attribute>,
}

impl NewCategory {
    pub(super) fn of_text(text: &Category) -> Self {
        Self {
            parent: None,
            slug: None,
            names: Names::undetermined(text),
            attributes: Vec::new(),
        }
    }
}

/// New values for some of a category's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CategoryEdit {
    /// Another slug.
    pub slug: Option<Slug>,
    /// All names.
    pub names: Option<Names>,
    /// All attributes that it defines. Products keep what they say of attributes that are gone.
    pub attributes: Option<Vec<Attribute>>,
    /// Another place.
    pub place: Option<Place>,
    /// Whether it is retired.
    pub retired: Option<bool>,
}

/// Where in the tree a category is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Under no other.
    Root,
    /// Under this one.
    Under(CategoryId),
}

impl From<Option<CategoryId>> for Place {
    fn from(parent: Option<CategoryId>) -> Self {
        parent.map_or(Self::Root, Self::Under)
    }
}

/// Why a category was not changed, or takes no product.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CategoryRefusal {
    /// There is no such category.
    #[error("there is no such category")]
    NotFound,
    /// There is no such category to put it under.
    #[error("there is no such parent")]
    NoParent,
    /// It or a category above it is retired.
    #[error("the category is retired")]
    Retired,
    /// Another category has the slug.
    #[error("the slug is taken")]
    SlugTaken,
    /// A category beside it has one of the names.
    #[error("a category beside it has the name")]
    NameTaken,
    /// It would be part of itself.
    #[error("a category cannot be part of itself")]
    Circle,
    /// The tree would have more levels than [`Tree::MAX_DEPTH`].
    #[error("the tree would be too deep")]
    TooDeep,
    /// There are [`Tree::MOST`] categories.
    #[error("there can be no more categories")]
    TooMany,
    /// The attribute is defined above or below it, or twice.
    #[error("the attribute {0} is defined already")]
    AttributeTaken(AttributeKey),
    /// The change was made for another version.
    #[error("the category is at version {version} now")]
    Changed {
        /// The current version.
        version: i64,
    },
}

impl Tree {
    /// The new category, with `id`.
    ///
    /// # Errors
    /// `CategoryRefusal`.
    pub fn create(
        &self,
        new: NewCategory,
        id: CategoryId,
    ) -> Result<CategoryNode, CategoryRefusal> {
        if self.nodes.len() >= Self::MOST {
            return Err(CategoryRefusal::TooMany);
        }
        let is_free = |slug: &Slug| !self.slugs.contains_key(slug);
        let slug = new
            .slug
            .unwrap_or_else(|| Slug::of(new.names.best(&[]), is_free));
        let node = CategoryNode {
            id,
            parent: new.parent,
            slug,
            names: new.names,
            attributes: new.attributes,
            retired: false,
            version: 1,
        };
        self.check(&node)?;
        Ok(node)
    }

    /// The category after `edit`. None if nothing changes.
    ///
    /// # Errors
    /// `CategoryRefusal`.
    pub fn edit(
        &self,
        id: CategoryId,
        guard: &VersionGuard,
        edit: CategoryEdit,
    ) -> Result<Option<CategoryNode>, CategoryRefusal> {
        let old = self.get(id).ok_or(CategoryRefusal::NotFound)?;
        if !guard(old.version) {
            let version = old.version;
            return Err(CategoryRefusal::Changed { version });
        }
        let node = CategoryNode {
            id,
            parent: match edit.place {
                None => old.parent,
                Some(Place::Root) => None,
                Some(Place::Under(parent)) => Some(parent),
            },
            slug: edit.slug.unwrap_or_else(|| old.slug.clone()),
            names: edit.names.unwrap_or_else(|| old.names.clone()),
            attributes: edit.attributes.unwrap_or_else(|| old.attributes.clone()),
            retired: edit.retired.unwrap_or(old.retired),
            version: old.version,
        };
        if node == *old {
            return Ok(None);
        }
        self.check(&node)?;
        Ok(Some(CategoryNode {
            version: old.version.saturating_add(1),
            ..node
        }))
    }

    /// Checks that `node` can be added, or take the place of the one with its id.
    fn check(&self, node: &CategoryNode) -> Result<(), CategoryRefusal> {
        if let Some(parent) = node.parent {
            if self.get(parent).is_none() {
                return Err(CategoryRefusal::NoParent);
            }
            if self.path(parent).any(|above| above.id == node.id) {
                return Err(CategoryRefusal::Circle);
            }
        }
        let below = self.below(Some(node.id));
        let own_depth = self.depth(Some(node.id));
        let height = |below: &&CategoryNode| self.depth(Some(below.id)).saturating_sub(own_depth);
        let height = below.iter().map(height).max().unwrap_or(0);
        if self
            .depth(node.parent)
            .saturating_add(1)
            .saturating_add(height)
            > Self::MAX_DEPTH
        {
            return Err(CategoryRefusal::TooDeep);
        }
        let owner = self.slugs.get(&node.slug);
        if owner.is_some_and(|owner| *owner != node.id) {
            return Err(CategoryRefusal::SlugTaken);
        }
        let is_beside = |other: &CategoryId| {
            *other != node.id
                && self
                    .get(*other)
                    .is_some_and(|one| one.parent == node.parent)
        };
        let mut taken = node.names.keys().filter_map(|key| self.names.get(&key));
        if taken.any(|named| named.iter().any(is_beside)) {
            return Err(CategoryRefusal::NameTaken);
        }
        self.check_attributes(node, &below)
    }

    fn check_attributes(
        &self,
        node: &CategoryNode,
        below: &[&CategoryNode],
    ) -> Result<(), CategoryRefusal> {
        let above = node.parent.map(|parent| self.attributes(parent));
        let above = above.into_iter().flatten().map(|(_, attribute)| attribute);
        let mut defined: HashSet<&AttributeKey> = above.map(|attribute| &attribute.key).collect();
        for attribute in &node.attributes {
            if !defined.insert(&attribute.key) {
                return Err(CategoryRefusal::AttributeTaken(attribute.key.clone()));
            }
        }
        let mut below = below.iter().flat_map(|node| &node.attributes);
        match below.find(|attribute| defined.contains(&attribute.key)) {
            Some(attribute) => Err(CategoryRefusal::AttributeTaken(attribute.key.clone())),
            None => Ok(()),
        }
    }
}
