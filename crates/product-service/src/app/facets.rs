//! The index of active products that each replica keeps in memory once a list needs it: see [`Index`].
//!
//! It follows the store. A product that this replica saves is marked, and read again before the index is next used, so a client
//! finds what it has just saved. Changes of other replicas are visible within [`TICK`]. A write whose caller disconnected early may be
//! visible only after [`ABANDONED`].

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use kernel::ProductId;
use store::{Kind, Observer, Record as _, Store, StoreError, StoreResult, WriteNumber};
use tokio::sync::Semaphore;

use crate::domain::{Index, Product};
use crate::store::{Changes, Queries};

/// How long what other replicas save may be unknown here.
const TICK: Duration = Duration::from_millis(500);

/// How long after its start a write is over for certain.
const ABANDONED: Duration = Duration::from_secs(15);

/// How many products are read one by one at least.
const MANY: usize = 1000;

/// How many use the index at once: more would not be faster, and would keep the processors from everything else.
const AT_ONCE: usize = 2;

/// The index, and what it has to read anew. Cheap to clone; clones share it.
#[derive(Clone)]
pub(crate) struct FacetIndex(Arc<Inner>);

struct Inner {
    marks: Mutex<Marks>,
    /// Held while the index is brought up to date, so that others wait for what is being read.
    following: tokio::sync::Mutex<Following>,
    index: RwLock<Index>,
    turns: Semaphore,
}

#[derive(Default)]
struct Following {
    is_loaded: bool,
    /// What other replicas save.
    changes: Option<Box<dyn Changes>>,
    /// When it was last asked for.
    heard: Option<Instant>,
}

#[derive(Default)]
struct Marks {
    /// Whether the index is loaded, or being loaded.
    is_wanted: bool,
    /// What each write that has not ended saves, whether or not the index is wanted: it may be when they end, and when it first did.
    open: HashMap<WriteNumber, (Instant, Vec<ProductId>)>,
    /// What has to be read anew.
    stale: HashSet<ProductId>,
}

impl Default for FacetIndex {
    fn default() -> Self {
        Self(Arc::new(Inner {
            marks: Mutex::default(),
            following: tokio::sync::Mutex::default(),
            index: RwLock::default(),
            turns: Semaphore::new(AT_ONCE),
        }))
    }
}

impl Observer for FacetIndex {
    fn kind(&self) -> Kind {
        Kind::of::<Product>()
    }

    fn saves(&self, write: WriteNumber, record: &store::AnyRecord) {
        let Some(product) = record.downcast_ref::<Product>() else {
            return;
        };
        let mut marks = self.marks();
        let now = Instant::now();
        let (_, products) = marks.open.entry(write).or_insert_with(|| (now, Vec::new()));
        products.push(product.key());
        if marks.open.len().is_multiple_of(1024) {
            marks.give_up();
        }
    }

    fn ended(&self, write: WriteNumber) {
        let mut marks = self.marks();
        if let Some((_, products)) = marks.open.remove(&write) {
            marks.mark(products);
        }
    }
}

impl Marks {
    fn mark(&mut self, products: Vec<ProductId>) {
        if self.is_wanted {
            self.stale.extend(products);
        }
    }

    /// Marks what abandoned writes saved that are over.
    fn give_up(&mut self) {
        let open = self
            .open
            .extract_if(|_, (begun, _)| begun.elapsed() > ABANDONED);
        let abandoned = open.flat_map(|(_, (_, products))| products).collect();
        self.mark(abandoned);
    }

    /// What has to be read anew now.
    fn take(&mut self) -> Vec<ProductId> {
        self.give_up();
        self.stale.drain().collect()
    }
}

impl FacetIndex {
    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.0.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn len(&self) -> usize {
        let index = self.0.index.read();
        index.unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Runs `read` on the index, which has everything that was saved before the call by this replica. Loads it at first.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        store: &Store,
        queries: &dyn Queries,
        read: impl FnOnce(&Index) -> T + Send + 'static,
    ) -> StoreResult<T> {
        self.follow(store, queries).await?;
        let turn = self.0.turns.acquire().await;
        let index = self.0.clone();
        let value = tokio::task::spawn_blocking(move || {
            read(&index.index.read().unwrap_or_else(PoisonError::into_inner))
        });
        let value = value.await;
        drop(turn);
        value.map_err(|error| StoreError::Unavailable(format!("counting broke off: {error}")))
    }

    async fn follow(&self, store: &Store, queries: &dyn Queries) -> StoreResult<()> {
        let mut following = self.0.following.lock().await;
        if following.is_loaded && self.hear(&mut following).await.is_err() {
            // Something may have been missed.
            *following = Following::default();
        }
        if !following.is_loaded {
            self.load(&mut following, store, queries).await?;
        }
        self.catch_up(&mut following, store, queries).await
    }

    /// Marks what other replicas saved.
    async fn hear(&self, following: &mut Following) -> StoreResult<()> {
        let is_due = following.heard.is_none_or(|heard| heard.elapsed() >= TICK);
        if let Some(changes) = following.changes.as_mut().filter(|_| is_due) {
            let changed = changes.next().await;
            if let Err(error) = &changed {
                tracing::warn!(%error, "the index of facets lost track and is loaded again");
            }
            self.marks().stale.extend(changed?);
            following.heard = Some(Instant::now());
        }
        Ok(())
    }

    /// Reads all products. What is saved meanwhile is marked.
    async fn load(
        &self,
        following: &mut Following,
        store: &Store,
        queries: &dyn Queries,
    ) -> StoreResult<()> {
        following.is_loaded = false;
        self.marks().is_wanted = true;
        let begun = Instant::now();
        following.changes = queries.changes().await?;
        let mut index = Index::default();
        let mut scan = store.scan(Kind::of::<Product>(), None)?;
        while let Some(batch) = scan.next().await? {
            for record in batch {
                index.keep(&*store::record_of::<Product>(record)?);
            }
        }
        let (products, took) = (index.len(), begun.elapsed());
        tracing::info!(products, ?took, "the index of facets is loaded");
        *self.0.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        following.is_loaded = true;
        Ok(())
    }

    /// Reads what is marked.
    async fn catch_up(
        &self,
        following: &mut Following,
        store: &Store,
        queries: &dyn Queries,
    ) -> StoreResult<()> {
        let stale = self.marks().take();
        if stale.is_empty() {
            return Ok(());
        }
        // To read all of them is faster then than to read each.
        if stale.len() > MANY.max(self.len() / 8) {
            return self.load(following, store, queries).await;
        }
        let found = match store.get_many::<Product>(&stale).await {
            Ok(found) => found,
            Err(error) => {
                self.marks().stale.extend(stale);
                return Err(error);
            }
        };
        let is_worn = {
            let mut index = self.0.index.write().unwrap_or_else(PoisonError::into_inner);
            for product in found {
                index.keep(&product);
            }
            index.is_worn()
        };
        if is_worn {
            self.load(following, store, queries).await?;
        }
        Ok(())
    }
}
