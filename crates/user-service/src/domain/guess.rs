//! How many guesses are allowed, and how long to wait before the next one.
//!
//! Guesses are counted by what is guessed and by where they come from. After the free ones, each that fails doubles the wait. Failures
//! expire one by one. No account is locked permanently, and strangers cannot lock an owner out: their failures do not count against a client
//! from which the owner has logged in lately.

use std::time::Duration;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What guesses are counted by: a digest, so that no email is stored once more.
pub(crate) type Subject = [u8; 32];

/// The first wait. Each failure doubles it.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait.
const LONGEST: Duration = Duration::from_mins(15);

/// How long a client counts as known to an account after a login.
const KNOWN: Duration = Duration::from_hours(30 * 24);

/// How many guesses of one kind are allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Its name, for clients and metrics.
    pub(crate) name: &'static str,
    /// Failures that cost no wait.
    pub(crate) free: u32,
    /// The time after which one failure is forgotten.
    pub(crate) forgiven_after: Duration,
}

impl Rule {
    /// One client guesses the password of one account.
    pub(crate) const LOGIN: Self = Self {
        name: "logins",
        free: 5,
        forgiven_after: Duration::from_mins(10),
    };
    /// Many clients guess the password of one account.
    pub(crate) const ACCOUNT: Self = Self {
        name: "logins-to-account",
        free: 30,
        forgiven_after: Duration::from_mins(2),
    };
    /// One client tries the accounts of many.
    pub(crate) const CLIENT: Self = Self {
        name: "logins-from-client",
        free: 100,
        forgiven_after: Duration::from_secs(30),
    };
    /// A user's token is used to guess their password.
    pub(crate) const PASSWORD: Self = Self {
        name: "passwords",
        free: 5,
        forgiven_after: Duration::from_mins(10),
    };
    /// A user's token is used to guess a code of their second factor.
    pub(crate) const CODE: Self = Self {
        name: "codes",
        free: 5,
        forgiven_after: Duration::from_mins(10),
    };
    /// One client makes up refresh tokens.
    pub(crate) const REFRESH: Self = Self {
        name: "refreshes",
        free: 100,
        forgiven_after: Duration::from_secs(10),
    };

    /// All of them.
    pub(crate) const ALL: [&'static Self; 6] = [
        &Self::LOGIN,
        &Self::ACCOUNT,
        &Self::CLIENT,
        &Self::PASSWORD,
        &Self::CODE,
        &Self::REFRESH,
    ];

    /// What `parts` are counted by under this rule.
    pub(crate) fn subject(&self, parts: &[&str]) -> Subject {
        let mut digest = Sha256::new();
        for part in [self.name].iter().chain(parts) {
            digest.update(part.len().to_be_bytes());
            digest.update(part.as_bytes());
        }
        digest.finalize().into()
    }
}

/// The failures of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    #[serde(rename = "_id", with = "serde_bytes")]
    pub(crate) subject: Subject,
    /// Those that were not forgotten by the last one.
    failures: i64,
    /// When the last one was.
    last: Timestamp,
    /// Until when a success is remembered.
    known_until: Timestamp,
    /// When there is nothing left to remember.
    pub(crate) expires_at: Timestamp,
}

impl Tally {
    /// No failures yet.
    pub(crate) fn new(subject: Subject, now: Timestamp) -> Self {
        Self {
            subject,
            failures: 0,
            last: now,
            known_until: now,
            expires_at: now,
        }
    }

    /// Whether there was a success lately.
    pub(crate) fn is_known(&self, now: Timestamp) -> bool {
        now < self.known_until
    }

    /// How long to wait before the next guess; zero if it may be made.
    pub(crate) fn wait(&self, rule: &Rule, now: Timestamp) -> Duration {
        let Ok(beyond) = u32::try_from(self.failures - i64::from(rule.free)) else {
            return Duration::ZERO;
        };
        let doubled = 2u32
            .checked_pow(beyond)
            .and_then(|times| FIRST.checked_mul(times));
        let wait = doubled.map_or(LONGEST, |wait| wait.min(LONGEST));
        self.last.plus(wait).since(now)
    }

    /// After another failure.
    pub(crate) fn failed(self, rule: &Rule, now: Timestamp) -> Self {
        let forgotten = now.since(self.last).as_millis() / rule.forgiven_after.as_millis().max(1);
        let forgotten = i64::try_from(forgotten).unwrap_or(i64::MAX);
        Self {
            failures: self.failures.saturating_sub(forgotten).max(0) + 1,
            last: now,
            ..self
        }
        .kept(rule)
    }

