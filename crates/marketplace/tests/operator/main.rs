//! The operator's use of the binary, one command per file.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; it writes into the databases past the program, as no part of it does"
)]

mod audit;
mod backup;
mod closed;
mod config;
mod directory;
mod health;
mod keys;
mod messages;
#[cfg(feature = "distributed")]
mod mongod;
#[cfg(feature = "distributed")]
mod prepare_mongo;
mod run;
#[cfg(feature = "distributed")]
mod secured;
mod serve;
mod serving;
mod settings;
mod surroundings;
mod unwritable;
mod whole;
