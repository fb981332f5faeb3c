//! What one client may ask for: how many lists and creations a minute, and how many lists at once. Counted by user, or by the prefix of the
//! address for those who have not said who they are.
//!
//! These limits keep one client from crowding out the others, so each replica counts for itself. Guesses of passwords and tokens are
//! another matter: the user service counts them in its store.

mod counted;
mod policy;
mod rate;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, SystemClock};
use telemetry::SecurityEvent;
use telemetry::metrics::HttpMetrics;

use super::network::Networks;
use super::problem::Problem;

pub(super) use counted::Counted;
pub use policy::{Policy, throttled};
pub use turns::Turn;
pub(super) use turns::{POLICY as LISTS_AT_ONCE, Queued};

use rate::Rate;
use turns::Turns;

/// The numbers of the limits.
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    /// Lists and searches a minute; 0 for any number.
    pub lists_per_minute: u32,
    /// Creations a minute; 0 for any number.
    pub creates_per_minute: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            lists_per_minute: 1200,
            creates_per_minute: 300,
        }
    }
}

/// The limits of a server, and who is exempt from them.
pub struct Limits {
    /// Whose word about a client's address counts.
    pub(super) proxies: Networks,
    /// Clients without limits.
    pub(super) unlimited: Networks,
    clock: Arc<dyn Clock>,
    metrics: HttpMetrics,
    pub(super) lists: Rate,
    pub(super) creates: Rate,
    pub(super) turns: Turns,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").finish_non_exhaustive()
    }
}

impl Limits {
    /// The usual limits. No proxy is trusted, and no client is exempt.
    #[must_use]
    pub fn usual(metrics: HttpMetrics) -> Self {
        let nobody = Networks::default();
        let (clock, quotas) = (Arc::new(SystemClock), Quotas::default());
        Self::new(clock, metrics, quotas, nobody.clone(), nobody)
    }

    /// Limits with these `quotas`, for clients whose address `proxies` tell and who are not `unlimited`.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        metrics: HttpMetrics,
        quotas: Quotas,
        proxies: Networks,
        unlimited: Networks,
    ) -> Self {
        Self {
            proxies,
            unlimited,
            clock,
            metrics,
            lists: Rate::new("lists", quotas.lists_per_minute),
            creates: Rate::new("creates", quotas.creates_per_minute),
            turns: Turns::default(),
        }
    }

    /// Refuses what exceeded `policy`, counts it, and notes `event` in the security log.
    #[must_use]
    pub fn refuse(&self, policy: &Policy, wait: Duration, event: SecurityEvent) -> Problem {
        self.metrics.throttled(policy.name);
        event.detail(policy.name).warn();
        throttled(policy, wait)
    }

    /// Counts one for `whom`; if that is too many, refuses it and notes the event.
    pub(super) fn count(
        &self,
        rate: &Rate,
        whom: Counted,
        event: impl FnOnce() -> SecurityEvent,
    ) -> Result<(), Problem> {
        let taken = rate.take(whom, self.clock.now());
        taken.map_err(|wait| self.refuse(&rate.policy, wait, event()))
    }
}