    /// After one that was counted as a failure has turned out to be none.
    pub(crate) fn taken_back(self, rule: &Rule) -> Self {
        Self {
            failures: (self.failures - 1).max(0),
            ..self
        }
        .kept(rule)
    }

    /// After a success of the owner.
    pub(crate) fn succeeded(self, rule: &Rule, now: Timestamp) -> Self {
        Self {
            failures: 0,
            last: now,
            known_until: now.plus(KNOWN),
            ..self
        }
        .kept(rule)
    }

    fn kept(self, rule: &Rule) -> Self {
        let failures = u32::try_from(self.failures).unwrap_or(u32::MAX);
        let forgotten = rule.forgiven_after.saturating_mul(failures);
        let forgotten = self.last.plus(forgotten).plus(LONGEST);
        Self {
            expires_at: forgotten.max(self.known_until),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);
    const RULE: Rule = Rule::LOGIN;

    fn after(failures: u32) -> Tally {
        (0..failures).fold(Tally::new([1; 32], NOW), |tally, _| {
            tally.failed(&RULE, NOW)
        })
    }

    #[test]
    fn the_first_failures_are_free_and_each_more_doubles_the_wait() {
        for failures in 0..RULE.free {
            assert_eq!(after(failures).wait(&RULE, NOW), Duration::ZERO);
        }
        for (more, seconds) in [
            (0, 1),
            (1, 2),
            (2, 4),
            (5, 32),
            (9, 512),
            (10, 900),
            (40, 900),
        ] {
            let wait = after(RULE.free + more).wait(&RULE, NOW);
            assert_eq!(wait, Duration::from_secs(seconds), "{more}");
        }
    }

    #[test]
    fn the_wait_ends_and_the_next_failure_makes_it_longer() {
        let tally = after(RULE.free);
        let half = NOW.plus(Duration::from_millis(400));
        assert_eq!(tally.wait(&RULE, half), Duration::from_millis(600));
        let then = NOW.plus(Duration::from_secs(1));
        assert_eq!(tally.wait(&RULE, then), Duration::ZERO);
        let tally = tally.failed(&RULE, then);
        assert_eq!(tally.wait(&RULE, then), Duration::from_secs(2));
    }

    #[test]
    fn time_forgives_one_failure_after_the_other() {
        let tally = after(RULE.free + 3);
        let later = NOW.plus(RULE.forgiven_after * 4);
        let tally = tally.failed(&RULE, later);
        assert_eq!(tally.wait(&RULE, later), Duration::from_secs(1));
        let much_later = later.plus(Duration::from_hours(24));
        let tally = tally.failed(&RULE, much_later);
        assert_eq!(tally.failures, 1);
    }

    #[test]
    fn a_success_forgives_all_and_is_remembered_for_a_while() {
        let tally = after(RULE.free + 3).succeeded(&RULE, NOW);
        assert_eq!(tally.wait(&RULE, NOW), Duration::ZERO);
        assert!(tally.is_known(NOW.plus(Duration::from_hours(24))));
        assert!(!tally.is_known(NOW.plus(KNOWN)));
        assert_eq!(tally.expires_at, NOW.plus(KNOWN));
        assert!(!after(1).is_known(NOW));
    }

    #[test]
    fn what_was_no_failure_is_taken_back() {
        let tally = after(RULE.free + 1).taken_back(&RULE);
        assert_eq!(tally.wait(&RULE, NOW), Duration::from_secs(1));
        assert_eq!(after(0).taken_back(&RULE).failures, 0);
    }

    #[test]
    fn a_tally_is_kept_until_its_last_failure_is_forgiven() {
        let tally = after(RULE.free + 3);
        let forgotten = NOW.plus(RULE.forgiven_after * (RULE.free + 3));
        assert!(tally.expires_at >= forgotten);
        assert_eq!(tally.wait(&RULE, tally.expires_at), Duration::ZERO);
    }

    #[test]
    fn subjects_differ_by_rule_and_by_each_part() {
        let subjects = [
            Rule::LOGIN.subject(&["a", "b"]),
            Rule::LOGIN.subject(&["ab", ""]),
            Rule::LOGIN.subject(&["ab"]),
            Rule::ACCOUNT.subject(&["ab"]),
        ];
        for (place, one) in subjects.iter().enumerate() {
            assert!(!subjects.iter().skip(place + 1).any(|other| other == one));
        }
    }
}
