//! Runs one service or the console as a process of its own: command line, public and internal port, MongoDB and RabbitMQ for those that
//! use them.
//!
//! A `main.rs` implements [`Program`] and calls [`main`]. Everything that these processes share is here.

mod cli;
mod jwks;
mod program;
mod revocations;
mod serve;

pub use cli::main;
pub use mimalloc::MiMalloc;
pub use program::{Built, Context, OnHint, Program};
