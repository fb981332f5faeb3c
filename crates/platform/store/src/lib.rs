//! The transaction port, and what the stores of all engines share: errors, inbox and outbox, idempotency keys, dead letters, leases. Use
//! cases see [`Store`], [`Tx`] and [`Record`]; engines implement [`Database`] and [`Engine`].

mod answers;
mod database;
mod dead_letter;
mod dead_letters;
mod engine;
mod error;
mod handle;
pub mod idempotency;
mod import;
mod inbox;
mod leases;
mod observer;
pub mod outbox;
mod record;
mod row;
mod scan;
mod tx;
mod waiting;
mod write_health;

pub use answers::{IdempotencyKey, Idempotent};
pub use database::{Codec, Database, Job};
pub use dead_letter::DeadLetter;
pub use dead_letters::{DeadLetterPlace, DeadLetters};
pub use engine::{Engine, Keep};
#[cfg(feature = "mongo")]
pub use error::mongo::of_code as of_mongo_code;
pub use error::{StoreError, StoreResult};
pub use handle::Store;
pub use import::Import;
pub use inbox::{Handled, MEMORY as INBOX_MEMORY};
pub use leases::Leases;
pub use observer::{Observer, WriteNumber};
pub use record::{AnyKey, AnyRecord, Kind, Record, Value, key_of, record_of};
pub use row::{Apart, Expires, Plain, Register, Row};
pub use scan::{PointInTime, Producer, Scan};
pub use tx::Tx;
pub use waiting::Waiting;
pub use write_health::WriteHealth;
