//! The whole distributed shape on one machine, without containers: a MongoDB replica set, RabbitMQ, the four services with any
//! number of replicas, nginx in front. Each process has ports of its own on the loopback interface, and all live in one
//! directory; nothing of the system's is touched, and `down` stops exactly what was started.
//!
//! `./scripts/stack` is the entrance for people. Tests use [`Stack`]: start one with [`Options::for_tests`], kill and start its
//! processes by [`Name`].

mod error;
mod gateway;
mod mongo;
mod name;
mod options;
mod ports;
mod process;
mod rabbit;
mod services;
mod stack;
mod state;
mod tls;
mod tools;

pub use error::StackError;
pub use name::{Name, NoSuchName, Service};
pub use options::{Only, Options, PortChoice, RateLimits, Shape, Tls};
pub use ports::{BASE, Ports, Reservation, ServicePorts, free_port};
pub use stack::{Found, Process, Stack};
pub use tools::mongod;
