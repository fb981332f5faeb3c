//! The open connections of a server: never more than the process has descriptors for, and a part of them at most from one client. Where
//! there are too many, the connection that has been idle for longest makes room.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Context;

use futures_util::task::AtomicWaker;
use telemetry::metrics::{HttpMetrics, gauge_of};

use super::network::{Networks, Prefix};

/// Descriptors that are kept for files, databases and connections to others.
const RESERVED: usize = 128;

/// What is assumed where the system does not tell: the usual limit.
const USUAL: usize = 1024;

/// [`Seat::idle_since`] of a connection with a pending answer.
const BUSY: u64 = 0;

/// How many connections there may be, by the descriptors that the process may open: all but `RESERVED`, and no less than half.
#[must_use]
pub fn most_connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let descriptors = descriptors(&limits).unwrap_or(USUAL);
    descriptors.saturating_sub(RESERVED).max(descriptors / 2)
}

/// The soft limit of open files in the text of `/proc/self/limits`. None if it is not there, or there is no limit.
fn descriptors(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    line?.split_whitespace().next()?.parse().ok()
}

/// The connections of one server. Clones share them.
#[derive(Clone)]
pub(super) struct Connections(Arc<Room>);

struct Room {
    seats: Mutex<Seats>,
    /// Counts up, so that of two idle connections the one with the lower number has been so for longer.
    moments: AtomicU64,
    most: usize,
    most_of_one: usize,
    /// Many clients come through one of these.
    proxies: Networks,
    metrics: HttpMetrics,
}

#[derive(Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, Arc<Seat>>,
    of_prefix: HashMap<Prefix, usize>,
}

struct Seat {
    /// None for a proxy.
    prefix: Option<Prefix>,
    idle_since: AtomicU64,
    must_leave: AtomicBool,
    waker: AtomicWaker,
}

/// A connection's place among the others, which it leaves when dropped.
pub(super) struct Guest {
    room: Arc<Room>,
    number: u64,
    seat: Arc<Seat>,
}

impl Connections {
    /// At most `most` connections, and half of them from one client that is no proxy.
    pub(super) fn new(most: usize, proxies: Networks, metrics: HttpMetrics) -> Self {
        metrics.connections().1.set(gauge_of(most));
        Self(Arc::new(Room {
            seats: Mutex::default(),
            moments: AtomicU64::new(BUSY + 1),
            most,
            most_of_one: (most / 2).max(1),
            proxies,
            metrics,
        }))
    }

    /// Takes a connection from `peer` in. None if there is no room, and no idle connection to make some.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Guest> {
        let room = &self.0;
        let is_proxy = room.proxies.contain(peer);
        let prefix = (!is_proxy).then(|| Prefix::of(peer));
        let mut seats = room.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = prefix.and_then(|prefix| seats.of_prefix.get(&prefix));
        let makes_room = if of_one.is_some_and(|of_one| *of_one >= room.most_of_one) {
            seats.dismiss(prefix)
        } else if seats.taken.len() >= room.most {
            seats.dismiss(None)
        } else {
            None
        };
        let is_full = seats.taken.len() >= room.most
            || prefix.is_some_and(|prefix| seats.count(prefix) >= room.most_of_one);
        if makes_room.is_some() {
            room.metrics.closed("idle");
        }
        if is_full {
            room.metrics.closed("no_room");
            return None;
        }
        seats.next += 1;
        let (number, seat) = (
            seats.next,
            Arc::new(Seat {
                prefix,
                idle_since: AtomicU64::new(room.moments.fetch_add(1, Ordering::Relaxed)),
                must_leave: AtomicBool::new(false),
                waker: AtomicWaker::new(),
            }),
        );
        seats.taken.insert(number, seat.clone());
        if let Some(prefix) = prefix {
            *seats.of_prefix.entry(prefix).or_default() += 1;
        }
        drop(seats);
        room.metrics.connections().0.inc();
        Some(Guest {
            room: room.clone(),
            number,
            seat,
        })
    }
}

impl Seats {
    fn count(&self, prefix: Prefix) -> usize {
        self.of_prefix.get(&prefix).copied().unwrap_or_default()
    }

