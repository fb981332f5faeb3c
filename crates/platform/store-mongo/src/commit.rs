//! Group commit: writes that are queued at the same time share one transaction with a constant number of round trips. A hot wallet or
//! product therefore gets faster under load, because its changes add up in memory and are written once.
//!
//! One task commits for a store, so writes of one process hardly ever conflict with each other. Writes of other replicas may; the batch
//! then runs again on the new state and first locks its rows (`locks.rs`). A batch that the server refuses, or that keeps losing, is
//! split until the cause stands alone. One bad write therefore never fails its neighbours, and a row that is held for seconds delays only
//! the writes that need it (`parked.rs`). After [`PATIENCE`] a write is not tried again and fails as unavailable.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kernel::jitter;
use mongodb::ClientSession;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::failure::Failure;
use super::link::Link;
use super::locks::Locks;
use super::outbox::replica::{OutboxQueue, Stamped};
use super::parked::Parked;
use super::records::Records;
use super::statements::Place;
use super::transaction::{self, BACKOFF};
use super::unit::Unit;
use super::work::{Run, Work, Works, finish};
use store::{Engine as _, StoreError, StoreResult, WriteHealth};
use telemetry::committing;
use telemetry::metrics::StoreWatch;

/// Maximum number of writes in one transaction.
const BATCH: usize = 128;
/// Queue limit for writes. Beyond it callers get an error, so that the store does not fall behind.
const QUEUE: usize = 4096;
/// Longest time that a write may have been queued when it is tried, and time limit for trying it.
const PATIENCE: Duration = Duration::from_secs(2);
/// Attempts for a batch that loses against other replicas. Its halves get half as many, so that the cause is soon isolated.
const TRIES: u32 = 4;
/// Lost attempts that a batch and its halves may have in total. The rest is then parked, so that later writes are not delayed further.
const MOST_LOST: u32 = 32;
/// Delay before the halves of a batch that lost are tried.
const BETWEEN_HALVES: Duration = Duration::from_millis(4);
/// Queues writes for the task that commits them. The task ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Committer {
    works: mpsc::Sender<Work>,
}

impl Committer {
    /// Starts the task.
    pub(super) fn start(
        link: Arc<Link>,
        records: Arc<Records>,
        outbox: Arc<OutboxQueue>,
        watch: StoreWatch,
        health: Arc<WriteHealth>,
    ) -> Self {
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
            records,
            outbox,
            watch,
            health,
            repeated: 0,
            session: None,
            parked,
        };
        tokio::spawn(task.run(waiting));
        Self { works }
    }

    /// Runs `run` in a transaction. Returns once a majority has committed it to disk.
    pub(super) async fn run(&self, run: Run) -> StoreResult<()> {
        let (work, answered) = Work::waiting(run);
        self.works.try_send(work).map_err(|_| {
            StoreError::Unavailable("too many writes wait for the store".to_owned())
        })?;
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the store was closed".to_owned())))
    }
}

struct Task {
    link: Arc<Link>,
    records: Arc<Records>,
    outbox: Arc<OutboxQueue>,
    watch: StoreWatch,
    health: Arc<WriteHealth>,
    /// Repeated messages (already handled) in the last committed batch.
    repeated: u64,
    /// Reused from batch to batch; replaced after an error.
    session: Option<ClientSession>,
    parked: Parked,
}

