//! Why a use case refused a request or failed.

use auth::{HashError, RandomnessError, TokenError};
use kernel::{Invalid, WrongSetting};
use store::StoreError;

use crate::domain::AddressRefusal;

/// A refusal by the service, or a failure of a dependency.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// A value breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A setting breaks a rule.
    #[error(transparent)]
    Setting(#[from] WrongSetting),
    /// Another user has this email.
    #[error("the email is taken")]
    EmailTaken,
    /// Unknown email or wrong password. The answer must not reveal which.
    #[error("the email or the password is wrong")]
    InvalidCredentials,
    /// It is unknown, has expired or was used before.
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// The user is logged in but gave a wrong current password.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The token's user no longer exists.
    #[error("the user is gone")]
    Gone,
    /// The caller's addresses do not allow it.
    #[error(transparent)]
    Address(#[from] AddressRefusal),
    /// A password cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// An access token cannot be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No refresh token can be made.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
