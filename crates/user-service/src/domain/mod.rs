//! Users, their addresses, and logins. Pure: no clock, no randomness, no hashing.

mod address_book;
mod email;
mod session;
mod user;

pub(crate) use address_book::{AddressBook, AddressRefusal, Kept, Wish};
pub use email::Email;
pub use user::{User, UserName};

pub(crate) use session::{NextToken, Presented, Session, Token, TokenDigest, present};
