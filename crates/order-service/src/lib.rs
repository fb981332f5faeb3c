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
#[cfg(test)]
mod testing;

pub use app::Mails;
pub use audit::{AuditedLine, AuditedOrder, AuditedPart};
pub use config::Config;
pub use consumers::ERASURES_QUEUE;
pub use domain::{
    Dispute, DisputeReason, DisputeStatus, Escrow, Fulfilment, FulfilmentStatus, Move, Order,
    OrderState, Outcome, Parcel, Received, RefundOf, Resolution, Return, ReturnItem, ReturnReason,
    ReturnStatus,
};
pub use http::{PROBLEMS, openapi};
#[cfg(feature = "http-client")]
pub use reservations::HttpReservations;
pub use reservations::{ReservationRefusal, Reservations};
pub use service::{NAMES_QUEUE, OrderService, QUEUE};
#[cfg(feature = "sqlite")]
pub use store::audited_orders;
#[cfg(feature = "mongo")]
pub use store::audited_orders_in_mongo;
