//! The tree of categories, as each replica remembers it. A change that this replica makes is seen here at once, that of another one
//! after [`FRESH`]. Whatever is decided on the tree in order to write is decided on the stored one: see [`is_current`] and [`advance`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use store::{Store, StoreError, StoreResult, Tx};

use super::App;
use crate::domain::{CategoryNode, Tree};
use crate::records::TreeVersion;
use crate::store::Queries;

/// How long the tree is taken for the stored one without asking.
const FRESH: Duration = Duration::from_secs(1);

/// How often a decision is made again because the tree changed meanwhile.
pub(super) const TRIES: usize = 10;

/// Remembers the tree. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub(crate) struct Trees {
    fresh: Cache<(), Arc<Tree>>,
    last: Arc<Mutex<Last>>,
}

#[derive(Default)]
struct Last {
    /// The newest tree that was read.
    tree: Arc<Tree>,
    /// The least version that is known to be stored.
    floor: i64,
}

impl Default for Trees {
    fn default() -> Self {
        Self {
            fresh: Cache::builder().time_to_live(FRESH).build(),
            last: Arc::default(),
        }
    }
}

impl Trees {
    /// The tree, for reads.
    pub(crate) async fn recent(
        &self,
        store: &Store,
        queries: &dyn Queries,
    ) -> StoreResult<Arc<Tree>> {
        match self.fresh.get(&()) {
            Some(tree) => Ok(tree),
            None => self.stored(store, queries).await,
        }
    }

    /// The tree as it is stored.
    pub(crate) async fn stored(
        &self,
        store: &Store,
        queries: &dyn Queries,
    ) -> StoreResult<Arc<Tree>> {
        let version = store.get::<TreeVersion>(&TreeVersion::KEY).await?;
        let version = version.map_or(0, |stored| stored.version);
        let known = self.last().tree.clone();
        let tree = if known.version() == version {
            known
        } else {
            // Categories that are newer than the version do no harm: a decision on them finds that the version has changed.
            Arc::new(Tree::new(version, queries.categories().await?))
        };
        let mut last = self.last();
        // Another read may have been faster.
        if tree.version() >= last.tree.version().max(last.floor) {
            last.tree = tree.clone();
            self.fresh.insert((), tree.clone());
        }
        Ok(tree)
    }

    /// The stored tree is at `version` at least.
    pub(super) fn is_at(&self, version: i64) {
        let mut last = self.last();
        last.floor = last.floor.max(version);
        self.fresh.invalidate(&());
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the stored tree is still `tree`.
pub(super) fn is_current(tx: &mut Tx<'_>, tree: &Tree) -> StoreResult<bool> {
    let stored = tx.get::<TreeVersion>(&TreeVersion::KEY)?;
    Ok(stored.map_or(0, |stored| stored.version) == tree.version())
}

/// Makes this transaction the one that changes `tree`, to the version after it. False if the stored tree is another one by now.
pub(super) fn advance(tx: &mut Tx<'_>, tree: &Tree) -> StoreResult<bool> {
    let is_current = is_current(tx, tree)?;
    if is_current {
        tx.put(TreeVersion::new(next(tree)))?;
    }
    Ok(is_current)
}

/// The version after `tree`.
pub(super) fn next(tree: &Tree) -> i64 {
    tree.version().saturating_add(1)
}

/// Adds a category to `tree`, which is the stored one, if there is one to add.
pub(super) fn add_category(
    tx: &mut Tx<'_>,
    tree: &Tree,
    new: Option<CategoryNode>,
) -> StoreResult<()> {
    if let Some(node) = new {
        tx.put(TreeVersion::new(next(tree)))?;
        tx.insert(node)?;
    }
    Ok(())
}

/// The trees on which a decision is made, until it is made on the stored one: first the remembered one, then that of the store.
pub(super) struct Turns<'a> {
    app: &'a App,
    taken: usize,
}

impl<'a> Turns<'a> {
    pub(super) const fn of(app: &'a App) -> Self {
        Self { app, taken: 0 }
    }

    /// The next tree to decide on.
    pub(super) async fn next(&mut self) -> StoreResult<Arc<Tree>> {
        let App { trees, store, .. } = self.app;
        let queries = &*self.app.queries;
        self.taken = self.taken.saturating_add(1);
        match self.taken {
            1 => trees.recent(store, queries).await,
            2..=TRIES => trees.stored(store, queries).await,
            _ => Err(restless()),
        }
    }

    /// The outcome, if it stands. None, for a tree that is no longer the stored one, does not; nor does a refusal on a remembered one.
    pub(super) fn settle<T, E>(&self, outcome: Option<Result<T, E>>) -> Option<Result<T, E>> {
        outcome.filter(|outcome| outcome.is_ok() || self.taken > 1)
    }
}

/// The error of a decision that could not be made in [`TRIES`].
pub(super) fn restless() -> StoreError {
    StoreError::Conflict("the categories keep changing".to_owned())
}
