//! The bus over RabbitMQ (3.10 or later): durable quorum queues, publisher confirms, delayed retries, dead letters.
//!
//! A message is safe to forget once the broker has confirmed it in every queue bound to its name. Each queue `q` has companions.
//! `q.retry.5s`, `q.retry.30s` and `q.retry.5m` hold failed messages until they return to `q`. `q.dead` holds dead letters until an
//! operator replays them. There are two connections, one to publish and one to consume, because a broker that is short of memory stops
//! reading from connections that publish. Both are supervised here (see `link`).

mod amqp_bus;
mod broker;
mod consumer;
mod dead_letters;
mod error;
mod hints;
mod link;
mod message;
mod publisher;
mod tls;
mod topology;
mod transport;

pub use amqp_bus::AmqpBus;
pub use broker::{Broker, BrokerError, check_uri};
pub use dead_letters::{QueuedLetters, list as list_dead_letters, replay as replay_dead_letters};
pub use error::AmqpError;

#[cfg(test)]
mod tests;
