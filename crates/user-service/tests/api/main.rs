//! Black-box tests of this service alone over HTTP, with a real store on disk.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that does not find what it expects has failed"
)]

mod addresses;
mod docs;
mod edge;
mod login;
mod metrics;
mod password;
mod profile;
mod register;
mod secrets;
mod sessions;
mod tokens;
mod world;
