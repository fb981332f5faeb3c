//! The distributed shape under faults: processes killed under order load, messages delivered twice. Each test has a stack of its
//! own and ends with every order settled, every answer true and the audit clean.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod away;
mod broken;
mod duplicates;
mod kills;
mod upgrade;
mod world;