    /// Sends the connection away that has been idle for longest, of `prefix` or of all.
    fn dismiss(&mut self, prefix: Option<Prefix>) -> Option<()> {
        let idle = self.taken.iter().filter_map(|(number, seat)| {
            let since = seat.idle_since.load(Ordering::Relaxed);
            let is_it = since != BUSY && (prefix.is_none() || seat.prefix == prefix);
            is_it.then_some((since, *number))
        });
        let (_, number) = idle.min()?;
        let seat = self.remove(number)?;
        seat.must_leave.store(true, Ordering::Release);
        seat.waker.wake();
        Some(())
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Seat>> {
        let seat = self.taken.remove(&number)?;
        if let Some(prefix) = seat.prefix
            && let Some(count) = self.of_prefix.get_mut(&prefix)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.of_prefix.remove(&prefix);
            }
        }
        Some(seat)
    }
}

impl Guest {
    /// Whether the connection has to end. If not, the task of `cx` is woken when it has to.
    pub(super) fn must_leave(&self, cx: &Context<'_>) -> bool {
        self.seat.waker.register(cx.waker());
        self.seat.must_leave.load(Ordering::Acquire)
    }

    /// A client waits for an answer on it.
    pub(super) fn is_busy(&self) {
        self.seat.idle_since.store(BUSY, Ordering::Relaxed);
    }

    /// What there was to send has been sent.
    pub(super) fn is_idle(&self) {
        let now = self.room.moments.fetch_add(1, Ordering::Relaxed);
        self.seat.idle_since.store(now, Ordering::Relaxed);
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut seats = self
            .room
            .seats
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // It is there no more if it was sent away.
        drop(seats.remove(self.number));
        drop(seats);
        self.room.metrics.connections().0.dec();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn connections(most: usize, proxies: &[&str]) -> Connections {
        let proxies: Vec<_> = proxies
            .iter()
            .map(|one| (*one).to_owned().try_into().unwrap())
            .collect();
        Connections::new(
            most,
            Networks::of(&proxies),
            telemetry::metrics::Metrics::default().http,
        )
    }

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn leaves(guest: &Guest) -> bool {
        guest.must_leave(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_one_that_was_idle_for_longest_makes_room() {
        let all = connections(4, &[]);
        let guests: Vec<_> = (1..=4)
            .map(|last| all.admit(address(last)).unwrap())
            .collect();
        guests[0].is_busy();
        guests[1].is_busy();
        guests[1].is_idle();
        let fifth = all.admit(address(5)).unwrap();
        let left: Vec<bool> = guests.iter().map(leaves).collect();
        assert_eq!(left, [false, false, true, false]);
        assert!(!leaves(&fifth));
        drop(guests);
        assert_eq!(all.0.seats.lock().unwrap().taken.len(), 1);
        assert_eq!(all.0.seats.lock().unwrap().of_prefix.len(), 1);
    }

    #[test]
    fn one_client_has_half_of_them_and_makes_room_for_itself() {
        let all = connections(8, &[]);
        let of_one: Vec<_> = (0..4).map(|_| all.admit(address(1)).unwrap()).collect();
        let of_another = all.admit(address(2)).unwrap();
        let next = all.admit(address(1)).unwrap();
        assert!(leaves(&of_one[0]) && !leaves(&of_one[1]));
        assert!(!leaves(&of_another));
        for guest in of_one.iter().chain([&next]) {
            guest.is_busy();
        }
        assert!(
            all.admit(address(1)).is_none(),
            "nobody who waits is sent away"
        );
        assert!(all.admit(address(3)).is_some());
    }

    #[test]
    fn a_proxy_may_have_all_of_them() {
        let all = connections(4, &["192.0.2.1"]);
        let guests: Vec<_> = (0..4).map(|_| all.admit(address(1)).unwrap()).collect();
        assert!(guests.iter().all(|guest| !leaves(guest)));
        drop(all.admit(address(1)).unwrap());
        assert!(leaves(&guests[0]));
    }

    #[test]
    fn where_all_are_busy_there_is_no_room() {
        let all = connections(2, &[]);
        let guests = [1, 2].map(|last| all.admit(address(last)).unwrap());
        guests.iter().for_each(Guest::is_busy);
        assert!(all.admit(address(3)).is_none());
        guests[0].is_idle();
        assert!(all.admit(address(3)).is_some());
    }

    #[test]
    fn the_limit_of_descriptors_is_the_soft_one() {
        let text =
            "Max cpu time   unlimited\nMax open files            1024                 4096\n";
        assert_eq!(descriptors(text), Some(1024));
        assert_eq!(descriptors("Max open files unlimited unlimited"), None);
        assert!(most_connections() > 0);
    }
}
