//! Black-box suite: talks HTTP to a marketplace and knows nothing of its internals.
//!
//! [`Shape`] decides where the suite runs: against `MARKETPLACE_URL` if that is set, otherwise against its own marketplace, started
//! from the `marketplace` binary beside the tests. The tests in `tests/` are the same for both. Tests that need the process
//! itself (a crash, the command line) use [`Launch`] and always start their own.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support: what does not work fails the test, with a sentence"
)]

pub mod books;
pub mod capacity;
mod client;
mod crew;
mod forge;
mod ids;
mod launch;
pub mod operated;
mod otlp;
mod person;
mod picture;
mod rounds;
mod shape;
mod trade;

pub use client::Client;
pub use crew::{Answered, Busy, Crew, Why};
pub use forge::{Forgery, forge};
pub use host::testing::{Answer, eventually};
pub use ids::unique;
pub use launch::{Launch, Run, Server, audit_by_program, audit_distributed, operate, script};
pub use otlp::receive_traces;
pub use person::{Person, Product};
pub use picture::with_picture;
pub use rounds::rounds;
pub use shape::{Shape, within};
pub use trade::{Part, address, amount};
