//! One MongoDB database as a service's store, shared by any number of replicas: group commit of multi-document transactions, the
//! outbox with leases, the inbox, idempotency keys.
//!
//! Durability: transactions commit with `w: majority, j: true`, so an acknowledged write survives the loss of a minority of members.
//! Isolation: a transaction reads one majority-committed snapshot. It loses against a transaction that changed what it writes, and then
//! runs again. Reads outside a transaction name their read concern.
//!
//! The services define how their records map to documents ([`MongoRecord`]). Use cases run over the transaction port, which a unit
//! of work implements. This crate knows only the collections that all services share.

mod change;
mod codec;
mod commit;
mod database;
mod dead_letters;
mod failure;
mod gather;
mod horizon;
mod layout;
mod leases;
mod link;
mod locks;
mod mongo;
mod outbox;
mod parked;
mod record;
mod records;
mod scan;
mod schema;
mod slot;
mod snapshot;
mod statements;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(all(test, feature = "testing"))]
mod tests;
mod transaction;
mod unit;
mod walk;
mod work;

pub use codec::{binary, bson_of, corrupt, decode, encode};
pub use horizon::Horizon;
pub use leases::MongoLeases;
pub use link::{READ_LIMIT, check_uri, client_options};
pub use mongo::{Mongo, Reading};
pub use mongodb::{self, bson};
pub use outbox::MongoOutbox;
pub use record::MongoRecord;
pub use records::Records;
pub use schema::Collection;
pub use snapshot::{Rows, Snapshot};
pub use walk::walk;
