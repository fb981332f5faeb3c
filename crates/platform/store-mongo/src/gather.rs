//! Concurrent reads of single rows share a query, as writes share a commit. To the server, one more key in a query costs a few
//! microseconds; one more query costs a hundred.
//!
//! A read that arrives while fewer than [`QUERIES`] are in flight is sent at once, so a quiet store answers as fast as without batching.
//! Later reads wait for the next query. That query begins after they arrived, so no reader gets data older than its own request. The
//! technique is that of [DataLoader](https://github.com/graphql/dataloader), without its cache.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mongodb::bson::raw::RawDocumentBuf;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReadConcern;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::codec::{id_bytes, value_bytes};
use super::link::{Link, READ_LIMIT};
use store::{StoreError, StoreResult};
use telemetry::metrics::Sizes;

/// Queries of one collection in flight at once. One more than we process at a time, so that the server does not wait for us; each further
/// one makes the batches smaller.
const QUERIES: usize = 2;

/// Maximum number of reads in one query. With rows of a few kilobytes, the answer fits one message of the server.
const READS: usize = 128;

/// Timeout for a query, including server selection.
const PATIENCE: Duration = Duration::from_secs(5);

/// A row as the server sent it, possibly for several readers.
type Row = Arc<RawDocumentBuf>;

/// For each key that was asked for, in order.
type Answer = StoreResult<Vec<Option<Row>>>;

/// Rows that belong together, with waiting readers. They are read by one query.
struct Wanted {
    keys: Vec<Bson>,
    readers: Vec<oneshot::Sender<Answer>>,
}

/// The reads of one collection.
#[derive(Default)]
struct Queue {
    /// By the bytes of the keys.
    waiting: HashMap<Vec<u8>, Wanted>,
    under_way: usize,
}

/// The reads of one database.
pub(super) struct Gather {
    link: Arc<Link>,
    queues: Mutex<HashMap<&'static str, Queue>>,
    sizes: Sizes,
    /// The runtime that serves the driver's connections. An answer received there, and not on the reader's thread, wakes that thread once
    /// for everything the answer contains.
    runtime: Handle,
}

impl Gather {
    /// Must be called on a tokio runtime.
    pub(super) fn new(link: Arc<Link>, sizes: Sizes) -> Arc<Self> {
        Arc::new(Self {
            link,
            queues: Mutex::default(),
            sizes,
            runtime: Handle::current(),
        })
    }

    /// The majority-committed row of `collection` with this key.
    pub(super) async fn get(
        self: &Arc<Self>,
        collection: &'static str,
        key: Bson,
    ) -> StoreResult<Option<Row>> {
        let rows = self.get_together(collection, vec![key]).await?;
        Ok(rows.into_iter().next().flatten())
    }

    /// The majority-committed rows of `collection` with these keys, by one query.
    pub(super) async fn get_together(
        self: &Arc<Self>,
        collection: &'static str,
        keys: Vec<Bson>,
    ) -> Answer {
        let (reader, answer) = oneshot::channel();
        if let Some(slot) = self.want(collection, keys, reader) {
            self.runtime.spawn(slot.work());
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the store was closed".to_owned())))
    }

    /// Queues the read. Returns a slot for a query if one may begin.
    fn want(
        self: &Arc<Self>,
        collection: &'static str,
        keys: Vec<Bson>,
        reader: oneshot::Sender<Answer>,
    ) -> Option<Slot> {
        let mut queues = self.lock();
        let queue = queues.entry(collection).or_default();
        match queue
            .waiting
            .entry(keys.iter().flat_map(value_bytes).collect())
        {
            Entry::Occupied(known) => known.into_mut().readers.push(reader),
            Entry::Vacant(new) => {
                new.insert(Wanted {
                    keys,
                    readers: vec![reader],
                });
            }
        }
        if queue.under_way == QUERIES {
            return None;
        }
        queue.under_way += 1;
        Some(Slot {
            gather: self.clone(),
            collection,
            is_given_back: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Queue>> {
        // No panic can interrupt a change of a queue, so its state is always consistent.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows with these keys, by the bytes of their keys.
    async fn query(
        &self,
        collection: &'static str,
        keys: Vec<Bson>,
    ) -> StoreResult<HashMap<Vec<u8>, Row>> {
        let mut rows = HashMap::with_capacity(keys.len());
        // One more than can be found, so that the first batch exhausts the cursor.
        let batch = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let mut found = self
            .link
            .database()
            .await?
            .collection::<RawDocumentBuf>(collection)
            .find(by_key(keys))
            .batch_size(batch.saturating_add(1))
            .read_concern(ReadConcern::majority())
            .max_time(READ_LIMIT)
            .await?;
        while found.advance().await? {
            let row = found.current();
            rows.insert(id_bytes(collection, row)?, Arc::new(row.to_owned()));
        }
        Ok(rows)
    }
}

/// Permission to have one query in flight.
struct Slot {
    gather: Arc<Gather>,
    collection: &'static str,
    is_given_back: bool,
}

impl Slot {
    /// Runs queries until no reads are queued.
    async fn work(mut self) {
        while let Some(wanted) = self.take() {
            let keys = wanted.values().flat_map(|wanted| wanted.keys.clone());
            let keys: Vec<Bson> = keys.collect();
            self.gather.sizes.observe(keys.len());
            let asked = self.gather.query(self.collection, keys);
            let found = tokio::time::timeout(PATIENCE, asked)
                .await
                .unwrap_or_else(|_| Err(StoreError::Unavailable("no answer in time".to_owned())));
            for wanted in wanted.into_values() {
                let answer = match &found {
                    Ok(rows) => {
                        let row = |key| rows.get(&value_bytes(key)).cloned();
                        Ok(wanted.keys.iter().map(row).collect())
                    }
                    Err(error) => Err(error.clone()),
                };
                for reader in wanted.readers {
                    // The reader may be gone.
                    drop(reader.send(answer.clone()));
                }
            }
        }
    }

    /// What the next query must read, without the keys of readers that have gone. If there is nothing, the slot is released before
    /// another reader can queue and rely on it.
    fn take(&mut self) -> Option<HashMap<Vec<u8>, Wanted>> {
        let mut queues = self.gather.lock();
        let queue = queues.entry(self.collection).or_default();
        queue.waiting.retain(|_, wanted| {
            wanted.readers.retain(|reader| !reader.is_closed());
            !wanted.readers.is_empty()
        });
        if queue.waiting.is_empty() {
            queue.under_way -= 1;
            self.is_given_back = true;
            return None;
        }
        if queue.waiting.len() <= READS {
            return Some(std::mem::take(&mut queue.waiting));
        }
        let keys: Vec<Vec<u8>> = queue.waiting.keys().take(READS).cloned().collect();
        Some(
            keys.into_iter()
                .filter_map(|key| queue.waiting.remove_entry(&key))
                .collect(),
        )
    }
}

impl Drop for Slot {
    /// Releases the slot of a query that was interrupted by a panic or by the end of the runtime.
    fn drop(&mut self) {
        if !self.is_given_back
            && let Some(queue) = self.gather.lock().get_mut(self.collection)
        {
            queue.under_way -= 1;
        }
    }
}

/// A single key is matched by equality: the server then skips query planning.
fn by_key(mut keys: Vec<Bson>) -> Document {
    match keys.pop() {
        Some(only) if keys.is_empty() => doc! { "_id": only },
        last => {
            keys.extend(last);
            doc! { "_id": { "$in": keys } }
        }
    }
}
