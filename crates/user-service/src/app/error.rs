//! Why a use case refused a request or failed.

use auth::{HashError, RandomnessError, TokenError};
use contracts::dealings::Dealings;
use kernel::{Invalid, WrongSetting};
use store::StoreError;

use super::guesses::Throttled;
use crate::domain::{AddressRefusal, SellerRefusal, SetupRefusal, StandingRefusal};

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
    /// The password is right, and a code is needed, too.
    #[error("a code is needed, too")]
    SecondFactorRequired,
    /// The password is right, and the code is wrong or was used.
    #[error("the code is wrong")]
    InvalidCode,
    /// The user is logged in but gave a code that is wrong or was used.
    #[error("the code is wrong")]
    WrongCode,
    /// The user has a second factor.
    #[error("there is a second factor")]
    SecondFactorOn,
    /// The user has no second factor, or none to confirm.
    #[error("there is no second factor")]
    SecondFactorOff,
    /// The user is logged in but gave a wrong current password.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The password is right, but an operator has suspended the user.
    #[error("the user is suspended")]
    Suspended,
    /// The caller has no such login.
    #[error("there is no such login")]
    SessionNotFound,
    /// An operator's decision about a user was not made.
    #[error(transparent)]
    Standing(#[from] StandingRefusal),
    /// Too many guesses have failed.
    #[error("too many guesses failed: {}", .0.rule.name)]
    Throttled(Throttled),
    /// The link of a mail is unknown, has expired, or was used.
    #[error("the link is not good any more")]
    LinkNotGood,
    /// What was asked for needs mails.
    #[error("no mails are sent here")]
    NoMail,
    /// The user has something to settle first.
    #[error("the user has something to settle first")]
    ToSettle(Dealings),
    /// The token's user no longer exists.
    #[error("the user is gone")]
    Gone,
    /// An operator asks for a user who does not exist.
    #[error("there is no such user")]
    UnknownUser,
    /// The caller's addresses do not allow it.
    #[error(transparent)]
    Address(#[from] AddressRefusal),
    /// There is no such seller, or their status does not allow it.
    #[error(transparent)]
    Seller(#[from] SellerRefusal),
    /// The first administrator was not created.
    #[error(transparent)]
    Setup(#[from] SetupRefusal),
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
