//! The responses that a crew received, and what it had to resend.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::person::Person;

/// Why a request must be resent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The connection broke, or could not be opened.
    NoAnswer,
    /// The connection broke in the middle of the response.
    HalfAnAnswer,
    /// It was sent before without a response, and the earlier attempt is still running.
    StillRunning,
    /// The response, with this status, asked the client to retry.
    Later(u16),
}

/// A response to one of a crew's requests.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Who sent the request.
    pub person: Person,
    /// Where to.
    pub path: &'static str,
    /// The status of the response.
    pub status: u16,
    /// Its body.
    pub body: Value,
}

/// The responses, and counts of the resends.
#[derive(Debug, Default)]
pub(super) struct Counts {
    answers: Mutex<Vec<Answered>>,
    /// The number of requests to resend, by reason.
    repeats: Mutex<BTreeMap<Why, usize>>,
}

impl Counts {
    pub(super) fn answers(&self) -> MutexGuard<'_, Vec<Answered>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn repeats(&self) -> MutexGuard<'_, BTreeMap<Why, usize>> {
        self.repeats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
