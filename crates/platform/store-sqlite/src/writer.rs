//! The writer: one thread, one connection, group commit.
//!
//! The thread takes the first queued write, then all others queued by then; a write that no one waits for goes along with the next one. It runs each in its own savepoint, commits once and answers
//! all. Under load the batch shares the cost of a sync; a lone write is a batch of one and is not delayed. (Group commit: `DeWitt` et
//! al., "Implementation techniques for main memory database systems", SIGMOD 1984.)

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use store::{StoreError, StoreResult, WriteHealth};
use telemetry::committing;
use telemetry::metrics::StoreWatch;

/// How long a write that no one waits for goes without another that it could share a commit with.
const COMPANY: Duration = Duration::from_millis(20);
/// Queue limit for writes. Beyond it the store is overloaded, and the caller gets an error instead of an ever longer delay.
const QUEUE: usize = 8192;
/// Writes in one transaction. Bounds both the work that a failing commit loses and the latency of the first write in the batch.
const BATCH: usize = 256;

thread_local! {
    /// Repeated messages (already handled) on this thread since the last count.
    static REPEATED: Cell<u64> = const { Cell::new(0) };
}

/// Counts a message that had already been handled.
pub(super) fn count_repeated() {
    REPEATED.set(REPEATED.get().saturating_add(1));
}

/// How many repeated messages this thread has counted for the open transaction.
pub(super) fn repeated() -> u64 {
    REPEATED.get()
}

/// Sets that number back, for a run that is undone.
pub(super) fn set_repeated(count: u64) {
    REPEATED.set(count);
}

/// When a write is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// As soon as possible.
    Next,
    /// In the next transaction that there is for others, or after [`COMPANY`].
    WithOthers,
}

/// Runs inside the transaction. Returns what to do once the transaction's outcome is known, and whether to keep the changes.
type Job = Box<dyn FnOnce(&Connection) -> Done + Send>;

enum Done {
    Keep(Reply),
    Undo(Reply),
}

type Reply = Box<dyn FnOnce(StoreResult<()>) + Send>;

/// By turn.
struct Queues<N, W> {
    next: N,
    with_others: W,
}

pub(super) struct Writer {
    health: Arc<WriteHealth>,
    queues: Option<Queues<Arc<Sender<Job>>, Sender<Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        path: &Path,
        watch: &StoreWatch,
        health: &Arc<WriteHealth>,
    ) -> StoreResult<Self> {
        let (queue, next) = crossbeam_channel::bounded(QUEUE);
        let (accompany, with_others) = crossbeam_channel::bounded(QUEUE);
        let jobs = Queues { next, with_others };
        let name = path
            .file_stem()
            .map_or_else(|| "store".into(), |stem| stem.to_string_lossy());
        let queue = Arc::new(queue);
        let waiting = Arc::downgrade(&queue);
        watch.queue("write", QUEUE, move || Some(waiting.upgrade()?.len()));
        let (watch, known) = (watch.clone(), health.clone());
        let thread = std::thread::Builder::new()
            .name(format!("{name}-writer"))
            .spawn(move || {
                serve(&connection, &jobs, &watch, &known);
                fold(&connection);
            })
            .map_err(|error| StoreError::Unavailable(format!("writer thread: {error}")))?;
        Ok(Self {
            health: health.clone(),
            queues: Some(Queues {
                next: queue,
                with_others: accompany,
            }),
            thread: Some(thread),
        })
    }

    /// Runs `work` in a transaction. Once it is committed `then` runs on the writer's thread.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> StoreResult<T> {
        let (answer, answered) = oneshot::channel();
        let health = self.health.clone();
        let job: Job = Box::new(move |connection| {
            // Its caller is gone, and nothing has been written yet.
            if answer.is_closed() {
                return Done::Undo(Box::new(drop));
            }
            match work(connection) {
                Ok(value) => Done::Keep(Box::new(move |committed| {
                    if committed.is_ok() {
                        then(&value);
                    }
                    // The caller may have gone away (a closed connection) meanwhile; the write stands regardless.
                    drop(answer.send(committed.map(|()| value)));
                })),
                Err(error) => {
                    // SQLite may refuse one statement (a full disk) and go on with the transaction.
                    if matches!(error, StoreError::Unavailable(_)) {
                        health.refused();
                    }
                    Done::Undo(Box::new(move |_| drop(answer.send(Err(error)))))
                }
            }
        });
        let queued = self.queues.as_ref().map(|queues| match turn {
            Turn::Next => queues.next.try_send(job),
            Turn::WithOthers => queues.with_others.try_send(job),
        });
        match queued {
            Some(Ok(())) => {}
            Some(Err(TrySendError::Full(_))) => {
                return Err(StoreError::Unavailable(
                    "the write queue is full".to_owned(),
                ));
            }
            Some(Err(TrySendError::Disconnected(_))) | None => {
                return Err(StoreError::Unavailable("the writer has stopped".to_owned()));
            }
        }
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the write was given up".to_owned())))
    }
}

