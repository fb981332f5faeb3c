//! Who is next when more passwords wait than can be hashed at once.
//!
//! Each waiting password is in a lane: that of one client, or of one user. Lanes take turns, so a client that sends a thousand passwords
//! delays only itself. The lanes form three groups, which also take turns: clients that are known to the account that they log in to,
//! strangers, and new passwords. So however many addresses strangers use, every third turn is for known clients. New passwords never occupy more than half of the threads.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use platform_http::NotDone;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

/// How many may wait in one lane.
pub(super) const LANE: usize = 64;

/// How many may wait in all.
pub(super) const ALL: usize = 512;

/// A share of the turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Known,
    Strangers,
    Changes,
}

impl Share {
    const ALL: [Self; 3] = [Self::Known, Self::Strangers, Self::Changes];
}

/// Where a password waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    share: Share,
    key: u64,
}

impl Lane {
    /// The lane of a client that has logged in to this account before.
    #[must_use]
    pub fn known(client: &impl Hash) -> Self {
        Self::of(Share::Known, client)
    }

    /// The lane of any other client that logs in.
    #[must_use]
    pub fn stranger(client: &impl Hash) -> Self {
        Self::of(Share::Strangers, client)
    }

    /// The lane of a client that registers, or of a user who changes their password.
    #[must_use]
    pub fn change(whose: &impl Hash) -> Self {
        Self::of(Share::Changes, whose)
    }

    fn of(share: Share, whose: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        whose.hash(&mut hasher);
        let key = hasher.finish();
        Self { share, key }
    }
}

/// Threads for passwords, and the lanes before them.
#[derive(Debug)]
pub(super) struct Lanes(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    threads: usize,
    running: usize,
    /// Of those that run, how many are in [`Share::Changes`].
    changing: usize,
    waiting: usize,
    known: Line,
    strangers: Line,
    changes: Line,
    /// Whose turn is next.
    turn: Share,
    next_id: u64,
}

/// The lanes of a share.
#[derive(Debug, Default)]
struct Line {
    lanes: HashMap<u64, VecDeque<Waiter>>,
    /// The lanes that are not empty, in the order of their turns.
    turns: VecDeque<u64>,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    start: oneshot::Sender<()>,
}

impl Lanes {
    /// At most `threads` that work at once, but no more than the machine has cores.
    pub(super) fn new(threads: usize) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self::with(cores.min(threads))
    }

    fn with(threads: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            threads,
            running: 0,
            changing: 0,
            waiting: 0,
            known: Line::default(),
            strangers: Line::default(),
            changes: Line::default(),
            turn: Share::Known,
            next_id: 0,
        })))
    }

    /// A place in `lane`.
    ///
    /// # Errors
    /// [`NotDone::Overloaded`] at once if too many wait.
    pub(super) fn place(&self, lane: Lane) -> Result<Place, NotDone> {
        let (start, started) = oneshot::channel();
        let mut state = lock(&self.0);
        let is_full = state.waiting >= ALL || state.line(lane.share).waiting(lane.key) >= LANE;
        if is_full {
            return Err(NotDone::Overloaded);
        }
        let id = state.next_id;
        state.next_id += 1;
        state.waiting += 1;
        state.line(lane.share).push(lane.key, Waiter { id, start });
        state.start_next();
        drop(state);
        Ok(Place {
            state: self.0.clone(),
            lane,
            id,
            started,
            has_begun: false,
        })
    }

    /// Does `work` when it is its turn. A caller that is gone by then (its connection closed) has left its lane, and no core is spent on
    /// its work.
    ///
    /// # Errors
    /// [`NotDone::Overloaded`] at once if too many wait; [`NotDone::Failed`] if the work panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        mut place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let started = (&mut place.started).await;
        started.map_err(|error| NotDone::Failed(error.to_string()))?;
        let running = place.begin();
        let done = spawn_blocking(move || {
            let done = work();
            drop(running);
            done
        });
        done.await
            .map_err(|error| NotDone::Failed(error.to_string()))
    }

    /// Tells how many wait, as long as there are lanes.
    pub(super) fn waiting(&self) -> impl Fn() -> Option<usize> + Send + Sync + 'static {
        let state = Arc::downgrade(&self.0);
        move || Some(lock(&*state.upgrade()?).waiting)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in a lane, which is left when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    state: Arc<Mutex<State>>,
    lane: Lane,
    id: u64,
    started: oneshot::Receiver<()>,
    has_begun: bool,
}

