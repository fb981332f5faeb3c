//! Where the time comes from.
//!
//! A machine's clock steps: NTP corrects it, an operator sets it, a virtual machine resumes. Nothing that this program orders by time may
//! change its order then, and no login may end early. Two clocks take care of that. Both are the machine's clock as long as it does not step.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Timestamp;
use crate::time::millis_of;

/// The source of the current time. Injected, so that leases, deadlines and expiry can be tested without sleeping.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, for everything that is kept. It never goes back, for any holder in this process: while the machine's clock is
/// behind it, it runs at half speed until that has caught up. It jumps ahead with the machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

static SYSTEM: Paced = Paced::new(Catch::AtOnce, 2);

impl SystemClock {
    /// Makes the clock start no earlier than `time`, such as when data was last written: ids and times continue from there although the
    /// machine's clock was set back while nothing ran. A time more than a day ahead is ignored. To be called before the clock is used.
    pub fn begin_after(time: Timestamp) {
        SYSTEM.begin_after(time);
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SYSTEM.now(wall(), Instant::now())
    }
}

/// A clock for durations that begin and end in this process, such as a token's validity. It follows neither a step back nor a jump ahead,
/// but corrects itself by at most one part in two hundred: in the 15 minutes of a token that is less than the usual leeway of 5 seconds.
#[derive(Debug)]
pub struct SteadyClock(Paced);

impl SteadyClock {
    /// A clock that starts at the machine's time.
    #[must_use]
    pub const fn new() -> Self {
        Self(Paced::new(Catch::OnePartIn(200), 200))
    }
}

impl Default for SteadyClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.0.now(wall(), Instant::now())
    }
}

/// Nanoseconds since the Unix epoch, by the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock"
)]
fn wall() -> i128 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    nanos(since_epoch.unwrap_or_default())
}

fn nanos(span: Duration) -> i128 {
    i128::try_from(span.as_nanos()).unwrap_or(i128::MAX)
}

/// How far ahead of the machine's clock a clock may begin. A greater difference is taken for a mistake in the past.
const TRUSTED: Duration = Duration::from_hours(24);

/// How a clock catches up with the machine's.
#[derive(Debug, Clone, Copy)]
enum Catch {
    AtOnce,
    /// By this part of the time that passes.
    OnePartIn(i128),
}

/// A clock that follows the machine's at a limited pace.
#[derive(Debug)]
struct Paced {
    ahead: Catch,
    /// The part of the time that passes by which it slows down while it is ahead of the machine's clock. At least 2.
    back: i128,
    /// What it showed last, in nanoseconds, and when that was.
    shown: Mutex<Option<(i128, Instant)>>,
    /// The earliest that it may show, in milliseconds.
    least: AtomicI64,
}

impl Paced {
    const fn new(ahead: Catch, back: i128) -> Self {
        Self {
            ahead,
            back,
            shown: Mutex::new(None),
            least: AtomicI64::new(i64::MIN),
        }
    }

    fn begin_after(&self, time: Timestamp) {
        self.least.fetch_max(time.as_millis(), Ordering::SeqCst);
    }

    /// The time, when the machine's clock shows `wall` and its monotonic clock `at`.
    fn now(&self, wall: i128, at: Instant) -> Timestamp {
        const MILLI: i128 = 1_000_000;
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match *shown {
            None => {
                let least = i128::from(self.least.load(Ordering::SeqCst)) * MILLI;
                if least - wall > nanos(TRUSTED) {
                    wall
                } else {
                    wall.max(least)
                }
            }
            Some((last, since)) => {
                let passed = nanos(at.saturating_duration_since(since));
                let due = last + passed;
                let off = wall - due;
                let correction = match self.ahead {
                    Catch::OnePartIn(part) if off > 0 => off.min(passed / part),
                    Catch::AtOnce | Catch::OnePartIn(_) => off.max(-(passed / self.back)),
                };
                due + correction
            }
        };
        // Of two threads, the later reading may come first.
        let since = shown.map_or(at, |(_, since)| since.max(at));
        *shown = Some((next, since));
        Timestamp::from_millis(i64::try_from(next.div_euclid(MILLI)).unwrap_or(i64::MAX))
    }
}

/// A clock that moves only when it is told to: for tests, and for demo data that lies in the past.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that starts at `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Sets the clock to `now`, which may lie before what it showed: as an operator or NTP sets a machine's.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Moves the clock forward by `span`.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(millis_of(span), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i128 = 1_000_000_000;
    const START: i128 = 1_700_000_000 * SECOND;

    /// What `clock` shows after each of the steps: seconds that pass, and seconds by which the machine's clock is set meanwhile.
    fn shown(clock: &Paced, steps: &[(u64, i64)]) -> Vec<i64> {
        let (mut wall, mut at) = (START, Instant::now());
        let mut times = vec![clock.now(wall, at).as_seconds()];
        for &(passed, set) in steps {
            at += Duration::from_secs(passed);
            wall += i128::from(passed) * SECOND + i128::from(set) * SECOND;
            times.push(clock.now(wall, at).as_seconds());
        }
        times.iter().map(|time| time - 1_700_000_000).collect()
    }

    #[test]
    fn the_system_clock_runs_at_half_speed_until_the_machines_has_caught_up() {
        let clock = Paced::new(Catch::AtOnce, 2);
        let steps = [(10, 0), (10, -60), (60, 0), (40, 0), (10, 0), (10, 3600)];
        // Set back to -40 at 20. Half speed: 15 at 20, 45 at 80, 65 at 120; it has caught up at 130, when both show 70.
        assert_eq!(shown(&clock, &steps), [0, 10, 15, 45, 65, 70, 3680]);
    }

    #[test]
    fn the_steady_clock_loses_and_gains_no_more_than_the_leeway_in_the_life_of_a_token() {
        for set in [-86_400, -600, -1, 1, 600, 86_400] {
            let clock = Paced::new(Catch::OnePartIn(200), 200);
            let steps: Vec<(u64, i64)> = (0..900)
                .map(|n| (1, if n == 0 { set } else { 0 }))
                .collect();
            let lived = *shown(&clock, &steps).last().unwrap();
            assert!((895..=905).contains(&lived), "{set}: {lived}");
        }
    }

    #[test]
    fn a_clock_begins_no_earlier_than_it_is_told_to() {
        let clock = Paced::new(Catch::AtOnce, 2);
        clock.begin_after(Timestamp::from_millis(1_700_000_100_000));
        let times = shown(&clock, &[(100, 0), (200, 0)]);
        assert_eq!(times, [100, 150, 300]);
        let clock = Paced::new(Catch::AtOnce, 2);
        clock.begin_after(Timestamp::from_millis(1_700_000_000_000 + 25 * 3_600_000));
        assert_eq!(shown(&clock, &[]), [0], "the clock was wrong back then");
    }

    proptest! {
        #[test]
        fn no_clock_goes_back_whatever_the_machines_does(
            steps in prop::collection::vec((0_u64..1000, -100_000_i64..100_000), 0..50),
        ) {
            for clock in [Paced::new(Catch::AtOnce, 2), Paced::new(Catch::OnePartIn(200), 200)] {
                let times = shown(&clock, &steps);
                prop_assert!(times.is_sorted(), "{:?}", times);
            }
        }
    }
}
