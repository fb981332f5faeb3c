//! One MongoDB database as a service's store, shared by any number of replicas: group commit of multi-document transactions, the
//! outbox with leases, the inbox, idempotency keys.
//!
//! Durability: transactions commit with `w: majority, j: true`, so an answered write survives the loss of a minority of members.
//! Isolation: a transaction reads one majority-committed snapshot and loses against whoever changed what it writes; it then runs
//! again. Reads outside of one name their read concern.
//!
//! The services say how their records are laid out in documents ([`MongoRecord`]); use cases run over the transaction port, which a
//! [`Unit`] implements. This crate knows no collection but those that all services share.

mod change;
mod codec;
mod commit;
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
mod schema;
mod shared;
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
mod work;

pub use codec::{binary, corrupt, date, decode, encode, from_id, id, id_bson};
pub use dead_letters::{dead_letters, replay_dead_letters};
pub use horizon::Horizon;
pub use leases::MongoLeases;
pub use link::READ_LIMIT;
pub use mongo::{Mongo, Reading};
pub use mongodb::{self, bson};
pub use outbox::MongoOutbox;
pub use record::{Document, MongoRecord};
pub use records::Records;
pub use schema::Collection;
pub use snapshot::{Rows, Snapshot};
pub use unit::Unit;
