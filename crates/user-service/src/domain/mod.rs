//! Users and logins. Pure: no clock, no randomness, no hashing.

mod email;
mod session;
mod user;

pub use email::Email;
pub use user::{User, UserName};

pub(crate) use session::{NextToken, Presented, Session, Token, TokenDigest, present};
