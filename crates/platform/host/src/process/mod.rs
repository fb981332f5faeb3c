//! Runs one service as a process of its own, on MongoDB and RabbitMQ: command line, settings, public and internal port, draining.
//!
//! A service's `main.rs` implements [`Program`] for itself and calls [`main`]; everything that the four have in common is here.

mod health;
mod jwks;
mod program;
mod run;
mod settings;

pub use mimalloc::MiMalloc;
pub use program::{Built, Context, OnHint, Program};
pub use run::main;
pub use settings::Settings;
