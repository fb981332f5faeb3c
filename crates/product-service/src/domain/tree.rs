//! The tree of categories as a whole, at one version: what is in which category, and what its products may say of themselves.
//! [`edit`] has the changes.

mod edit;
mod place;

use std::collections::{BTreeMap, HashMap};

use kernel::{CategoryId, Invalid};

pub use edit::{CategoryEdit, CategoryRefusal, NewCategory};
pub use place::{InCategory, PlacedIn};

use super::{Attribute, AttributeKey, AttributeValue, Category, CategoryNode, Slug};

/// The values of a product's attributes.
pub type Attributes = BTreeMap<AttributeKey, AttributeValue>;

/// All categories.
#[derive(Debug, Default)]
pub struct Tree {
    version: i64,
    nodes: BTreeMap<CategoryId, CategoryNode>,
    children: HashMap<Option<CategoryId>, Vec<CategoryId>>,
    slugs: HashMap<Slug, CategoryId>,
    names: HashMap<String, Vec<CategoryId>>,
}

impl Tree {
    /// Most levels.
    pub const MAX_DEPTH: usize = 8;
    /// Most categories. It bounds what a replica keeps in memory, and the answer that has all of them.
    pub const MOST: usize = 10_000;

    /// The tree of these categories. `version` is that of the stored tree.
    #[must_use]
    pub fn new(version: i64, nodes: Vec<CategoryNode>) -> Self {
        let mut tree = Self {
            version,
            ..Self::default()
        };
        for node in nodes {
            let siblings = tree.children.entry(node.parent).or_default();
            siblings.push(node.id);
            tree.slugs.insert(node.slug.clone(), node.id);
            for key in node.names.keys() {
                let named = tree.names.entry(key).or_default();
                if !named.contains(&node.id) {
                    named.push(node.id);
                }
            }
            tree.nodes.insert(node.id, node);
        }
        for siblings in tree.children.values_mut() {
            siblings.sort();
        }
        tree
    }

    /// Increases with every change of a category.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// The category `id`.
    #[must_use]
    pub fn get(&self, id: CategoryId) -> Option<&CategoryNode> {
        self.nodes.get(&id)
    }

    /// The category that `asked` is the id or the slug of.
    #[must_use]
    pub fn addressed(&self, asked: &str) -> Option<&CategoryNode> {
        match asked.parse() {
            Ok(id) => self.get(id),
            Err(_) => self.get(*self.slugs.get(&Slug::parse(asked).ok()?)?),
        }
    }

    /// The category and those above it, up to the root.
    pub fn path(&self, id: CategoryId) -> impl Iterator<Item = &CategoryNode> {
        let first = self.get(id);
        std::iter::successors(first, |node| self.get(node.parent?)).take(self.nodes.len())
    }

    /// Whether no products may be added to the category: it or one above it is retired.
    #[must_use]
    pub fn is_retired(&self, id: CategoryId) -> bool {
        self.path(id).any(|node| node.retired)
    }

    /// The attributes of the category: those it inherits, from the root down, then its own.
    #[must_use]
    pub fn attributes(&self, id: CategoryId) -> Vec<(&CategoryNode, &Attribute)> {
        let mut path: Vec<_> = self.path(id).collect();
        path.reverse();
        let all = path.into_iter();
        all.flat_map(|node| node.attributes.iter().map(move |one| (node, one)))
            .collect()
    }

    /// All categories, each before those below it, which follow it in the order of their age.
    #[must_use]
    pub fn walk(&self) -> Vec<&CategoryNode> {
        self.below(None)
    }

    /// The category and all below it.
    #[must_use]
    pub fn with_descendants(&self, id: CategoryId) -> Vec<CategoryId> {
        let below = self.below(Some(id));
        let below = below.into_iter().map(|node| node.id);
        std::iter::once(id).chain(below).collect()
    }

    fn below(&self, id: Option<CategoryId>) -> Vec<&CategoryNode> {
        let children = |id: Option<CategoryId>| {
            let ids = self.children.get(&id).map(Vec::as_slice);
            ids.unwrap_or_default().iter().rev().copied()
        };
        let mut found = Vec::new();
        let mut open: Vec<CategoryId> = children(id).collect();
        while let Some(next) = open.pop() {
            found.extend(self.get(next));
            open.extend(children(Some(next)));
        }
        found
    }

    /// How many levels there are from the root to the category.
    fn depth(&self, id: Option<CategoryId>) -> usize {
        id.map_or(0, |id| self.path(id).count())
    }

    /// The categories that `asked` names: by id, by slug, or else by name, which may be that of several.
    fn named(&self, asked: &Category) -> Vec<CategoryId> {
        if let Some(node) = self.addressed(asked.as_str()) {
            return vec![node.id];
        }
        self.names.get(&asked.key()).cloned().unwrap_or_default()
    }

    /// The categories that each of `asked` names, and all below them.
    #[must_use]
    pub fn asked(&self, asked: &[Category]) -> Vec<CategoryId> {
        let named = asked.iter().flat_map(|one| self.named(one));
        let mut all: Vec<_> = named.flat_map(|id| self.with_descendants(id)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// What is wrong with `attributes` of a product in the category, by key. A category that is not there yet has no attributes.
    #[must_use]
    pub fn faults(&self, id: CategoryId, attributes: &Attributes) -> Vec<(AttributeKey, Invalid)> {
        if attributes.is_empty() {
            return Vec::new();
        }
        let defined = self.attributes(id);
        let check = |key: &AttributeKey, value| {
            let Some((_, attribute)) = defined.iter().find(|(_, one)| one.key == *key) else {
                let detail = "is not an attribute of the product's category";
                return Err(Invalid::new("unknown_attribute", detail));
            };
            attribute.kind.check(value)
        };
        attributes
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), check(key, value).err()?)))
            .collect()
    }

    /// The definitions of `key` anywhere in the tree.
    pub fn definitions<'a>(
        &'a self,
        key: &'a AttributeKey,
    ) -> impl Iterator<Item = &'a Attribute> + use<'a> {
        let all = self.nodes.values().flat_map(|node| &node.attributes);
        all.filter(move |attribute| attribute.key == *key)
    }
}

#[cfg(test)]
mod tests;
