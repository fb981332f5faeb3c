//! Work that several requests ask for at the same time is done once for all of them.
//!
//! Work for a key begins at once while fewer than [`AT_ONCE`] are in flight. Later requests for the same key wait for the next, which one of
//! them does for all that wait when it begins. So no answer is older than its request, and nothing is cached. This is Go's
//! `singleflight` with the rule of `store-mongo`'s gets.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Works of one key in flight: while one is answered, the next is at work.
const AT_ONCE: usize = 2;

/// Works in flight, by key, and who waits for which.
pub struct Shared<K: Eq + Hash + Clone, V: Clone> {
    queues: Arc<Queues<K, V>>,
}

type Queues<K, V> = Mutex<HashMap<K, Queue<K, V>>>;
type Waiter<K, V> = oneshot::Sender<Told<K, V>>;

struct Queue<K: Eq + Hash + Clone, V: Clone> {
    in_flight: usize,
    waiting: Vec<Waiter<K, V>>,
    /// One that waited was told to lead, and has not begun. All others that wait will follow it.
    has_leader: bool,
}

/// What a waiting request is told.
enum Told<K: Eq + Hash + Clone, V: Clone> {
    Answer(V),
    /// It does the work for all that wait.
    Lead(Turn<K, V>),
}

/// A place among those [`AT_ONCE`]. Dropped, it goes to one that waits.
struct Turn<K: Eq + Hash + Clone, V: Clone> {
    queues: Arc<Queues<K, V>>,
    key: K,
    has_begun: bool,
    /// The other requests that share the work.
    followers: Vec<Waiter<K, V>>,
}

