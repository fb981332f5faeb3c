//! The wallet service: a double-entry ledger of what users have, what orders hold in escrow and what the platform earned.
//!
//! This crate exports its settings ([`Config`]), the composed service ([`WalletService`]), the names of its queues ([`QUEUE`],
//! [`SELLERS_QUEUE`], [`ERASURES_QUEUE`]) and the [`audit`] that an operator runs on its store.

mod app;
pub mod audit;
mod config;
mod consumers;
mod domain;
mod events;
mod http;
mod metrics;
mod records;
mod service;
mod store;

pub use config::{Config, Topups};
pub use consumers::{ERASURES_QUEUE, QUEUE, SELLERS_QUEUE};
pub use http::{PROBLEMS, openapi};
pub use service::{CreditError, WalletService};
