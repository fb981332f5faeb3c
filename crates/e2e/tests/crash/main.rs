//! SIGKILL of the process that serves everything, from one data directory: under load, and between two steps of a refund or a release.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; it looks into the files of a process that it has killed"
)]

mod between;
mod load;
