//! Runs services: settings, lifecycle, server and engine. A process runs one service or several.
//!
//! A service is composed in its own `service.rs`; nothing here knows what an order or a wallet is.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod engine;
pub mod health;
mod host;
pub mod letters;
pub mod lifecycle;
pub mod output;
#[cfg(feature = "distributed")]
pub mod process;
pub mod service;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;

pub use host::{Host, Outside, Ports};
