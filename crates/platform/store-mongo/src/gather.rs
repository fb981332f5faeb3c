//! Reads of single rows that come at the same time share a query, as writes share a commit: to the server one more key in a query is
//! a few microseconds, one more query is a hundred.
//!
//! A read that comes while fewer than [`QUERIES`] are on their way goes at once, so a quiet store answers no later than without this.
//! Those that come meanwhile wait for the next query, which begins after they have come: nobody is told what is older than their own
//! request. The technique is that of [DataLoader](https://github.com/graphql/dataloader), without its cache.

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
use telemetry::metrics::GetSizes;

/// Queries of one collection that are on their way at the same time. One more than is being worked on here, so that the server does
/// not wait for us; each further one makes the batches smaller.
const QUERIES: usize = 2;

/// Most keys of one query. Its answer, of rows of a few kilobytes, is one message of the server.
const KEYS: usize = 128;

/// How long a query may take, with the search for a server that answers it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A row as the server sent it; several may have asked for it.
type Answer = StoreResult<Option<Arc<RawDocumentBuf>>>;

/// A row that somebody waits for.
struct Wanted {
    key: Bson,
    readers: Vec<oneshot::Sender<Answer>>,
}

/// The reads of one collection.
#[derive(Default)]
struct Queue {
    /// By the bytes of the key.
    waiting: HashMap<Vec<u8>, Wanted>,
    under_way: usize,
}

/// The reads of one database.
pub(super) struct Gather {
    link: Arc<Link>,
    queues: Mutex<HashMap<&'static str, Queue>>,
    sizes: GetSizes,
    /// Where the driver's connections are served. An answer that is taken there, and not on the thread of whoever asked, wakes that
    /// thread once for all that it brings.
    runtime: Handle,
}

impl Gather {
    /// Has to be called on a tokio runtime.
    pub(super) fn new(link: Arc<Link>, sizes: GetSizes) -> Arc<Self> {
        Arc::new(Self {
            link,
            queues: Mutex::default(),
            sizes,
            runtime: Handle::current(),
        })
    }

    /// The row of `collection` with this key, as a majority has it.
    pub(super) async fn get(self: &Arc<Self>, collection: &'static str, key: Bson) -> Answer {
        let (reader, answer) = oneshot::channel();
        if let Some(slot) = self.want(collection, key, reader) {
            self.runtime.spawn(slot.work());
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the store was closed".to_owned())))
    }

    /// Takes a place in the queue and, if a query may begin, the right to begin it.
    fn want(
        self: &Arc<Self>,
        collection: &'static str,
        key: Bson,
        reader: oneshot::Sender<Answer>,
    ) -> Option<Slot> {
        let mut queues = self.lock();
        let queue = queues.entry(collection).or_default();
        match queue.waiting.entry(value_bytes(&key)) {
            Entry::Occupied(known) => known.into_mut().readers.push(reader),
            Entry::Vacant(new) => {
                new.insert(Wanted {
                    key,
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
        // Each change of a queue is whole before anything can panic.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows with these keys, by the bytes of their keys.
    async fn query(
        &self,
        collection: &'static str,
        keys: Vec<Bson>,
    ) -> StoreResult<HashMap<Vec<u8>, Arc<RawDocumentBuf>>> {
        let mut rows = HashMap::with_capacity(keys.len());
        // One more than can be found: the first batch ends the cursor.
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

/// The right to have a query on its way.
struct Slot {
    gather: Arc<Gather>,
    collection: &'static str,
    is_given_back: bool,
}

impl Slot {
    /// Reads what is waited for until nothing is.
    async fn work(mut self) {
        while let Some(wanted) = self.take() {
            let keys: Vec<Bson> = wanted.values().map(|wanted| wanted.key.clone()).collect();
            self.gather.sizes.asked_for(keys.len());
            let asked = self.gather.query(self.collection, keys);
            let found = tokio::time::timeout(PATIENCE, asked)
                .await
                .unwrap_or_else(|_| Err(StoreError::Unavailable("no answer in time".to_owned())));
            for (key, wanted) in wanted {
                let answer = match &found {
                    Ok(rows) => Ok(rows.get(&key).cloned()),
                    Err(error) => Err(error.clone()),
                };
                for reader in wanted.readers {
                    // Whoever asked may be gone.
                    drop(reader.send(answer.clone()));
                }
            }
        }
    }

    /// What the next query is to read. Those who went away meanwhile are not read for. If there is nothing, the right is given back
    /// before anybody else can come and rely on it.
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
        if queue.waiting.len() <= KEYS {
            return Some(std::mem::take(&mut queue.waiting));
        }
        let keys: Vec<Vec<u8>> = queue.waiting.keys().take(KEYS).cloned().collect();
        Some(
            keys.into_iter()
                .filter_map(|key| queue.waiting.remove_entry(&key))
                .collect(),
        )
    }
}

impl Drop for Slot {
    /// A query that was cut off, by a panic or the end of the runtime, holds no place.
    fn drop(&mut self) {
        if !self.is_given_back
            && let Some(queue) = self.gather.lock().get_mut(self.collection)
        {
            queue.under_way -= 1;
        }
    }
}

/// One key is asked for by itself: the server then walks no plan at all.
fn by_key(mut keys: Vec<Bson>) -> Document {
    match keys.pop() {
        Some(only) if keys.is_empty() => doc! { "_id": only },
        last => {
            keys.extend(last);
            doc! { "_id": { "$in": keys } }
        }
    }
}
