//! The user service: users, their logins and profiles, and the public keys that verify tokens.

mod app;
mod config;
mod domain;
mod events;
mod http;
mod records;
mod service;
mod store;

pub use app::UserError;
pub use config::Config;
pub use domain::{Email, User, UserName};
pub use http::{PROBLEMS, openapi};
pub use service::UserService;
