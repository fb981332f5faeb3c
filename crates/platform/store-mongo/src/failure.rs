//! Why a batch of writes did not commit, and thus how to proceed.

use mongodb::error::Error;

use super::codec::is_transient;
use super::statements::Place;
use store::StoreError;

/// Why a batch did not commit.
#[derive(Debug)]
pub(super) enum Failure {
    /// It lost against another transaction that changed the same rows.
    Lost,
    /// A primary or a connection went away: the same batch may succeed at once.
    Transient(StoreError),
    /// The store refused part of it; the place says which, if known.
    Refused(StoreError, Option<Place>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let transient = is_transient(&error);
        let store = StoreError::from(error);
        match (transient, &store) {
            (true, StoreError::Conflict(_)) => Self::Lost,
            (true, _) => Self::Transient(store),
            (false, _) => Self::Refused(store, None),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error, None)
    }
}
