//! The whole marketplace in one process: the four services on SQLite stores and one in-memory bus, and the operator's commands.
//!
//! This crate only composes. Each service is built by its own `build`, and calls between services go through an
//! adapter in `adapters`.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod adapters;
mod audit;
mod backup;
pub mod cli;
mod commands;
mod composition;
mod data_dir;
mod demo;
mod docs;
mod gateway_files;
mod problems;
#[cfg(feature = "distributed")]
mod replica_set;
mod services;
#[cfg(test)]
mod simulation;
#[cfg(feature = "distributed")]
mod transfer;

pub use backup::{BackupConfig, Every};
pub use composition::{Marketplace, openapi};
pub use data_dir::DataDir;
pub use host::settings::Settings;
pub use services::Services;
