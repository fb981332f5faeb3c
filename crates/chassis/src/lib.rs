//! What every service needs and no domain word: HTTP, bus, outbox, stores, settings, logs, metrics, lifecycle.
//!
//! A service is composed from these parts in its own `service.rs`; nothing here knows what an order or a wallet is, beyond
//! the envelope that carries an order's id between services.

pub mod bus;
pub mod connections;
pub mod http;
pub mod idempotency;
pub mod lifecycle;
pub mod metrics;
#[cfg(feature = "mongo")]
pub mod mongo;
pub mod outbox;
pub mod service;
pub mod settings;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod store;
pub mod sweep;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
