//! Counts guesses of passwords and tokens in the store, so that all replicas know of each. A guess is counted as failed before the password
//! is hashed, and taken back if it was right: many at once are counted like one after the other.

use std::sync::Arc;
use std::time::Duration;

use auth::Lane;
use kernel::{Timestamp, UserId};
use platform_http::{Client, Prefix};
use store::{Store, StoreResult, Tx};

use super::UserError;
use crate::domain::{Email, Rule, Subject, Tally};

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    prefix: Prefix,
    /// Whether its guesses are counted.
    is_limited: bool,
}

impl From<&Client> for Origin {
    fn from(client: &Client) -> Self {
        Self {
            prefix: client.prefix(),
            is_limited: client.limits().is_some(),
        }
    }
}

impl Origin {
    /// This process itself.
    pub(crate) fn within() -> Self {
        Self {
            prefix: Prefix::of(std::net::Ipv4Addr::LOCALHOST.into()),
            is_limited: false,
        }
    }

    /// Where its new password waits.
    pub(crate) fn lane(&self) -> Lane {
        Lane::change(&self.prefix)
    }
}

/// A guess, and what it is counted by.
#[derive(Debug, Clone)]
pub(crate) struct Guess {
    prefix: Prefix,
    /// By the guesser and the account. A success is remembered here.
    own: Option<(Subject, &'static Rule)>,
    /// By others too: of no concern to those who are known.
    shared: Vec<(Subject, &'static Rule)>,
}

/// Too many guesses have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttled {
    pub(crate) rule: &'static Rule,
    pub(crate) wait: Duration,
}

impl Guess {
    /// Of the password of the account with `email`, which may not exist.
    pub(crate) fn login(email: &Email, origin: Origin) -> Self {
        let client = origin.prefix.to_string();
        let of = |rule: &'static Rule, parts: &[&str]| (rule.subject(parts), rule);
        Self::of(
            origin,
            of(&Rule::LOGIN, &[email.key(), &client]),
            vec![
                of(&Rule::ACCOUNT, &[email.key()]),
                of(&Rule::CLIENT, &[&client]),
            ],
        )
    }

    /// Of the password of a user whose token was sent.
    pub(crate) fn password(user: UserId, origin: Origin) -> Self {
        Self::of_user(&Rule::PASSWORD, user, origin)
    }

    /// Of a code of a user whose token was sent. Not counted with passwords: one that is right would forgive the codes that were wrong.
    pub(crate) fn code(user: UserId, origin: Origin) -> Self {
        Self::of_user(&Rule::CODE, user, origin)
    }

    fn of_user(rule: &'static Rule, user: UserId, origin: Origin) -> Self {
        let subject = rule.subject(&[&user.to_string()]);
        Self::of(origin, (subject, rule), Vec::new())
    }

