//! The readers: a few threads, each with a read-only connection.
//!
//! These are our own threads rather than the runtime's blocking pool. Their statements stay prepared, their number bounds the memory of
//! page caches, and a full queue gives an error instead of a growing backlog. A read whose caller has gone away is skipped. A read that
//! takes too long is interrupted, so that no query can block the others indefinitely.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::files::open_read_only;
use store::{StoreError, StoreResult};
use telemetry::metrics::{Read, ReadTimes, StoreWatch};

const THREADS: usize = 3;
const QUEUE: usize = 4096;
/// Time limit for one read job.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// Steps of SQLite's virtual machine between two checks of the clock: well below a millisecond.
const STEPS: i32 = 10_000;

thread_local! {
    /// Deadline of the job running on this reader thread.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

pub(super) struct Readers {
    queue: Option<Arc<Sender<Job>>>,
    times: ReadTimes,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(path: &Path, watch: &StoreWatch) -> StoreResult<Self> {
        let (queue, jobs) = crossbeam_channel::bounded(QUEUE);
        let mut threads = Vec::with_capacity(THREADS);
        for number in 0..THREADS {
            let connection = open_read_only(path)?;
            connection.progress_handler(STEPS, Some(is_too_late))?;
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
        let queue = Arc::new(queue);
        let waiting = Arc::downgrade(&queue);
        watch.queue("read", QUEUE, move || Some(waiting.upgrade()?.len()));
        Ok(Self {
            queue: Some(queue),
            times: watch.reads(),
            threads,
        })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        kind: Read,
        work: impl FnOnce(&Transaction<'_>) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let begun = Instant::now();
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if answer.is_closed() {
                return;
            }
            let outcome = connection
                .transaction_with_behavior(TransactionBehavior::Deferred)
                .map_err(StoreError::from)
                .and_then(|transaction| work(&transaction));
            // The caller may have gone away; a read has no effects to undo.
            drop(answer.send(outcome));
        });
        match self.queue.as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => {}
            Some(Err(TrySendError::Full(_))) => {
                return Err(StoreError::Unavailable("the read queue is full".to_owned()));
            }
            Some(Err(TrySendError::Disconnected(_))) | None => {
                return Err(StoreError::Unavailable(
                    "the readers have stopped".to_owned(),
                ));
            }
        }
        let outcome = answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the read was given up".to_owned())));
        self.times.took(kind, begun.elapsed());
        outcome
    }
}

impl Drop for Readers {
    /// Waits until the connections are closed: the last one of a file checkpoints its log.
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a store's reader thread panicked");
            }
        }
    }
}

/// Called by SQLite during a statement; true interrupts it.
fn is_too_late() -> bool {
    DEADLINE
        .get()
        .is_some_and(|deadline| Instant::now() > deadline)
}

fn serve(mut connection: Connection, jobs: &Receiver<Job>) {
    for job in jobs {
        DEADLINE.set(Instant::now().checked_add(TIME_LIMIT));
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut connection)));
        if run.is_err() {
            tracing::error!("a read panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::Sqlite;
    use telemetry::metrics::StoreMetrics;

    const ENDLESS: &str =
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

    fn open(dir: &tempfile::TempDir) -> Sqlite {
        Sqlite::open(
            &dir.path().join("t.db"),
            &[],
            crate::Records::default(),
            &StoreMetrics::default(),
        )
        .unwrap()
    }

    async fn number(store: &Sqlite, sql: &'static str) -> StoreResult<i64> {
        store
            .read(Read::List, move |tx| {
                Ok(tx.query_row(sql, [], |row| row.get(0))?)
            })
            .await
    }

    #[tokio::test]
    async fn reads_that_never_end_are_interrupted_and_the_readers_live_on() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let endless = (0..THREADS).map(|_| number(&store, ENDLESS));
        for outcome in futures_util::future::join_all(endless).await {
            let too_long = StoreError::Unavailable("the query took too long".to_owned());
            assert_eq!(outcome, Err(too_long));
        }
        for _ in 0..THREADS {
            assert_eq!(number(&store, "SELECT 1").await, Ok(1));
        }
    }

    #[tokio::test]
    async fn a_read_whose_caller_has_gone_away_is_not_run() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        // Each thread is blocked until its sender is dropped, so later reads have to queue.
        let (busy, kept): (Vec<_>, Vec<_>) = (0..THREADS)
            .map(|_| {
                let (open, gate) = crossbeam_channel::bounded::<()>(0);
                let store = store.clone();
                let read = tokio::spawn(async move {
                    store
                        .read(Read::List, move |_| {
                            Ok::<_, StoreError>(gate.recv().is_err())
                        })
                        .await
                });
                (open, read)
            })
            .unzip();
        tokio::task::yield_now().await;
        let runs = Arc::new(AtomicUsize::new(0));
        let ran = runs.clone();
        let abandoned = store.read(Read::List, move |_| {
            ran.fetch_add(1, Ordering::SeqCst);
            Ok::<_, StoreError>(())
        });
        // Polling once queues the read; dropping it abandons it.
        assert!(futures_util::FutureExt::now_or_never(abandoned).is_none());
        drop(busy);
        for read in kept {
            read.await.unwrap().unwrap();
        }
        for _ in 0..THREADS {
            assert_eq!(number(&store, "SELECT 1").await, Ok(1));
        }
        assert_eq!(runs.load(Ordering::SeqCst), 0);
    }
}
