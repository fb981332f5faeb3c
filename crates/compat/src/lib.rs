//! What a release leaves behind, recorded: the messages it had on their way, its SQLite files, its MongoDB documents, its
//! contracts and its answers. `fixtures/<release>/` holds one recording a release; the tests in `tests/` run each of them through
//! the code of this one, for during a rolling upgrade both run side by side, on the same broker and the same databases.
//!
//! How to record is in `docs/OPERATIONS.md`, "Upgrade"; what is recorded is decided in [`scenario`].

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support: what does not work fails the test or the recording, with a sentence"
)]
#![expect(
    clippy::missing_panics_doc,
    reason = "test support: everything here panics when something is not as it has to be"
)]

pub mod documents;
pub mod extjson;
pub mod facts;
pub mod files;
pub mod fixture;
pub mod gate;
pub mod messages;
pub mod protocol;
pub mod record;
pub mod scenario;
pub mod shape;
pub mod traffic;
pub mod upgrade;
pub mod world;
