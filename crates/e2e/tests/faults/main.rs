//! The distributed mode under faults: processes killed under order load, messages delivered twice. Each test has its own stack
//! and ends with every order settled, every response true and the audit clean.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod away;
mod broken;
mod duplicates;
mod kills;
mod refunds;
mod returns;
mod upgrade;
mod world;
