//! Group commit: works that wait at the same time share one transaction with a constant number of round trips, so that a hot wallet
//! or product gets faster with load: its changes add up in memory and are written once.
//!
//! One task commits for a store, so works of one process hardly ever conflict with each other; those of other replicas may, and then
//! the batch runs again on what they left, and begins with a lock on its rows (`locks.rs`). A batch that the server refuses, or that loses again and
//! again, is split until what is refused or loses stands alone: one bad write never fails its neighbours, and a row that somebody holds for seconds
//! holds up only who wants it (`parked.rs`). After [`PATIENCE`] a work is not tried again, and given up as unavailable.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mongodb::ClientSession;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::failure::Failure;
use super::link::Link;
use super::locks::Locks;
use super::outbox::{OutboxQueue, Stamped};
use super::parked::Parked;
use super::transaction::{self, FIRST_PAUSE, LONGEST_PAUSE, jitter};
use super::unit::Unit;
use super::work::{self, Job, Jobs, finish};
use store::StoreError;
use telemetry::committing;
use telemetry::metrics::StoreWatch;

/// Most works in one transaction.
const BATCH: usize = 128;
/// Works that may wait. Beyond it a store is told to be busy rather than to fall behind.
const QUEUE: usize = 4096;
/// How long a work may have waited when it is tried, and how long it is.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a batch is tried that loses against other replicas; then its halves are, half as often, so that what loses stands alone soon.
const TRIES: u32 = 4;
/// How many lost tries a batch and its halves may have in all. What is then left is put aside: who comes after them waits no longer.
const MOST_LOST: u32 = 32;
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
        let parked = Parked::new(PATIENCE);
        let aside = Arc::downgrade(&parked.count());
        watch.queue("parked", QUEUE, move || {
            Some(aside.upgrade()?.load(Ordering::Relaxed))
        });
        let task = Task {
            link,
            outbox,
            watch,
            repeated: 0,
            session: None,
            parked,
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
        let (job, answered) = work::waiting(work);
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
    parked: Parked,
}

