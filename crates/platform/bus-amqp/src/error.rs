//! Why the broker did not do what it was asked.

/// Why the broker did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AmqpError {
    /// There is no connection.
    #[error("the message broker is away")]
    Away,
    /// No answer came in time.
    #[error("the message broker does not answer")]
    Silent,
    /// The broker ended a consumer, because its queue was deleted or its node went down.
    #[error("the message broker ended the consumer")]
    Cancelled,
    /// A message is not known to be in a queue.
    #[error("a message is not confirmed: {0}")]
    Unconfirmed(String),
    /// It said no, or the connection was lost.
    #[error("the message broker: {0}")]
    Broker(lapin::Error),
}
