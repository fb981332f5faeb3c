//! Why a use case refused a request or failed.

use auth::{HashError, RandomnessError, TokenError};
use store::StoreError;

/// A refusal by the service, or a failure of a dependency.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserError {
    #[error("the email is taken")]
    EmailTaken,
    /// Unknown email or wrong password. The answer must not reveal which.
    #[error("the email or the password is wrong")]
    InvalidCredentials,
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// The user is logged in but gave a wrong current password.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The token's user no longer exists.
    #[error("the user is gone")]
    Gone,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
