//! Why a batch of writes did not commit, and so what to do about it.

use mongodb::error::Error;

use super::codec::{is_transient, store_error};
use crate::store::StoreError;

/// Why a batch did not commit.
#[derive(Debug)]
pub(super) enum Failure {
    /// It lost against another transaction, or a primary went away: the same batch may succeed at once.
    Transient(StoreError),
    /// The store refused something in it.
    Refused(StoreError),
}

impl Failure {
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Self::Transient(error) | Self::Refused(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let store = store_error(&error);
        if is_transient(&error) {
            Self::Transient(store)
        } else {
            Self::Refused(store)
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}
