//! The order service: places orders, runs their saga, shows them.

mod app;
mod audit;
mod config;
mod consumers;
mod domain;
mod events;
mod http;
mod reservations;
mod service;
mod store;

pub use audit::{AuditedOrder, orders as audited_orders};
pub use config::Config;
pub use domain::{Escrow, OrderState};
pub use http::openapi;
pub use reservations::{
    ReservationRefusal, ReservationRequest, Reservations, ReservedLine, Shortage,
};
pub use service::OrderService;
