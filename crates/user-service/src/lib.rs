//! The user service: users, their logins and profiles, what they are as sellers, and the public keys that verify tokens.

mod app;
mod config;
mod consumers;
mod dealings;
mod domain;
mod events;
mod http;
mod post;
mod records;
mod security;
mod service;
mod store;

pub use app::{AccessReset, UserError};
pub use config::Config;
pub use consumers::{MAIL_QUEUE, NEWS_QUEUE, QUEUE};
#[cfg(feature = "distributed")]
pub use dealings::HttpSettlements;
pub use dealings::Settlements;
pub use domain::{Email, SecondFactorRule, SetupRefusal, User, UserName};
pub use http::{PROBLEMS, openapi};
pub use post::Post;
pub use service::{Ports, UserService};
