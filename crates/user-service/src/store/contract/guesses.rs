//! Rules about guesses.

use std::sync::Arc;
use std::time::Duration;

use platform_http::{Client, Limits, Networks, Quotas};

use super::{NOW, Open, email};
use crate::app::steps::{Guess, Refreshes};
use crate::app::{Origin, UserError};
use crate::domain::Rule;

/// A client whom the usual limits limit.
fn from(last: u8) -> Origin {
    let metrics = telemetry::metrics::Metrics::default().http;
    let nobody = Networks::default();
    let clock = Arc::new(kernel::SystemClock);
    let limits = Limits::new(clock, metrics, Quotas::default(), nobody.clone(), nobody);
    (&Client::at([192, 0, 2, last].into(), Some(Arc::new(limits)))).into()
}

/// A guess at an account that is not taken back. Returns how long to wait instead.
async fn guess(open: &Open, whose: &str, origin: Origin) -> Option<(&'static str, Duration)> {
    let guess = Guess::login(&email(whose), origin);
    match guess.begin(&open.store, NOW).await {
        Ok(_) => None,
        Err(UserError::Throttled(throttled)) => Some((throttled.rule.name, throttled.wait)),
        Err(other) => panic!("{other}"),
    }
}

/// A login.
async fn log_in(open: &Open, whose: &str, origin: Origin) {
    let guess = Guess::login(&email(whose), origin);
    let begun = guess.begin(&open.store, NOW).await.unwrap();
    begun.was_right(&open.store, NOW).await.unwrap();
}

pub(super) async fn of_many_guesses_at_once_only_the_free_ones_are_made(open: Open) {
    let open = &open;
    let attempts = (0..20).map(|_| guess(open, "ada@example.com", from(1)));
    let outcomes = futures_util::future::join_all(attempts).await;
    let made = outcomes.iter().filter(|outcome| outcome.is_none()).count();
    assert_eq!(made, usize::try_from(Rule::LOGIN.free).unwrap());
}

pub(super) async fn guesses_from_many_places_are_counted_together_and_spare_who_is_known(
    open: Open,
) {
    let whose = "ada@example.com";
    log_in(&open, whose, from(200)).await;
    for last in 0..30 {
        assert_eq!(guess(&open, whose, from(last)).await, None);
    }
    let refused = guess(&open, whose, from(100)).await;
    assert_eq!(refused, Some((Rule::ACCOUNT.name, Duration::from_secs(1))));
    log_in(&open, whose, from(200)).await;
    assert_eq!(guess(&open, "eve@example.com", from(100)).await, None);
}

pub(super) async fn a_guess_that_was_not_checked_is_taken_back(open: Open) {
    for _ in 0..20 {
        let guess = Guess::login(&email("ada@example.com"), from(1));
        let begun = guess.begin(&open.store, NOW).await.unwrap();
        begun.was_none(&open.store, NOW).await.unwrap();
    }
}

pub(super) async fn failed_refreshes_are_counted_by_where_they_come_from(open: Open) {
    let refreshes = Refreshes::of(from(1));
    for _ in 0..Rule::REFRESH.free {
        refreshes.check(&open.store, NOW).await.unwrap();
        refreshes.failed(&open.store, NOW).await.unwrap();
    }
    let refused = refreshes.check(&open.store, NOW).await.unwrap_err();
    assert!(matches!(refused, UserError::Throttled(_)), "{refused}");
    let other = Refreshes::of(from(2));
    other.check(&open.store, NOW).await.unwrap();
}

pub(super) async fn what_is_counted_is_forgotten_in_time(open: Open) {
    assert_eq!(guess(&open, "ada@example.com", from(1)).await, None);
    let left = async |after: Duration| {
        while open.store.forget(NOW.plus(after)).await.unwrap() {}
        let subject = Rule::LOGIN.subject(&["ada@example.com", "192.0.2.1"]);
        let found = open.store.get::<crate::domain::Tally>(&subject).await;
        found.unwrap().is_some()
    };
    assert!(left(Duration::from_mins(10)).await);
    assert!(!left(Duration::from_hours(1)).await);
}
