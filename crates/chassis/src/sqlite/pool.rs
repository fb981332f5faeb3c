//! The readers: a few threads, each with a connection that cannot write.
//!
//! Threads of our own rather than the runtime's blocking pool: their statements stay prepared, their number bounds the
//! memory of page caches, and a full queue is an answer instead of a pile-up.

use std::path::Path;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::files::open_read_only;
use crate::store::{StoreError, StoreResult};

const THREADS: usize = 2;
const QUEUE: usize = 4096;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

pub(super) struct Readers {
    queue: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> StoreResult<Self> {
        let (queue, jobs) = crossbeam_channel::bounded(QUEUE);
        let mut threads = Vec::with_capacity(THREADS);
        for number in 0..THREADS {
            let connection = open_read_only(path)?;
            let jobs: Receiver<Job> = jobs.clone();
            let name = path
                .file_stem()
                .map_or_else(|| "store".into(), |stem| stem.to_string_lossy());
            let thread = std::thread::Builder::new()
                .name(format!("{name}-read{number}"))
                .spawn(move || serve(connection, &jobs))
                .map_err(|error| StoreError::Unavailable(format!("reader thread: {error}")))?;
            threads.push(thread);
        }
        Ok(Self {
            queue: Some(queue),
            threads,
        })
    }

    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let outcome = connection
                .transaction_with_behavior(TransactionBehavior::Deferred)
                .map_err(|error| E::from(StoreError::from(error)))
                .and_then(|transaction| work(&transaction));
            // The caller may have gone away; a read leaves nothing behind.
            drop(answer.send(outcome));
        });
        match self.queue.as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => {}
            Some(Err(TrySendError::Full(_))) => {
                return Err(StoreError::Unavailable("the read queue is full".to_owned()).into());
            }
            Some(Err(TrySendError::Disconnected(_))) | None => {
                return Err(StoreError::Unavailable("the readers have stopped".to_owned()).into());
            }
        }
        answered.await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable("the read was given up".to_owned()).into())
        })
    }
}

impl Drop for Readers {
    /// Waits until the connections are closed: the last one of a file folds its log into it.
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a store's reader thread panicked");
            }
        }
    }
}

fn serve(mut connection: Connection, jobs: &Receiver<Job>) {
    for job in jobs {
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut connection)));
        if run.is_err() {
            tracing::error!("a read panicked");
        }
    }
}
