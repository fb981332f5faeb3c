//! How a limit is told to a client: 429 with `Retry-After`, `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).

use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};

use crate::problem::{Problem, common};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A limit as clients are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Its name: lower-case letters and hyphens.
    pub name: &'static str,
    /// How much is allowed in a window.
    pub quota: u32,
    /// The window in seconds.
    pub window: u32,
}

/// The refusal of what exceeds `policy`: more is allowed after `wait`.
#[must_use]
pub fn throttled(policy: &Policy, wait: Duration) -> Problem {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    let Policy {
        name,
        quota,
        window,
    } = policy;
    let problem = Problem::new(
        &common::TOO_MANY_REQUESTS,
        format!("Try again in {seconds} s."),
    )
    .retry_after(seconds);
    let headers = [
        (
            RATE_LIMIT_POLICY,
            format!("\"{name}\";q={quota};w={window}"),
        ),
        (RATE_LIMIT, format!("\"{name}\";r=0;t={seconds}")),
    ];
    headers.into_iter().fold(
        problem,
        |problem, (name, value)| match HeaderValue::from_str(&value) {
            Ok(value) => problem.header(name, value),
            Err(error) => Problem::internal(error),
        },
    )
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError as _;

    use super::*;

    #[test]
    fn a_refusal_says_what_is_allowed_and_when_to_come_again() {
        let policy = Policy {
            name: "logins",
            quota: 5,
            window: 600,
        };
        let answer = throttled(&policy, Duration::from_millis(3001)).error_response();
        assert_eq!(answer.status(), 429);
        for (name, value) in [
            ("retry-after", "4"),
            ("ratelimit-policy", "\"logins\";q=5;w=600"),
            ("ratelimit", "\"logins\";r=0;t=4"),
        ] {
            assert_eq!(answer.headers().get(name).unwrap(), value, "{name}");
        }
        let at_once = throttled(&policy, Duration::ZERO).error_response();
        assert_eq!(at_once.headers().get("retry-after").unwrap(), "1");
    }
}