/// Work that occupies a thread until this is dropped.
struct Running {
    state: Arc<Mutex<State>>,
    share: Share,
}

impl Place {
    fn begin(mut self) -> Running {
        self.has_begun = true;
        Running {
            state: self.state.clone(),
            share: self.lane.share,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.has_begun {
            return;
        }
        let mut state = lock(&self.state);
        if state.line(self.lane.share).remove(self.lane.key, self.id) {
            state.waiting -= 1;
        } else {
            // It was told to start and has not noticed.
            state.end(self.lane.share);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.state).end(self.share);
    }
}

impl State {
    fn line(&mut self, share: Share) -> &mut Line {
        match share {
            Share::Known => &mut self.known,
            Share::Strangers => &mut self.strangers,
            Share::Changes => &mut self.changes,
        }
    }

    /// Half of the threads, and at least one.
    fn may_change(&self) -> bool {
        self.changing < (self.threads / 2).max(1)
    }

    fn end(&mut self, share: Share) {
        self.running -= 1;
        if share == Share::Changes {
            self.changing -= 1;
        }
        self.start_next();
    }

    /// Starts what is next, as long as there is a thread for it.
    fn start_next(&mut self) {
        while self.running < self.threads {
            let Some((share, waiter)) = self.next() else {
                return;
            };
            self.waiting -= 1;
            self.running += 1;
            if share == Share::Changes {
                self.changing += 1;
            }
            // The receiver is in a place, which would have left the lane before it was dropped.
            if waiter.start.send(()).is_err() {
                tracing::error!("a password's place was lost");
            }
        }
    }

    fn next(&mut self) -> Option<(Share, Waiter)> {
        let from = Share::ALL.iter().position(|share| *share == self.turn)?;
        let turns = Share::ALL.into_iter().cycle().skip(from);
        for share in turns.take(Share::ALL.len()) {
            if share == Share::Changes && !self.may_change() {
                continue;
            }
            if let Some(waiter) = self.line(share).pop() {
                self.turn = match share {
                    Share::Known => Share::Strangers,
                    Share::Strangers => Share::Changes,
                    Share::Changes => Share::Known,
                };
                return Some((share, waiter));
            }
        }
        None
    }
}

impl Line {
    fn waiting(&self, key: u64) -> usize {
        self.lanes.get(&key).map_or(0, VecDeque::len)
    }

    fn push(&mut self, key: u64, waiter: Waiter) {
        let lane = self.lanes.entry(key).or_default();
        if lane.is_empty() {
            self.turns.push_back(key);
        }
        lane.push_back(waiter);
    }

    /// The first in the lane whose turn it is, which then waits for all the others.
    fn pop(&mut self) -> Option<Waiter> {
        let key = self.turns.pop_front()?;
        let lane = self.lanes.get_mut(&key)?;
        let first = lane.pop_front();
        if lane.is_empty() {
            self.lanes.remove(&key);
        } else {
            self.turns.push_back(key);
        }
        first
    }

    /// Returns whether it was there.
    fn remove(&mut self, key: u64, id: u64) -> bool {
        let Some(lane) = self.lanes.get_mut(&key) else {
            return false;
        };
        let Some(place) = lane.iter().position(|waiter| waiter.id == id) else {
            return false;
        };
        lane.remove(place);
        if lane.is_empty() {
            self.lanes.remove(&key);
            self.turns.retain(|turn| *turn != key);
        }
        true
    }
}

#[cfg(test)]
mod tests;
