//! So many a minute, for each client. A client that has waited may ask for a whole minute's worth at once (the generic cell rate algorithm).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kernel::Timestamp;

use super::counted::Counted;
use super::policy::Policy;

/// Seconds of a window.
const WINDOW: u32 = 60;

/// A window in microseconds.
const SPAN: i64 = 60_000_000;

/// From how many clients on those that may ask for all of it again are forgotten.
const MANY: usize = 10_000;

/// A limit, and how far each client has used it.
pub(crate) struct Rate {
    pub(crate) policy: Policy,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    /// When each client may ask for a whole window's worth again, in microseconds.
    whole_at: HashMap<Counted, i64>,
    /// How many clients to remember before looking for some to forget.
    most: usize,
}

impl Rate {
    /// `quota` a minute; 0 is any number.
    pub(super) fn new(name: &'static str, quota: u32) -> Self {
        Self {
            policy: Policy {
                name,
                quota,
                window: WINDOW,
            },
            used: Mutex::default(),
        }
    }

    /// Counts one for `whom`, or tells how long to wait.
    pub(crate) fn take(&self, whom: Counted, now: Timestamp) -> Result<(), Duration> {
        let Some(interval) = SPAN.checked_div(self.policy.quota.into()) else {
            return Ok(());
        };
        let now = now.as_millis().saturating_mul(1000);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let whole_at = used.whole_at.get(&whom).copied().unwrap_or(now).max(now);
        let next = whole_at.saturating_add(interval);
        let beyond = next.saturating_sub(now).saturating_sub(SPAN);
        if beyond > 0 {
            return Err(Duration::from_micros(u64::try_from(beyond).unwrap_or(0)));
        }
        used.whole_at.insert(whom, next);
        if used.whole_at.len() > used.most.max(MANY) {
            used.whole_at.retain(|_, whole_at| *whole_at > now);
            used.most = used.whole_at.len().saturating_mul(2);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel::{SystemIds, UserId};

    use super::*;
    use crate::network::Prefix;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn address(last: u8) -> Counted {
        Counted::Prefix(Prefix::of([192, 0, 2, last].into()))
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_the_rest_as_time_passes() {
        let rate = Rate::new("things", 60);
        let one = address(1);
        for _ in 0..60 {
            assert_eq!(rate.take(one, NOW), Ok(()));
        }
        assert_eq!(rate.take(one, NOW), Err(Duration::from_secs(1)));
        let later = NOW.plus(Duration::from_millis(400));
        assert_eq!(rate.take(one, later), Err(Duration::from_millis(600)));
        let later = NOW.plus(Duration::from_secs(1));
        assert_eq!(rate.take(one, later), Ok(()));
        assert!(rate.take(one, later).is_err());
        let later = NOW.plus(Duration::from_mins(3));
        let taken = (0..100).filter(|_| rate.take(one, later).is_ok());
        assert_eq!(taken.count(), 60, "no more than a minute's worth is saved");
    }

    #[test]
    fn each_client_is_counted_by_itself() {
        let rate = Rate::new("things", 1);
        let user = Counted::User(UserId::new(&SystemIds::default()));
        for whom in [address(1), address(2), user] {
            assert_eq!(rate.take(whom, NOW), Ok(()));
            assert!(rate.take(whom, NOW).is_err());
        }
    }

    #[test]
    fn a_quota_of_zero_is_no_limit() {
        let rate = Rate::new("things", 0);
        assert!((0..1000).all(|_| rate.take(address(1), NOW).is_ok()));
    }

    #[test]
    fn clients_that_may_ask_for_all_of_it_again_are_forgotten() {
        let rate = Rate::new("things", 60);
        let many = |now, from: u32| {
            for number in from..from + 11_000 {
                let prefix = Prefix::of(std::net::Ipv4Addr::from_bits(number).into());
                rate.take(Counted::Prefix(prefix), now).unwrap();
            }
            rate.used.lock().unwrap().whole_at.len()
        };
        assert_eq!(many(NOW, 0), 11_000);
        let later = NOW.plus(Duration::from_mins(5));
        let kept = many(later, 1_000_000);
        assert!(kept <= 22_000, "{kept}");
        assert!(many(later.plus(Duration::from_mins(5)), 2_000_000) < 33_000);
    }
}
