//! One SQLite file as a service's store: a writer thread with group commit, a pool of reader threads, migrations at start.
//!
//! Durability: WAL with `synchronous = FULL`, so an acknowledged write survives `kill -9` and power loss. Isolation: there is one writer,
//! so the rows that a write reads cannot change under it; a read sees one committed snapshot.
//!
//! The services' adapters write their own SQL. This crate knows only the tables that all services share (`outbox`, `inbox`,
//! `idempotency`), each in its own file.

mod codec;
mod columns;
mod database;
mod dead_letters;
mod fields;
mod files;
mod identity;
mod message;
mod outbox;
mod pool;
mod recent;
mod record;
mod records;
mod row;
mod scan;
mod snapshot;
mod sqlite;
mod table;
mod tx;
mod walk;
mod writer;

pub use codec::{blob, corrupt, id, unsigned};
pub use columns::fields;
pub use dead_letters::dead_letters;
pub use files::{Migration, log_of, open_at_rest, open_read_only};
pub use outbox::SqliteOutbox;
pub use record::{SqliteRecord, scan_keys};
pub use records::Records;
pub use row::{insert_row, read, rows, scan_rows, sql_value, update_row};
pub use snapshot::{Moment, Snapshot, check_pages};
pub use sqlite::Sqlite;
pub use store::DeadLetter;
pub use walk::walk;