impl<K: Eq + Hash + Clone, V: Clone> Default for Shared<K, V> {
    fn default() -> Self {
        Self {
            queues: Arc::default(),
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Shared<K, V> {
    /// What `work` makes for `key`; of several equal requests that wait at the same time, one does it for all.
    pub async fn get(&self, key: K, work: impl AsyncFnOnce() -> V) -> V {
        let mut turn = match self.turn(&key) {
            Ok(turn) => turn,
            Err(told) => match told.await {
                Ok(Told::Answer(answer)) => return answer,
                Ok(Told::Lead(turn)) => turn,
                // Only if a panic was in the way: then it works for itself alone.
                Err(_) => return work().await,
            },
        };
        turn.begin();
        let answer = work().await;
        turn.land(&answer);
        answer
    }

    /// A turn if one is free, or else where to wait.
    fn turn(&self, key: &K) -> Result<Turn<K, V>, oneshot::Receiver<Told<K, V>>> {
        let mut queues = lock(&self.queues);
        let queue = queues.entry(key.clone()).or_insert_with(|| Queue {
            in_flight: 0,
            waiting: Vec::new(),
            has_leader: false,
        });
        if queue.in_flight < AT_ONCE {
            queue.in_flight += 1;
            return Ok(Turn {
                queues: self.queues.clone(),
                key: key.clone(),
                has_begun: false,
                followers: Vec::new(),
            });
        }
        let (waiter, told) = oneshot::channel();
        queue.waiting.push(waiter);
        Err(told)
    }
}

fn lock<K: Eq + Hash + Clone, V: Clone>(
    queues: &Queues<K, V>,
) -> MutexGuard<'_, HashMap<K, Queue<K, V>>> {
    // No panic can interrupt a change of a queue, so its state is always consistent.
    queues.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Eq + Hash + Clone, V: Clone> Turn<K, V> {
    /// All that wait now are followers.
    fn begin(&mut self) {
        self.has_begun = true;
        if let Some(queue) = lock(&self.queues).get_mut(&self.key) {
            queue.has_leader = false;
            self.followers = std::mem::take(&mut queue.waiting);
        }
    }

    fn land(mut self, answer: &V) {
        for follower in self.followers.drain(..) {
            // The follower may be gone.
            drop(follower.send(Told::Answer(answer.clone())));
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Drop for Turn<K, V> {
    /// Hands the turn on to a waiter. Followers whose leader was cancelled wait again.
    fn drop(&mut self) {
        let mut queues = lock(&self.queues);
        let Some(queue) = queues.get_mut(&self.key) else {
            return;
        };
        if !self.has_begun {
            queue.has_leader = false;
        }
        queue.waiting.append(&mut self.followers);
        queue.waiting.retain(|waiter| !waiter.is_closed());
        if !queue.has_leader
            && let Some(next) = queue.waiting.pop()
        {
            queue.has_leader = true;
            let turn = Self {
                queues: self.queues.clone(),
                key: self.key.clone(),
                has_begun: false,
                followers: Vec::new(),
            };
            drop(queues);
            // If it has just gone, the turn comes back and is dropped, which hands it on.
            drop(next.send(Told::Lead(turn)));
            return;
        }
        queue.in_flight -= 1;
        if queue.in_flight == 0 {
            queues.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    /// Works that end when the test lets them.
    struct World {
        shared: Shared<&'static str, usize>,
        begun: AtomicUsize,
        ends: Semaphore,
    }

    impl World {
        fn new() -> Self {
            Self {
                shared: Shared::default(),
                begun: AtomicUsize::default(),
                ends: Semaphore::new(0),
            }
        }

        async fn get(&self, key: &'static str) -> usize {
            let work = async || {
                let number = self.begun.fetch_add(1, Ordering::SeqCst);
                self.ends.acquire().await.unwrap().forget();
                number
            };
            self.shared.get(key, work).await
        }

        fn end(&self, count: usize) {
            self.ends.add_permits(count);
        }

        fn begun(&self) -> usize {
            self.begun.load(Ordering::SeqCst)
        }

        fn is_empty(&self) -> bool {
            lock(&self.shared.queues).is_empty()
        }
    }

    #[tokio::test]
    async fn those_that_wait_share_the_next_work_and_it_begins_after_they_came() {
        let world = World::new();
        let mut gets = join_all((0..10).map(|_| world.get("page")));
        assert!((&mut gets).now_or_never().is_none());
        assert_eq!(world.begun(), 2, "two are at work, eight wait");
        world.end(3);
        let mut answers = gets.await;
        answers.sort_unstable();
        assert_eq!(answers, [&[0, 1][..], &[2; 8]].concat());
        assert!(world.is_empty(), "nothing is kept");
    }

    #[tokio::test]
    async fn other_keys_do_not_wait() {
        let world = World::new();
        let mut gets = join_all(["one", "one", "one", "other"].map(|key| world.get(key)));
        assert!((&mut gets).now_or_never().is_none());
        assert_eq!(world.begun(), 3);
        world.end(4);
        gets.await;
        assert!(world.is_empty());
    }

    #[tokio::test]
    async fn who_leaves_before_its_work_is_done_leaves_it_to_one_that_waits() {
        let world = World::new();
        let mut leavers: Vec<_> = (0..2).map(|_| Box::pin(world.get("page"))).collect();
        let mut stayers = join_all((0..3).map(|_| world.get("page")));
        for leaver in &mut leavers {
            assert!(leaver.now_or_never().is_none());
        }
        assert!((&mut stayers).now_or_never().is_none());
        drop(leavers);
        assert!((&mut stayers).now_or_never().is_none());
        world.end(2);
        assert_eq!(stayers.await.len(), 3);
        assert!(world.is_empty());
    }

    #[tokio::test]
    async fn a_leader_that_leaves_while_others_follow_it_leaves_them_to_the_next() {
        let world = World::new();
        let mut first: Vec<_> = (0..2).map(|_| Box::pin(world.get("page"))).collect();
        for one in &mut first {
            assert!(one.now_or_never().is_none());
        }
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(world.get("page"))).collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        world.end(2);
        join_all(first).await;
        // One of them is told to lead, and has the others for followers.
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        assert!(world.begun() > 2);
        // Whoever leads is among these.
        drop(waiting.drain(2..));
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        world.end(2);
        assert_eq!(join_all(waiting).await.len(), 2);
        assert!(world.is_empty());
    }
}
