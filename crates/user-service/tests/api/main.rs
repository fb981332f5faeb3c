//! Black-box tests of this service alone over HTTP, with a real store on disk.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that does not find what it expects has failed"
)]

mod accounts;
mod addresses;
mod audit_log;
mod docs;
mod edge;
mod email;
mod erasing;
mod guesses;
mod keys;
mod login;
mod metrics;
mod my_sessions;
mod notifications;
mod password;
mod profile;
mod register;
mod secrets;
mod sellers;
mod sessions;
mod setup;
mod standing;
mod tokens;
mod totp;
mod users;
mod world;
