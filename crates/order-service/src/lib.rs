//! The order service: places orders, runs their saga, shows them.

mod app;
mod audit;
mod config;
mod consumers;
mod domain;
mod events;
mod http;
mod metrics;
mod records;
mod reservations;
mod service;
mod store;

pub use audit::AuditedOrder;
#[cfg(feature = "sqlite")]
pub use audit::orders as audited_orders;
#[cfg(feature = "mongo")]
pub use audit::orders_in_mongo as audited_orders_in_mongo;
pub use config::Config;
pub use domain::{Escrow, OrderState};
pub use http::openapi;
#[cfg(feature = "http-client")]
pub use reservations::HttpReservations;
pub use reservations::{ReservationRefusal, Reservations};
pub use service::{OrderService, QUEUE};
