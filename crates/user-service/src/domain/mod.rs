//! Users and logins. Pure: no clock, no randomness, no hashing.

mod email;
mod session;
mod user;

pub use email::Email;
pub use user::{User, UserName};

pub(crate) use session::{
    NewSession, NextToken, Presented, RefreshToken, TokenDigest, TokenState, present,
};
