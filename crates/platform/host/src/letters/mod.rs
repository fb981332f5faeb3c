//! The dead letters of a service over HTTP, for operators: one implementation, which each service has under its own path.
//!
//! A service whose messages an in-process bus carries keeps them in its outbox. A broker keeps them in the queues of their receivers.

mod document;
mod http;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use kernel::MessageId;
use platform_http::Routes;
use store::{DeadLetter, DeadLetterPlace, DeadLetters, Store, StoreResult};

pub use document::describe;

/// The dead letters of a service.
#[derive(Clone)]
pub struct Letters {
    outbox: Store,
    /// Those of its queues, where a broker has them.
    queued: Arc<OnceLock<Arc<dyn DeadLetters>>>,
}

impl Letters {
    /// Those of the service with this store.
    #[must_use]
    pub fn of(store: Store) -> Self {
        Self {
            outbox: store,
            queued: Arc::default(),
        }
    }

    /// Adds those of its queues, once.
    #[cfg(feature = "distributed")]
    pub(crate) fn add(&self, queued: Arc<dyn DeadLetters>) {
        if self.queued.set(queued).is_err() {
            tracing::warn!("the queues of a service were added to its dead letters twice");
        }
    }

    /// A service's routes, with those of its dead letters below `path`, such as `/api/orders`.
    #[must_use]
    pub fn routes(&self, path: &'static str, own: Routes) -> Routes {
        http::routes(self.clone(), path, own)
    }

    fn places(&self) -> impl Iterator<Item = &dyn DeadLetters> {
        let outbox: &dyn DeadLetters = &self.outbox;
        std::iter::once(outbox).chain(self.queued.get().map(|queued| &**queued))
    }
}

#[async_trait]
impl DeadLetters for Letters {
    async fn dead_letters(
        &self,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> StoreResult<Vec<DeadLetter>> {
        let mut found = Vec::new();
        for place in self.places() {
            found.extend(place.dead_letters(after, most).await?);
        }
        found.sort_unstable_by_key(DeadLetter::place);
        found.truncate(most);
        Ok(found)
    }

    async fn replay(&self, message: Option<MessageId>) -> StoreResult<usize> {
        let mut replayed = 0;
        for place in self.places() {
            replayed += place.replay(message).await?;
        }
        Ok(replayed)
    }
}
