//! Keeps one connection to the broker up: redials with backoff whenever it is lost or abandoned. lapin's own recovery is off because it
//! can leave a confirm pending indefinitely. Here a task that is waiting on a lost connection gets an error and starts over.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use kernel::Backoff;
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::broker::{Broker, Names};
use super::error::AmqpError;
use super::topology::{self, Queues};

/// Timeout for a handshake, a declaration or a close.
const PATIENCE: Duration = Duration::from_secs(10);
/// Interval between checks of a connection, in addition to its own events.
const LOOK: Duration = Duration::from_millis(250);
/// Time a broken connection has for an orderly close.
const GOODBYE: Duration = Duration::from_secs(1);
/// A connection that worked this long counts as healthy: its loss restarts the backoff.
const FINE: Duration = Duration::from_secs(10);

/// A connection that is up.
pub(super) struct Live {
    connection: Connection,
    given_up: CancellationToken,
    idle: Mutex<Vec<Channel>>,
}

impl Live {
    /// A new channel.
    pub(super) async fn channel(&self) -> Result<Channel, AmqpError> {
        within(self.connection.create_channel()).await
    }

    /// Idle channels in confirm mode.
    pub(super) fn idle(&self) -> MutexGuard<'_, Vec<Channel>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the connection for rebuilding, after a fault that it cannot detect itself, such as a confirm that never arrives.
    pub(super) fn give_up(&self) {
        self.given_up.cancel();
    }

    pub(super) fn is_up(&self) -> bool {
        self.connection.status().connected() && !self.given_up.is_cancelled()
    }

    /// Returns when the connection is lost or abandoned.
    async fn lost(&self) {
        let mut events = std::pin::pin!(self.connection.events_listener());
        while self.is_up() {
            tokio::select! {
                () = self.given_up.cancelled() => {}
                // Any event triggers a check. After the last one the stream ends, and would then be ready on every poll.
                Some(_) = events.next() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    /// Closes the connection without insisting on an answer.
    pub(super) async fn close(&self) {
        self.idle().clear();
        if let Err(error) = limited(GOODBYE, self.connection.close(200, "OK".into())).await {
            tracing::debug!(%error, "the connection to the message broker was not closed in order");
        }
    }
}

/// Dials once.
pub(super) async fn dial(broker: &Broker, name: &str) -> Result<Live, AmqpError> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let (uri, runtime) = (broker.uri.clone(), broker.transport.runtime());
    let connecting = Connection::connect_uri_with_runtime(uri, properties, runtime);
    Ok(Live {
        connection: within(connecting).await?,
        given_up: CancellationToken::new(),
        idle: Mutex::default(),
    })
}

/// The broker's `answer`, or [`AmqpError::Silent`] on timeout.
pub(super) async fn within<T>(
    answer: impl Future<Output = lapin::Result<T>>,
) -> Result<T, AmqpError> {
    limited(PATIENCE, answer).await
}

/// The broker's `answer`, or [`AmqpError::Silent`] if there is none within `limit`.
pub(super) async fn limited<T>(
    limit: Duration,
    answer: impl Future<Output = lapin::Result<T>>,
) -> Result<T, AmqpError> {
    let answer = timeout(limit, answer).await;
    answer
        .map_err(|_| AmqpError::Silent)?
        .map_err(AmqpError::Broker)
}

/// Gives access to the current connection.
#[derive(Clone, Default)]
pub(super) struct Link {
    live: watch::Sender<Option<Arc<Live>>>,
}

impl Link {
    /// A link over a connection that is not supervised.
    pub(super) fn over(live: Arc<Live>) -> Self {
        Self {
            live: watch::Sender::new(Some(live)),
        }
    }

    /// The connection, if it is up.
    pub(super) fn live(&self) -> Option<Arc<Live>> {
        self.live.borrow().clone().filter(|live| live.is_up())
    }

    /// The connection, as soon as it is up.
    pub(super) async fn up(&self) -> Arc<Live> {
        let mut live = self.live.subscribe();
        let is_up = |live: &Option<Arc<Live>>| live.as_ref().is_some_and(|live| live.is_up());
        if let Ok(Some(live)) = live.wait_for(is_up).await.as_deref() {
            return live.clone();
        }
        // Not reached: the sender is `self` and does not go away meanwhile.
        std::future::pending().await
    }

    /// Keeps the connection up until `stop`.
    pub(super) async fn keep_up(
        &self,
        broker: &Broker,
        name: &str,
        queues: &Queues,
        stop: &CancellationToken,
    ) {
        let (mut backoff, mut known) = (Backoff::RECONNECT, None);
        loop {
            let begun = Instant::now();
            let lost = self.once(broker, name, queues);
            let Some(error) = stop.run_until_cancelled(lost).await else {
                break;
            };
            let error = error.map(|error| error.to_string());
            // A line for each reason, not for each attempt.
            if error.is_none() || error != known {
                tracing::warn!(
                    connection = name,
                    error,
                    "the message broker is away; dialling again"
                );
                known = error;
            }
            if begun.elapsed() > FINE {
                backoff = Backoff::RECONNECT;
            }
            stop.run_until_cancelled(sleep(backoff.delay())).await;
        }
        if let Some(live) = self.live.send_replace(None) {
            live.close().await;
        }
    }

    /// Dials, declares and stays until the connection is lost. Returns the error if the connection never came up.
    async fn once(&self, broker: &Broker, name: &str, queues: &Queues) -> Option<AmqpError> {
        let live = match dial(broker, name).await {
            Ok(live) => Arc::new(live),
            Err(error) => return Some(error),
        };
        let declared = declare(&live, &broker.names, queues).await;
        if declared.is_ok() {
            tracing::info!(connection = name, "connected to the message broker");
            self.live.send_replace(Some(live.clone()));
            live.lost().await;
            self.live.send_replace(None);
        }
        live.close().await;
        declared.err()
    }
}

async fn declare(live: &Live, names: &Names, queues: &Queues) -> Result<(), AmqpError> {
    let channel = live.channel().await?;
    within(topology::declare(&channel, names, queues)).await?;
    within(channel.close(200, "OK".into())).await
}
