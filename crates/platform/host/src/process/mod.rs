//! Runs one service as a process of its own, on MongoDB and RabbitMQ: command line, public and internal port.
//!
//! A service's `main.rs` implements [`Program`] for itself and calls [`main`]. Everything that the four services share is here.

mod cli;
mod jwks;
mod program;
mod serve;

pub use cli::main;
pub use mimalloc::MiMalloc;
pub use program::{Built, Context, OnHint, Program};
