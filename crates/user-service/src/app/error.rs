//! Why a use case was refused or failed.

use auth::{HashError, RandomnessError, TokenError};
use store::StoreError;

/// A refusal in the words of the service, or a failure of something below it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserError {
    #[error("the email is taken")]
    EmailTaken,
    /// No such email, or not its password; which of the two is nobody's business.
    #[error("the email or the password is wrong")]
    InvalidCredentials,
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// Of someone who is logged in.
    #[error("the current password is wrong")]
    WrongPassword,
    /// A token outlived its user.
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
