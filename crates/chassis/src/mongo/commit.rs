//! Group commit: works that wait at the same time share one transaction with a constant number of round trips, so that a hot wallet
//! or product gets faster with load: its changes add up in memory and are written once.
//!
//! One task commits for a store, so works of one process never conflict with each other; those of other replicas may, and then
//! the batch runs again on what they left, and begins with a lock on its rows (`locks.rs`). A batch that the server refuses is split until
//! what it refuses stands alone: one bad write never fails its neighbours. After [`PATIENCE`] a work is given up as unavailable.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf};
use mongodb::bson::{Bson, Document, rawdoc};
use mongodb::options::{ReadConcern, WriteConcern};
use mongodb::{ClientSession, Database};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::codec::{is_unknown_commit, of_code};
use super::failure::Failure;
use super::link::Link;
use super::locks::Locks;
use super::outbox::{OutboxQueue, Stamped};
use super::table::Statements;
use super::unit::{Keep, Unit};
use crate::metrics::StoreWatch;
use crate::store::{StoreError, StoreResult};
use crate::telemetry::committing;

/// Most works in one transaction.
const BATCH: usize = 128;
/// Works that may wait. Beyond it a store is told to be busy rather than to fall behind.
const QUEUE: usize = 4096;
/// How long a work is tried.
const PATIENCE: Duration = Duration::from_secs(2);
/// Waits between two tries of a batch: half of this to all of it, then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// Longest of these waits. Another replica that finds work all the time commits every few milliseconds: who waited longer and longer
/// for a gap would try ten times until its patience is over, and lose each time.
const LONGEST_PAUSE: Duration = Duration::from_millis(32);

/// One work that waits, whatever it returns.
trait Job: Send {
    /// Runs it on the unit, once more.
    fn run(&mut self, unit: &mut Unit);
    /// Tells whoever waits what came of it.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
    /// When it began to wait.
    fn since(&self) -> Instant;
}

struct Work<T, E, F> {
    run: F,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
    since: Instant,
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut Unit) -> Result<T, E> + Send,
{
    fn run(&mut self, unit: &mut Unit) {
        let result = catch_unwind(AssertUnwindSafe(|| (self.run)(unit)))
            .unwrap_or_else(|panic| Err(E::from(panicked(&*panic))));
        unit.end(if result.is_ok() {
            Keep::Changes
        } else {
            Keep::Nothing
        });
        self.result = Some(result);
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(E::from(StoreError::Unavailable(
                "it did not run".to_owned(),
            ))),
            // Even a refusal: it was decided on a snapshot that nobody has confirmed.
            (Err(error), _) => Err(E::from(error)),
        };
        // Whoever asked may be gone.
        drop(self.answer.send(result));
    }

    fn since(&self) -> Instant {
        self.since
    }
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let said = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(panic = said, "a write panicked");
    StoreError::Corrupt("a write panicked".to_owned())
}

type Jobs = Vec<Box<dyn Job>>;

/// Takes works to the task that commits them. The task ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Committer {
    works: mpsc::Sender<Box<dyn Job>>,
}

impl Committer {
    /// Starts the task.
    pub(super) fn start(link: Arc<Link>, outbox: Arc<OutboxQueue>, watch: StoreWatch) -> Self {
        let (works, waiting) = mpsc::channel(QUEUE);
        let queue = works.downgrade();
        watch.queue("write", QUEUE, move || {
            let queue = queue.upgrade()?;
            Some(queue.max_capacity() - queue.capacity())
        });
        let task = Task {
            link,
            outbox,
            watch,
            repeated: 0,
            session: None,
        };
        tokio::spawn(task.run(waiting));
        Self { works }
    }

