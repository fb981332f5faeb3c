//! Users, their addresses, what they are as sellers, logins, and how users are reached by mail. Pure: no clock, no randomness, no hashing.

mod address_book;
mod audit;
mod contact;
mod email;
mod guess;
mod language;
mod notice;
mod notifications;
mod order_news;
mod proof;
mod second_factor;
mod seller;
mod session;
mod setup;
mod standing;
mod user;

pub(crate) use address_book::{AddressBook, AddressRefusal, Kept, Wish};
pub(crate) use audit::{AuditAction, AuditEntry, AuditState};
pub(crate) use contact::Contact;
pub use email::Email;
pub(crate) use guess::{Rule, Subject, Tally};
pub(crate) use language::Language;
pub(crate) use notice::Notice;
pub(crate) use notifications::{Notifications, Topic};
pub(crate) use order_news::{OrderNews, OrderedItem};
pub(crate) use proof::{Proof, Purpose};
pub use second_factor::SecondFactorRule;
pub(crate) use second_factor::{FactorCode, RecoveryCode, SecondFactor, Used};
pub use seller::SellerRefusal;
pub(crate) use seller::{Decision, Seller, SellerMove, SellerProfile};
pub(crate) use setup::Setup;
pub use setup::SetupRefusal;
pub use standing::StandingRefusal;
pub(crate) use standing::{Admins, StandingMove};
pub(crate) use user::address_of_nobody;
pub use user::{User, UserName};

pub(crate) use session::{
    Device, NextToken, Presented, Session, Terms, Token, TokenDigest, present,
};
