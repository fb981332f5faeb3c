//! Families of refresh tokens under random use: the engine does what a model of one page says.

use std::time::Duration;

use kernel::{SessionId, UserId};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::{LIFETIME, Open, TERMS, cut, logged_in, rotate_after};
use crate::app::steps::{Rotated, end_one, end_session};

/// How many random histories each engine goes through.
const HISTORIES: usize = 40;

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Presents the token that was issued so many before the last.
    Present(usize),
    /// Logs out with such a token.
    LogOut(usize),
    /// The owner ends the login from their list.
    End,
    /// Time passes.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop_oneof![4 => Just(0_usize), 3 => Just(1_usize), 1 => 2..5_usize].prop_map(Step::Present),
        1 => (0..3_usize).prop_map(Step::LogOut),
        1 => Just(Step::End),
        4 => prop_oneof![0..9_999_u64, Just(10_000), Just(3_600_000)].prop_map(Step::Wait),
    ]
}

/// What shall be true of a family.
struct Model {
    tokens: Vec<u8>,
    is_alive: bool,
    now: Duration,
    rotated: Duration,
}

/// What a presented token shall cause.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Next,
    Same(u8),
    End,
    Nothing,
}

impl Model {
    fn present(&mut self, back: usize, next: u8) -> Expected {
        let last = *self.tokens.last().unwrap();
        let is_over = self.now >= TERMS.login_lifetime;
        let is_late = back == 0 && (is_over || self.now >= self.rotated + LIFETIME);
        if !self.is_alive || is_late {
            Expected::Nothing
        } else if back == 0 {
            self.tokens.push(next);
            self.rotated = self.now;
            Expected::Next
        } else if back == 1 && !is_over && self.now < self.rotated + Duration::from_secs(10) {
            Expected::Same(last)
        } else {
            self.is_alive = false;
            Expected::End
        }
    }

    /// The token, and how far it is from the last.
    fn token(&self, back: usize) -> (u8, usize) {
        let back = back.min(self.tokens.len() - 1);
        (self.tokens[self.tokens.len() - 1 - back], back)
    }
}

async fn go_through(open: &Open, steps: &[Step], user: UserId, session: SessionId, first: u8) {
    let mut model = Model {
        tokens: vec![first],
        is_alive: true,
        now: Duration::ZERO,
        rotated: Duration::ZERO,
    };
    let mut next = first;
    for step in steps {
        match *step {
            Step::Wait(millis) => model.now += Duration::from_millis(millis),
            Step::LogOut(back) => {
                let (token, _) = model.token(back);
                let ended = end_session(&open.store, user, [token; 32], cut(model.now)).await;
                assert_eq!(ended.unwrap().is_some(), model.is_alive, "{steps:?}");
                model.is_alive = false;
            }
            Step::End => {
                let ended = end_one(&open.store, user, session, cut(model.now)).await;
                assert_eq!(ended.unwrap().is_some(), model.is_alive, "{steps:?}");
                model.is_alive = false;
            }
            Step::Present(back) => {
                let (token, back) = model.token(back);
                next += 1;
                let outcome = match rotate_after(open, token, next, model.now).await {
                    Rotated::Done { .. } => Expected::Next,
                    Rotated::Again { sealed, .. } => Expected::Same(sealed[0]),
                    Rotated::SessionEnded(ended) => {
                        assert_eq!(ended.session, Some(session));
                        Expected::End
                    }
                    Rotated::Unknown => Expected::Nothing,
                };
                assert_eq!(outcome, model.present(back, next), "{steps:?}");
            }
        }
    }
}

pub(super) async fn random_refreshes_reuses_logouts_and_waits_keep_to_the_model(open: Open) {
    let mut runner = TestRunner::deterministic();
    for history in 0..HISTORIES {
        let steps = prop::collection::vec(step(), 1..12);
        let steps = steps.new_tree(&mut runner).unwrap().current();
        // Each history has tokens of its own: at most 12 of the 256.
        let first = u8::try_from(history % 20 * 12).unwrap();
        if history % 20 == 0 {
            open.store.forget(far()).await.unwrap();
        }
        let (user, session) = logged_in(&open, &format!("ada{history}@example.com"), first).await;
        go_through(&open, &steps, user.id, session, first).await;
    }
}

/// When all tokens have expired.
fn far() -> kernel::Timestamp {
    cut(Duration::from_hours(1_000)).at
}
