//! The readers: a few threads, each with a connection that cannot write.
//!
//! Threads of our own rather than the runtime's blocking pool: their statements stay prepared, their number bounds the
//! memory of page caches, and a full queue is an answer instead of a pile-up.

use std::path::Path;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::files::open_read_only;
use crate::store::{StoreError, StoreResult};

const THREADS: usize = 2;
const QUEUE: usize = 4096;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

pub(super) struct Readers {
    queue: Sender<Job>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> StoreResult<Self> {
        let (queue, jobs) = crossbeam_channel::bounded(QUEUE);
        for number in 0..THREADS {
            let connection = open_read_only(path)?;
            let jobs: Receiver<Job> = jobs.clone();
            let name = path
                .file_stem()
                .map_or_else(|| "store".into(), |stem| stem.to_string_lossy());
            std::thread::Builder::new()
                .name(format!("{name}-read{number}"))
                .spawn(move || serve(connection, &jobs))
                .map_err(|error| StoreError::Unavailable(format!("reader thread: {error}")))?;
        }
        Ok(Self { queue })
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
        self.queue.try_send(job).map_err(|error| {
            E::from(StoreError::Unavailable(match error {
                TrySendError::Full(_) => "the read queue is full".to_owned(),
                TrySendError::Disconnected(_) => "the readers have stopped".to_owned(),
            }))
        })?;
        answered.await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable("the read was given up".to_owned()).into())
        })
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