impl Drop for Writer {
    /// Lets the thread finish its queue; closing the last connection checkpoints the log.
    fn drop(&mut self) {
        self.queues = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a store's writer thread panicked");
        }
    }
}

impl Queues<Receiver<Job>, Receiver<Job>> {
    /// The jobs of the next transaction, at least one. None once the queues are empty and closed.
    fn batch(&self) -> Option<Vec<Job>> {
        let (next, with_others) = (&self.next, &self.with_others);
        let first = crossbeam_channel::select! {
            recv(next) -> first => first.ok(),
            recv(with_others) -> first => match first {
                Ok(patient) => {
                    let company = next.recv_timeout(COMPANY).ok();
                    return Some(self.following(company.into_iter().chain([patient])));
                }
                Err(_) => next.recv().ok(),
            },
        };
        // When one of the queues is closed, so is the other.
        let first = first.or_else(|| with_others.try_recv().ok())?;
        Some(self.following(std::iter::once(first)))
    }

    /// `first` with what else is queued by now.
    fn following(&self, first: impl Iterator<Item = Job>) -> Vec<Job> {
        first
            .chain(self.next.try_iter().take(BATCH - 1))
            .chain(self.with_others.try_iter())
            .collect()
    }
}

fn serve(
    connection: &Connection,
    jobs: &Queues<Receiver<Job>, Receiver<Job>>,
    watch: &StoreWatch,
    health: &WriteHealth,
) {
    while let Some(batch) = jobs.batch() {
        committing(batch.len());
        let (size, begun) = (batch.len(), Instant::now());
        let (replies, fate) = match execute(connection, "BEGIN IMMEDIATE") {
            Ok(()) => run_all(connection, batch),
            // The jobs are dropped without running; their callers see the channel close and answer "unavailable".
            Err(error) => (Vec::new(), Err(error)),
        };
        let repeated = REPEATED.take();
        if fate.is_ok() {
            watch.committed(size, begun.elapsed(), repeated);
            health.committed();
        }
        if let Err(error) = &fate {
            health.refused();
            tracing::error!(%error, "a batch of writes was not committed");
            if !connection.is_autocommit()
                && let Err(error) = execute(connection, "ROLLBACK")
            {
                tracing::error!(%error, "and could not be rolled back");
            }
        }
        for reply in replies {
            reply(fate.clone());
        }
    }
}

/// Folds the log into the file at the end. Closing the last connection does the same, but this one need not be the last: another process
/// may be reading the file, and then this folds what that reader does not need.
fn fold(connection: &Connection) {
    let folded = connection
        .busy_timeout(Duration::ZERO)
        .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    if let Err(error) = folded {
        tracing::warn!(%error, "the log was not folded into its file; the next start does it");
    }
}

/// Runs the jobs of one transaction and commits it. SQLite may roll the whole transaction back on its own (disk full, I/O error, out of
/// memory). The remaining jobs must not run then, because the next savepoint would open a new transaction.
fn run_all(connection: &Connection, batch: Vec<Job>) -> (Vec<Reply>, StoreResult<()>) {
    let mut replies = Vec::with_capacity(batch.len());
    for job in batch {
        replies.extend(run_one(connection, job));
        if connection.is_autocommit() {
            let gone = StoreError::Unavailable("SQLite ended the transaction".to_owned());
            return (replies, Err(gone));
        }
    }
    (replies, execute(connection, "COMMIT"))
}

/// Runs one job in a savepoint. None if it was abandoned: its caller sees the channel close.
fn run_one(connection: &Connection, job: Job) -> Option<Reply> {
    if let Err(error) = execute(connection, "SAVEPOINT job") {
        tracing::error!(%error, "a write could not be started");
        return None;
    }
    let done = catch_unwind(AssertUnwindSafe(|| job(connection)));
    let keep = matches!(done, Ok(Done::Keep(_)));
    let closed = if keep {
        execute(connection, "RELEASE job")
    } else {
        execute(connection, "ROLLBACK TO job").and_then(|()| execute(connection, "RELEASE job"))
    };
    match (done, closed) {
        (Ok(Done::Keep(reply) | Done::Undo(reply)), Ok(())) => Some(reply),
        (Ok(Done::Keep(_) | Done::Undo(_)), Err(error)) => {
            tracing::error!(%error, "a write could not be closed");
            None
        }
        (Err(_), _) => {
            tracing::error!("a write panicked and was undone");
            None
        }
    }
}

pub(super) fn execute(connection: &Connection, sql: &str) -> StoreResult<()> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(drop)
        .map_err(StoreError::from)
}

#[cfg(test)]
mod tests;
