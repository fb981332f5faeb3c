//! How a client is told that it guessed too often.

use platform_http::{Client, Policy, Problem};
use telemetry::SecurityEvent;

use crate::app::{Throttled, UserError};

/// The refusal for `error`. If it is for too many guesses, that is noted in the security log, as `about` says.
pub(super) fn refusal(
    error: UserError,
    client: &Client,
    about: impl FnOnce(SecurityEvent) -> SecurityEvent,
) -> Problem {
    match (error, client.limits()) {
        (UserError::Throttled(throttled), Some(limits)) => {
            let event = telemetry::security("throttled").client(client.address);
            limits.refuse(&policy(&throttled), throttled.wait, about(event))
        }
        (error, _) => error.into(),
    }
}

/// The rule that was broken: so many in the time after which all of them are forgotten.
pub(super) fn policy(throttled: &Throttled) -> Policy {
    let rule = throttled.rule;
    let window = rule.forgiven_after.saturating_mul(rule.free).as_secs();
    Policy {
        name: rule.name,
        quota: rule.free,
        window: u32::try_from(window).unwrap_or(u32::MAX),
    }
}