impl Task {
    async fn run(mut self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        let mut jobs = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                () = self.parked.due() => self.settle_parked().await,
                come = waiting.recv_many(&mut jobs, BATCH) => {
                    if come == 0 {
                        break;
                    }
                    self.settle(std::mem::take(&mut jobs), TRIES).await;
                }
            }
        }
        while self.parked.len() > 0 {
            self.parked.due().await;
            self.settle_parked().await;
        }
    }

    /// A round of those that lost too often.
    async fn settle_parked(&mut self) {
        finish(self.parked.take_late(), || {
            Err(unavailable("another transaction holds its rows"))
        });
        let jobs = self.parked.take(BATCH);
        if !jobs.is_empty() {
            let begun = Instant::now();
            self.settle(jobs, 1).await;
            self.parked.rest(begun.elapsed());
        }
    }

    /// Commits works, in as few transactions as the server and other replicas allow, each of which is tried `tries` times if it loses.
    async fn settle(&mut self, jobs: Jobs, tries: u32) {
        let mut batches = vec![(jobs, tries)];
        let mut lost = 0;
        // The rows of each work that lost alone: who wants them all does not get to them either, for now.
        let mut held: Vec<Locks> = Vec::new();
        while let Some((jobs, tries)) = batches.pop() {
            // A work that waited out its time behind a dead server is told so without being tried.
            let (late, mut jobs): (Jobs, Jobs) = jobs
                .into_iter()
                .partition(|job| job.since().elapsed() > PATIENCE);
            finish(late, || {
                Err(unavailable("the store did not get to it in time"))
            });
            let (blocked, free): (Jobs, Jobs) = jobs
                .into_iter()
                .partition(|job| held.iter().any(|held| job.locks().contain(held)));
            let blocked = self.that_fit(blocked);
            self.parked.add_lost(blocked);
            jobs = free;
            if lost >= MOST_LOST {
                let jobs = self.that_fit(jobs);
                self.parked.add_untried(jobs);
                continue;
            }
            if jobs.is_empty() {
                continue;
            }
            let begun = Instant::now();
            let failure = match self.commit(&mut jobs, tries).await {
                Ok(()) => {
                    let (took, repeated) = (begun.elapsed(), self.repeated);
                    self.watch.committed(jobs.len(), took, repeated);
                    finish(jobs, || Ok(()));
                    continue;
                }
                Err(failure) => failure,
            };
            let next = match failure {
                Failure::Transient(error) => {
                    finish(jobs, || Err(unavailable(&error.to_string())));
                    continue;
                }
                Failure::Refused(error)
                    if jobs.len() == 1 || matches!(error, StoreError::Unavailable(_)) =>
                {
                    finish(jobs, || Err(error.clone()));
                    continue;
                }
                Failure::Refused(error) => {
                    tracing::debug!(%error, works = jobs.len(), "a batch was refused; its halves are tried");
                    tries
                }
                Failure::Lost => {
                    lost += tries;
                    if let [alone] = jobs.as_slice() {
                        if !alone.locks().is_empty() {
                            held.push(alone.locks().clone());
                        }
                        let jobs = self.that_fit(jobs);
                        self.parked.add_lost(jobs);
                        continue;
                    }
                    // Its halves are not to meet the same moment of the same other transaction.
                    tokio::time::sleep(jitter(FIRST_PAUSE * 2)).await;
                    tries.div_ceil(2)
                }
            };
            let second = jobs.split_off(jobs.len() / 2);
            batches.push((second, next));
            batches.push((jobs, next));
        }
    }

    /// Those that may be put aside; the others are told that there are too many.
    fn that_fit(&self, mut jobs: Jobs) -> Jobs {
        let room = QUEUE.saturating_sub(self.parked.len()).min(jobs.len());
        finish(jobs.split_off(room), || {
            Err(unavailable(
                "too many writes wait for rows that others hold",
            ))
        });
        jobs
    }

    /// Commits works in one transaction: again and again while the store is away and may come back, `tries` times if it loses.
    async fn commit(&mut self, jobs: &mut Jobs, tries: u32) -> Result<(), Failure> {
        let give_up = Instant::now() + PATIENCE;
        let mut pause = FIRST_PAUSE;
        let mut raced = false;
        let mut lost = 0;
        loop {
            let mut unit = Unit::default();
            let attempt = self.attempt(jobs, &mut unit, give_up);
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
                Failure::Lost => {
                    self.watch.lost();
                    // Nothing new is known if it lost before the works ran.
                    for (job, locks) in jobs.iter_mut().zip(unit.changed()?) {
                        job.keep(locks);
                    }
                    lost += 1;
                    if lost == tries {
                        return Err(failure);
                    }
                }
                Failure::Transient(_) => {
                    if Instant::now() + pause >= give_up {
                        return Err(failure);
                    }
                }
                // Someone else inserted the row since our snapshot was taken, and the next one shows it.
                Failure::Refused(StoreError::Duplicate(_)) if !raced => raced = true,
                Failure::Refused(_) => return Err(failure),
            }
            tokio::time::sleep(jitter(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(
        &mut self,
        jobs: &mut Jobs,
        unit: &mut Unit,
        give_up: Instant,
    ) -> Result<Stamped, Failure> {
        let db = self.link.database().await?;
        if self.session.is_none() {
            self.session = Some(db.client().start_session().await?);
        }
        let Some(session) = &mut self.session else {
            return Err(unavailable("no session").into());
        };
        transaction::begin(session).await?;
        let mut locks = Locks::default();
        for job in &*jobs {
            locks.merge(job.locks());
        }
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
            transaction::write(&db, session, collection, statements).await?;
        }
        if !locks.is_empty() {
            let mut changed = Locks::default();
            for work in unit.changed()? {
                changed.merge(&work);
            }
            locks.without(&changed).leave(&db, session).await?;
        }
        transaction::commit(session, give_up).await?;
        Ok(messages)
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable(reason.to_owned())
}
