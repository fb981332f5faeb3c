//! Why a broker operation failed.

/// Why a broker operation failed.
#[derive(Debug, thiserror::Error)]
pub enum AmqpError {
    /// There is no connection.
    #[error("the message broker is away")]
    Away,
    /// No answer came in time.
    #[error("the message broker does not answer")]
    Silent,
    /// The broker cancelled a consumer because its queue was deleted or its node went down.
    #[error("the message broker ended the consumer")]
    Cancelled,
    /// The broker did not confirm that a message is in a queue.
    #[error("a message is not confirmed: {0}")]
    Unconfirmed(String),
    /// The broker refused the operation, or the connection was lost.
    #[error("the message broker: {0}")]
    Broker(lapin::Error),
}
