//! Where a sweep of a time index may begin.
//!
//! A sweep repeatedly asks for what is due: the index entries up to now. Entries that were due earlier have been handled and deleted. The
//! server keeps deleted entries for minutes (`minSnapshotHistoryWindowInSeconds`), however, and a scan from the start of the index walks
//! over each of them. Under load that costs more than everything else together. A sweep therefore begins slightly before the end of the
//! last complete one. Only occasionally does it begin at the start of the index, to find leftovers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::Timestamp;

/// How far behind the last sweep another process may still write, because of clock skew or a long transaction.
const MARGIN: Duration = Duration::from_secs(15);
/// Interval between sweeps from the start of the index.
const FROM_THE_BEGINNING: Duration = Duration::from_secs(20);

/// Remembers how far the sweeps have progressed. See the module.
#[derive(Debug, Default)]
pub struct Horizon(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    swept_up_to: Option<Timestamp>,
    from_the_beginning_at: Option<Timestamp>,
}

impl Horizon {
    /// The earliest time that a sweep at `now` must look at. None: no lower bound.
    #[must_use]
    pub fn from(&self, now: Timestamp) -> Option<Timestamp> {
        let state = self.lock();
        let whole = state.from_the_beginning_at?;
        let up_to = state.swept_up_to?;
        // A clock that was set back also causes a sweep from the start.
        (whole <= now && now < whole.plus(FROM_THE_BEGINNING) && up_to <= now)
            .then(|| up_to.minus(MARGIN))
    }

    /// Records that a sweep at `now`, begun at `from`, found everything that was due.
    pub fn swept(&self, from: Option<Timestamp>, now: Timestamp) {
        let mut state = self.lock();
        state.swept_up_to = Some(now);
        if from.is_none() {
            state.from_the_beginning_at = Some(now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_sweep_goes_on_a_little_before_where_the_last_one_ended() {
        let horizon = Horizon::default();
        assert_eq!(horizon.from(at(100)), None);
        horizon.swept(None, at(100));
        assert_eq!(horizon.from(at(101)), Some(at(85)));
        horizon.swept(Some(at(85)), at(101));
        assert_eq!(horizon.from(at(102)), Some(at(86)));
    }

    #[test]
    fn now_and_then_and_when_the_clock_is_set_back_it_begins_at_the_beginning() {
        let horizon = Horizon::default();
        horizon.swept(None, at(100));
        horizon.swept(Some(at(85)), at(119));
        assert_eq!(horizon.from(at(120)), None);
        assert_eq!(horizon.from(at(99)), None);
    }

    #[test]
    fn a_sweep_that_did_not_find_all_moves_nothing() {
        let horizon = Horizon::default();
        horizon.swept(None, at(100));
        assert_eq!(horizon.from(at(110)), Some(at(85)));
        assert_eq!(horizon.from(at(111)), Some(at(85)));
    }
}
