//! The pages of the console, over HTTP: journeys of a buyer, a seller and an operator, and what goes wrong on the way.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod access;
mod apart;
mod browser;
mod journeys;
mod operating;
mod refusals;
mod returns;
mod second_factor;
mod selling;
mod sentences;
mod shopping;
mod world;

/// Whether the pages are in a server of their own: see `tests/console_apart`.
const APART: bool = false;