    fn of(
        origin: Origin,
        own: (Subject, &'static Rule),
        shared: Vec<(Subject, &'static Rule)>,
    ) -> Self {
        let is_limited = origin.is_limited;
        Self {
            prefix: origin.prefix,
            own: is_limited.then_some(own),
            shared: if is_limited { shared } else { Vec::new() },
        }
    }

    /// Counts it as failed, unless there were too many.
    ///
    /// # Errors
    /// [`UserError::Throttled`], and store errors.
    pub(crate) async fn begin(self, store: &Store, now: Timestamp) -> Result<Begun, UserError> {
        let Some(own) = self.own else {
            return Ok(Begun {
                lane: Lane::stranger(&self.prefix),
                counted: Vec::new(),
            });
        };
        let (shared, prefix) = (self.shared, self.prefix);
        let begun = store
            .write(move |tx| {
                let subjects = shared.iter().map(|(subject, _)| *subject);
                tx.want::<Tally>(subjects.chain([own.0]))?;
                let mut counted = vec![(load(tx, own.0, now)?, own.1)];
                let is_known = counted.iter().any(|(tally, _)| tally.is_known(now));
                if !is_known {
                    for (subject, rule) in &shared {
                        counted.push((load(tx, *subject, now)?, *rule));
                    }
                }
                let waits = counted.iter().map(|(tally, rule)| Throttled {
                    rule,
                    wait: tally.wait(rule, now),
                });
                let longest = waits.max_by_key(|throttled| throttled.wait);
                if let Some(throttled) = longest.filter(|longest| !longest.wait.is_zero()) {
                    return Ok(Err(throttled));
                }
                let subjects = counted.iter().map(|(tally, rule)| (tally.subject, *rule));
                let subjects: Vec<_> = subjects.collect();
                for (tally, rule) in counted {
                    tx.put(tally.failed(rule, now))?;
                }
                Ok(Ok((subjects, is_known)))
            })
            .await?;
        let (counted, is_known) = begun.map_err(UserError::Throttled)?;
        let lane = if is_known {
            Lane::known(&prefix)
        } else {
            Lane::stranger(&prefix)
        };
        Ok(Begun { lane, counted })
    }
}

/// A guess that is being checked. It has failed, unless [`Begun::was_right`].
#[derive(Debug)]
pub(crate) struct Begun {
    /// Where its password waits.
    pub(crate) lane: Lane,
    /// The guesser's own tally first.
    counted: Vec<(Subject, &'static Rule)>,
}

impl Begun {
    /// It was no guess: this client knows the password.
    pub(crate) async fn was_right(self, store: &Store, now: Timestamp) -> StoreResult<()> {
        self.settle(store, now, true).await
    }

    /// Nothing was learnt by it: the password was not checked.
    pub(crate) async fn was_none(self, store: &Store, now: Timestamp) -> StoreResult<()> {
        self.settle(store, now, false).await
    }

    async fn settle(self, store: &Store, now: Timestamp, was_right: bool) -> StoreResult<()> {
        let counted = self.counted;
        if counted.is_empty() {
            return Ok(());
        }
        store
            .write(move |tx| {
                tx.want::<Tally>(counted.iter().map(|(subject, _)| *subject))?;
                let mut succeeds = was_right;
                for (subject, rule) in &counted {
                    let tally = load(tx, *subject, now)?;
                    tx.put(if std::mem::take(&mut succeeds) {
                        tally.succeeded(rule, now)
                    } else {
                        tally.taken_back(rule)
                    })?;
                }
                Ok(())
            })
            .await
    }
}

fn load(tx: &mut Tx<'_>, subject: Subject, now: Timestamp) -> StoreResult<Tally> {
    let found = tx.get::<Tally>(&subject)?;
    Ok(found.map_or_else(|| Tally::new(subject, now), Arc::unwrap_or_clone))
}

/// Refresh tokens are too long to be guessed: their failures are counted when they happen, and logins that last cost no write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refreshes(Option<Subject>);

impl Refreshes {
    pub(crate) fn of(origin: Origin) -> Self {
        let subject = || Rule::REFRESH.subject(&[&origin.prefix.to_string()]);
        Self(origin.is_limited.then(subject))
    }

    /// # Errors
    /// [`UserError::Throttled`], and store errors.
    pub(crate) async fn check(self, store: &Store, now: Timestamp) -> Result<(), UserError> {
        let Some(subject) = self.0 else {
            return Ok(());
        };
        let rule = &Rule::REFRESH;
        let tally = store.get::<Tally>(&subject).await?;
        let wait = tally.map_or(Duration::ZERO, |tally| tally.wait(rule, now));
        if wait.is_zero() {
            return Ok(());
        }
        Err(UserError::Throttled(Throttled { rule, wait }))
    }

    /// The token was not valid.
    pub(crate) async fn failed(self, store: &Store, now: Timestamp) -> StoreResult<()> {
        let Some(subject) = self.0 else {
            return Ok(());
        };
        store
            .write(move |tx| {
                let tally = load(tx, subject, now)?;
                tx.put(tally.failed(&Rule::REFRESH, now))
            })
            .await
    }
}