    /// Runs `work` in a transaction and returns once it is committed by a majority and on its disks.
    pub(super) async fn run<T, E>(
        &self,
        work: impl FnMut(&mut Unit) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Work {
            run: work,
            result: None,
            answer,
            since: Instant::now(),
        });
        self.works.try_send(job).map_err(|_| {
            E::from(StoreError::Unavailable(
                "too many writes wait for the store".to_owned(),
            ))
        })?;
        answered.await.unwrap_or_else(|_| {
            Err(E::from(StoreError::Unavailable(
                "the store was closed".to_owned(),
            )))
        })
    }
}

struct Task {
    link: Arc<Link>,
    outbox: Arc<OutboxQueue>,
    watch: StoreWatch,
    /// Messages that the last committed batch found to have been handled before.
    repeated: u64,
    /// Kept from batch to batch; a new one after an error.
    session: Option<ClientSession>,
}

impl Task {
    async fn run(mut self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        let mut jobs = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut jobs, BATCH).await > 0 {
            self.settle(std::mem::take(&mut jobs)).await;
        }
    }

    /// Commits works, in as few transactions as the server allows.
    async fn settle(&mut self, jobs: Jobs) {
        let mut batches = vec![jobs];
        while let Some(mut jobs) = batches.pop() {
            // A work that waited out its time behind a dead server is told so without being tried.
            let (given_up, live): (Jobs, Jobs) = jobs
                .into_iter()
                .partition(|job| job.since().elapsed() > PATIENCE);
            finish(given_up, || {
                Err(unavailable("the store did not get to it in time"))
            });
            jobs = live;
            if jobs.is_empty() {
                continue;
            }
            let begun = Instant::now();
            match self.commit(&mut jobs).await {
                Ok(()) => {
                    let (took, repeated) = (begun.elapsed(), self.repeated);
                    self.watch.committed(jobs.len(), took, repeated);
                    finish(jobs, || Ok(()));
                }
                Err(StoreError::Unavailable(reason)) => {
                    finish(jobs, || Err(unavailable(&reason)));
                }
                Err(error) if jobs.len() == 1 => finish(jobs, || Err(error.clone())),
                Err(error) => {
                    tracing::debug!(%error, works = jobs.len(), "a batch was refused; its halves are tried");
                    let second = jobs.split_off(jobs.len() / 2);
                    batches.push(second);
                    batches.push(jobs);
                }
            }
        }
    }

    /// Commits works in one transaction, again and again while that may help.
    async fn commit(&mut self, jobs: &mut Jobs) -> StoreResult<()> {
        let give_up = Instant::now() + PATIENCE;
        let mut pause = FIRST_PAUSE;
        let mut raced = false;
        let mut locks = Locks::default();
        loop {
            let mut unit = Unit::default();
            let attempt = self.attempt(jobs, &mut unit, &locks, give_up);
            let failure = match tokio::time::timeout_at(give_up, attempt).await {
                Ok(Ok(messages)) => {
                    self.outbox.committed(messages);
                    return Ok(());
                }
                Ok(Err(failure)) => failure,
                Err(_) => Failure::Refused(unavailable("the store did not answer in time")),
            };
            // Dropping a session aborts what is open on it.
            self.session = None;
            match failure {
                Failure::Transient(error) => {
                    if Instant::now() + pause >= give_up {
                        return Err(unavailable(&error.to_string()));
                    }
                    if matches!(error, StoreError::Conflict(_)) {
                        self.watch.lost();
                        // It may have lost before it knew what it was going to change.
                        let contested = unit.contested()?;
                        if !contested.is_empty() {
                            locks = contested;
                        }
                    }
                }
                // Someone else inserted the row since our snapshot was taken, and the next one shows it.
                Failure::Refused(StoreError::Duplicate(_)) if !raced => raced = true,
                Failure::Refused(_) => return Err(failure.into_error()),
            }
            tokio::time::sleep(jitter(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(
        &mut self,
        jobs: &mut Jobs,
        unit: &mut Unit,
        locks: &Locks,
        give_up: Instant,
    ) -> Result<Stamped, Failure> {
        let db = self.link.database().await?;
        if self.session.is_none() {
            self.session = Some(db.client().start_session().await?);
        }
        let Some(session) = &mut self.session else {
            return Err(unavailable("no session").into());
        };
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .write_concern(
                WriteConcern::builder()
                    .w(mongodb::options::Acknowledgment::Majority)
                    .journal(true)
                    .build(),
            )
            .await?;
        locks.take(&db, session).await?;
        loop {
            committing(jobs.len());
            for job in jobs.iter_mut() {
                job.run(unit);
            }
            if !unit.is_wanting() {
                break;
            }
            unit.load(&db, session).await?;
        }
        self.repeated = unit.repeated();
        let messages = self.outbox.stamp(unit)?;
        for (collection, statements) in unit.statements()? {
            write(&db, session, collection, statements).await?;
        }
        commit(session, give_up).await?;
        Ok(messages)
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable(reason.to_owned())
}

fn finish(jobs: Jobs, outcome: impl Fn() -> Result<(), StoreError>) {
    for job in jobs {
        job.finish(outcome());
    }
}

/// Half to all of `pause`, so that replicas that lost against each other do not meet again.
fn jitter(pause: Duration) -> Duration {
    let share = u32::from(
        uuid::Uuid::new_v4()
            .as_bytes()
            .first()
            .copied()
            .unwrap_or(0),
    );
    pause / 2 + pause * share / 512
}

/// Writes a collection's statements: one command of each kind.
async fn write(
    db: &Database,
    session: &mut ClientSession,
    collection: &'static str,
    statements: Statements,
) -> Result<(), Failure> {
    let Statements {
        inserts,
        insert_count,
        updates,
        update_count,
        deletes,
        delete_count,
    } = statements;
    let kinds: [(
        RawDocumentBuf,
        &mongodb::bson::raw::CStr,
        RawArrayBuf,
        usize,
    ); 3] = [
        (
            rawdoc! { "insert": collection },
            mongodb::bson::raw::cstr!("documents"),
            inserts,
            insert_count,
        ),
        (
            rawdoc! { "update": collection },
            mongodb::bson::raw::cstr!("updates"),
            updates,
            update_count,
        ),
        (
            rawdoc! { "delete": collection },
            mongodb::bson::raw::cstr!("deletes"),
            deletes,
            delete_count,
        ),
    ];
    for (mut command, field, list, count) in kinds {
        if count == 0 {
            continue;
        }
        command.append(field, list);
        let reply = db.run_raw_command(command).session(&mut *session).await?;
        check(collection, &reply, count)?;
    }
    Ok(())
}

/// A write command's reply says `ok` even if a statement failed.
fn check(collection: &str, reply: &Document, count: usize) -> Result<(), Failure> {
    if let Some(Bson::Array(errors)) = reply.get("writeErrors")
        && let Some(Bson::Document(error)) = errors.first()
    {
        let code = error.get_i32("code").unwrap_or_default();
        let text = format!(
            "{collection}: {}",
            error.get_str("errmsg").unwrap_or_default()
        );
        return Err(Failure::Refused(of_code(code, text)));
    }
    let done = match reply.get("n") {
        Some(Bson::Int32(n)) => usize::try_from(*n).ok(),
        Some(Bson::Int64(n)) => usize::try_from(*n).ok(),
        Some(_) | None => None,
    };
    if done == Some(count) {
        return Ok(());
    }
    Err(Failure::Refused(StoreError::Conflict(format!(
        "{collection}: {done:?} of {count} statements found their document"
    ))))
}

/// Commits, and asks again while nobody knows whether it did.
async fn commit(session: &mut ClientSession, give_up: Instant) -> Result<(), Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        match session.commit_transaction().await {
            Ok(()) => return Ok(()),
            Err(error) if is_unknown_commit(&error) && Instant::now() + pause < give_up => {
                tokio::time::sleep(jitter(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return Err(error.into()),
        }
    }
}
