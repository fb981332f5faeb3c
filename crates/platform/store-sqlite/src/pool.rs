//! The readers: a few threads, each with a read-only connection.
//!
//! These are our own threads rather than the runtime's blocking pool. Their statements stay prepared, their number bounds the memory of
//! page caches, and a full queue gives an error instead of a growing backlog. A read whose caller has gone away is skipped. A read that
//! takes too long is interrupted, so that no query can block the others indefinitely. Lists, which may take long, have a queue of their own
//! and all readers but one; that one is kept for reads that are short, so none of these waits for a list.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, select};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::files::open_read_only;
use store::{StoreError, StoreResult};
use telemetry::metrics::{Read, ReadTimes, StoreWatch};

const THREADS: usize = 3;
/// How many of them read nothing that may take long.
const SHORT_ONLY: usize = 1;
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
    queues: Option<Queues>,
    times: ReadTimes,
    threads: Vec<JoinHandle<()>>,
}

/// The queue of short reads, and that of lists.
struct Queues {
    short: Arc<Sender<Job>>,
    lists: Arc<Sender<Job>>,
}

/// What a reader reads: short reads first.
struct Jobs {
    short: Receiver<Job>,
    /// None for one that is kept for short reads.
    lists: Option<Receiver<Job>>,
}

impl Jobs {
    /// The next job. None once there will be no more.
    fn next(&self) -> Option<Job> {
        let Some(lists) = &self.lists else {
            return self.short.recv().ok();
        };
        if let Ok(job) = self.short.try_recv() {
            return Some(job);
        }
        // Both queues close at the same time. One that has closed may leave the other with jobs.
        select! {
            recv(self.short) -> job => job.or_else(|_| lists.recv()).ok(),
            recv(lists) -> job => job.or_else(|_| self.short.recv()).ok(),
        }
    }
}

impl Readers {
    pub(super) fn start(path: &Path, watch: &StoreWatch) -> StoreResult<Self> {
        let (short, short_jobs) = crossbeam_channel::bounded(QUEUE);
        let (lists, list_jobs) = crossbeam_channel::bounded(QUEUE);
        let mut threads = Vec::with_capacity(THREADS);
        for number in 0..THREADS {
            let connection = open_read_only(path)?;
            connection.progress_handler(STEPS, Some(is_too_late))?;
            let jobs = Jobs {
                short: short_jobs.clone(),
                lists: (number >= SHORT_ONLY).then(|| list_jobs.clone()),
            };
            let name = path
                .file_stem()
                .map_or_else(|| "store".into(), |stem| stem.to_string_lossy());
            let thread = std::thread::Builder::new()
                .name(format!("{name}-read{number}"))
                .spawn(move || serve(connection, &jobs))
                .map_err(|error| StoreError::Unavailable(format!("reader thread: {error}")))?;
            threads.push(thread);
        }
        let queues = Queues {
            short: Arc::new(short),
            lists: Arc::new(lists),
        };
        for (name, queue) in [("read", &queues.short), ("list", &queues.lists)] {
            let waiting = Arc::downgrade(queue);
            watch.queue(name, QUEUE, move || Some(waiting.upgrade()?.len()));
        }
        Ok(Self {
            queues: Some(queues),
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
        let queue = self.queues.as_ref().map(|queues| match kind {
            Read::List => &queues.lists,
            Read::Get | Read::Sweep | Read::Check => &queues.short,
        });
        match queue.map(|queue| queue.try_send(job)) {
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
        self.queues = None;
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

fn serve(mut connection: Connection, jobs: &Jobs) {
    while let Some(job) = jobs.next() {
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

    type Busy = (
        Vec<crossbeam_channel::Sender<()>>,
        Vec<tokio::task::JoinHandle<StoreResult<bool>>>,
    );

    /// Lists that occupy all readers that read lists, each until its sender is dropped.
    fn occupy(store: &Sqlite) -> Busy {
        let blocked = |_| {
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
        };
        (SHORT_ONLY..THREADS).map(blocked).unzip()
    }

    #[tokio::test]
    async fn short_reads_do_not_wait_for_lists() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let (busy, kept) = occupy(&store);
        // More lists, which wait in their queue.
        let waiting: Vec<_> = (0..50)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { number(&store, "SELECT 1").await })
            })
            .collect();
        tokio::task::yield_now().await;
        for kind in [Read::Get, Read::Sweep, Read::Check] {
            let seven = store.read(kind, |tx| {
                Ok(tx.query_row("SELECT 7", [], |row| row.get(0))?)
            });
            assert_eq!(seven.await, Ok(7));
        }
        drop(busy);
        for read in kept {
            assert_eq!(read.await.unwrap(), Ok(true));
        }
        for list in waiting {
            assert_eq!(list.await.unwrap(), Ok(1));
        }
    }

    #[tokio::test]
    async fn a_read_whose_caller_has_gone_away_is_not_run() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        // Each thread is blocked until its sender is dropped, so later reads have to queue.
        let (busy, kept) = occupy(&store);
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