impl Task {
    async fn run(mut self, mut waiting: mpsc::Receiver<Work>) {
        let mut works = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                () = self.parked.due() => self.settle_parked().await,
                come = waiting.recv_many(&mut works, BATCH) => {
                    if come == 0 {
                        break;
                    }
                    self.settle(std::mem::take(&mut works), TRIES).await;
                }
            }
        }
        while self.parked.len() > 0 {
            self.parked.due().await;
            self.settle_parked().await;
        }
    }

    /// Runs one round of parked writes.
    async fn settle_parked(&mut self) {
        finish(self.parked.take_late(), || {
            Err(unavailable("another transaction holds its rows"))
        });
        let works = self.parked.take(BATCH);
        if !works.is_empty() {
            let begun = Instant::now();
            self.settle(works, 1).await;
            self.parked.rest(begun.elapsed());
        }
    }

    /// Commits writes in as few transactions as the server and other replicas allow. Each is tried `tries` times if it loses.
    async fn settle(&mut self, works: Works, tries: u32) {
        let mut batches = vec![(works, tries)];
        let mut lost = 0;
        // The rows of each write that lost alone. A write that needs all rows of one of them is blocked for now as well.
        let mut held: Vec<Locks> = Vec::new();
        while let Some((works, tries)) = batches.pop() {
            // A write whose time ran out behind a dead server fails without being tried. One whose caller is gone is not tried either.
            let (late, mut works): (Works, Works) = works
                .into_iter()
                .filter(|work| !work.is_abandoned())
                .partition(|work| work.since.elapsed() > PATIENCE);
            finish(late, || {
                Err(unavailable("the store did not get to it in time"))
            });
            let (blocked, free): (Works, Works) = works
                .into_iter()
                .partition(|work| held.iter().any(|held| work.locks.contain(held)));
            let blocked = self.that_fit(blocked);
            self.parked.add_lost(blocked);
            works = free;
            if lost >= MOST_LOST {
                let works = self.that_fit(works);
                self.parked.add_untried(works);
                continue;
            }
            if works.is_empty() {
                continue;
            }
            let begun = Instant::now();
            let failure = match self.commit(&mut works, tries).await {
                Ok(()) => {
                    let (took, repeated) = (begun.elapsed(), self.repeated);
                    self.watch.committed(works.len(), took, repeated);
                    self.health.committed();
                    finish(works, || Ok(()));
                    continue;
                }
                Err(failure) => failure,
            };
            let next = match failure {
                Failure::Transient(error) => {
                    self.health.refused();
                    finish(works, || Err(unavailable(&error.to_string())));
                    continue;
                }
                Failure::Refused(error @ StoreError::Unavailable(_), _) => {
                    self.health.refused();
                    finish(works, || Err(error.clone()));
                    continue;
                }
                Failure::Refused(error, Some(place)) if place.work < works.len() => {
                    leave_out(&mut works, place, error);
                    batches.push((works, tries));
                    continue;
                }
                Failure::Refused(error, _) if works.len() == 1 => {
                    finish(works, || Err(error.clone()));
                    continue;
                }
                Failure::Refused(error, _) => {
                    tracing::debug!(%error, works = works.len(), "a batch was refused; its halves are tried");
                    tries
                }
                Failure::Lost => {
                    lost += tries;
                    if let [alone] = works.as_slice() {
                        if !alone.locks.is_empty() {
                            held.push(alone.locks.clone());
                        }
                        let works = self.that_fit(works);
                        self.parked.add_lost(works);
                        continue;
                    }
                    // The halves should not run into the same moment of the same other transaction.
                    tokio::time::sleep(jitter(BETWEEN_HALVES)).await;
                    tries.div_ceil(2)
                }
            };
            let second = works.split_off(works.len() / 2);
            batches.push((second, next));
            batches.push((works, next));
        }
    }

    /// Returns the writes that can be parked; the others fail because too many are waiting.
    fn that_fit(&self, mut works: Works) -> Works {
        let room = QUEUE.saturating_sub(self.parked.len()).min(works.len());
        finish(works.split_off(room), || {
            Err(unavailable(
                "too many writes wait for rows that others hold",
            ))
        });
        works
    }

    /// Commits writes in one transaction. Retries while the store is down but may come back, and up to `tries` times if it loses.
    async fn commit(&mut self, works: &mut Works, tries: u32) -> Result<(), Failure> {
        let give_up = Instant::now() + PATIENCE;
        let mut backoff = BACKOFF;
        let mut raced = false;
        let mut lost = 0;
        loop {
            let mut unit = Unit::new(self.records.clone());
            let attempt = self.attempt(works, &mut unit, give_up);
            let failure = match tokio::time::timeout_at(give_up, attempt).await {
                Ok(Ok(messages)) => {
                    self.outbox.committed(messages);
                    return Ok(());
                }
                Ok(Err(failure)) => failure,
                Err(_) => unavailable("the store did not answer in time").into(),
            };
            // Dropping a session aborts its open transaction.
            self.session = None;
            let pause = backoff.delay();
            match failure {
                Failure::Lost => {
                    self.watch.lost();
                    // If it lost before the writes ran, nothing new is known.
                    for (work, locks) in works.iter_mut().zip(unit.changed()) {
                        work.locks = locks;
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
                // Another transaction inserted the row after our snapshot was taken; the next snapshot includes it.
                Failure::Refused(StoreError::Duplicate(_), _) if !raced => raced = true,
                Failure::Refused(..) => return Err(failure),
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(
        &mut self,
        works: &mut Works,
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
        for work in &*works {
            locks.merge(&work.locks);
        }
        locks.take(&db, session).await?;
        loop {
            committing(works.len());
            for work in works.iter_mut() {
                work.run(unit);
            }
            if unit.misses() == 0 {
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
            for work in unit.changed() {
                changed.merge(&work);
            }
            locks.without(&changed).leave(&db, session).await?;
        }
        transaction::commit(session, give_up).await?;
        Ok(messages)
    }
}

/// Fails the write whose change the server refused, or excludes only its item.
fn leave_out(works: &mut Works, place: Place, error: StoreError) {
    match (place.item, works.get_mut(place.work)) {
        (Some(item), Some(work)) => work.refuse(item, error),
        (None, Some(_)) => works.remove(place.work).finish(Err(error)),
        (_, None) => {}
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable(reason.to_owned())
}
