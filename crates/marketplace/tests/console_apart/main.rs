//! The tests of `tests/console` once more, with the pages in a server of their own, which asks for the API over HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../console/access.rs"]
mod access;
#[path = "../console/browser.rs"]
mod browser;
#[path = "../console/journeys.rs"]
mod journeys;
#[path = "../console/operating.rs"]
mod operating;
#[path = "../console/refusals.rs"]
mod refusals;
#[path = "../console/returns.rs"]
mod returns;
#[path = "../console/second_factor.rs"]
mod second_factor;
#[path = "../console/selling.rs"]
mod selling;
#[path = "../console/sentences.rs"]
mod sentences;
#[path = "../console/shopping.rs"]
mod shopping;
#[path = "../console/world.rs"]
mod world;

/// Whether the pages are in a server of their own.
const APART: bool = true;
