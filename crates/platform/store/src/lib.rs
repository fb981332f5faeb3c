//! What every store has in common, whatever the engine: its errors, idempotency keys, the outbox, dead letters, leases.

mod dead_letter;
mod error;
pub mod idempotency;
mod leases;
pub mod outbox;

pub use dead_letter::DeadLetter;
#[cfg(feature = "mongo")]
pub use error::mongo::of_code as of_mongo_code;
pub use error::{StoreError, StoreResult};
pub use leases::Leases;
