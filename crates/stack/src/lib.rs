//! Runs the marketplace in distributed mode on one machine, without containers: a MongoDB replica set, RabbitMQ, the four services with
//! any number of replicas, and nginx in front. Each process has its own ports on the loopback interface. All files are in one directory.
//! The system's own servers are not touched, and `down` stops exactly what was started.
//!
//! People use `./scripts/stack`. Tests use [`Stack`]: start one with [`Options::for_tests`], then kill and start its processes by
//! [`Name`].

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod gateway;
mod mongo;
mod name;
mod options;
pub mod output;
mod ports;
mod process;
mod rabbit;
mod services;
mod stack;
mod state;
mod tls;
mod tools;

pub use name::{Name, Service};
pub use options::{Only, Options, Shape};
pub use ports::{Ports, Reservation, free_port};
pub use stack::{Found, Process, Stack};
pub use tools::{debian, mongod};
