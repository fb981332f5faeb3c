//! lapin's TCP connections: with TLS where the address asks for it, and closed after too long a silence.
//!
//! lapin runs on a runtime that the caller supplies; this one differs from tokio's only in how connections are made. lapin's own TLS
//! brings some thirty crates, mostly for key stores that are not used here, while the MongoDB driver's TLS is already a dependency. lapin
//! also serves each connection in a thread of its own. That thread waits as long as the broker is silent, even after the dialler has
//! timed out. Without a limit, a broker that accepts connections and says nothing would cost a thread and a socket for each dial.

use std::io::{Error, Read, Result, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::Stream;
use futures_util::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::client::TlsStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};
use tokio_util::either::Either;

use super::tls::Tls;

/// A connection that fails, as if broken, when nothing has arrived for too long.
type Connected = Compat<Pin<Box<TimeoutStream<Either<TcpStream, TlsStream<TcpStream>>>>>>;

/// How connections to a broker are made, and when they end.
#[derive(Clone)]
pub(super) struct Transport {
    /// Set if the address asks for it.
    pub(super) tls: Option<Tls>,
    /// Timeout for making a connection, TLS included.
    pub(super) connect: Duration,
    /// Longest silence of a broker, which has heartbeats to send. None: unlimited.
    pub(super) silence: Option<Duration>,
}

impl Transport {
    /// The runtime for lapin. Must be called on a tokio runtime.
    pub(super) fn runtime(&self) -> Runtime<RuntimeParts<Tokio, Connecting>> {
        let tokio = Tokio::current();
        let transport = self.clone();
        Runtime::new(RuntimeParts::new(
            tokio.clone(),
            Connecting { tokio, transport },
        ))
    }

    async fn connect(self, address: SocketAddr) -> Result<Connected> {
        let connecting = async {
            let plain = TcpStream::connect(address).await?;
            plain.set_nodelay(true)?;
            Ok::<_, Error>(match &self.tls {
                None => Either::Left(plain),
                Some(tls) => Either::Right(tls.secure(plain).await?),
            })
        };
        let mut stream = TimeoutStream::new(timeout(self.connect, connecting).await??);
        stream.set_read_timeout(self.silence);
        Ok(Box::pin(stream).compat())
    }
}

/// Tokio's reactor, with our own connections.
#[derive(Clone)]
pub(super) struct Connecting {
    tokio: Tokio,
    transport: Transport,
}

impl std::fmt::Debug for Connecting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connecting").finish_non_exhaustive()
    }
}

impl Reactor for Connecting {
    type TcpStream = Connected;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        self.tokio.register(socket)
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        self.tokio.sleep(time)
    }

    fn interval(&self, time: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.tokio.interval(time)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = Result<Self::TcpStream>> + Send + 'static {
        self.transport.clone().connect(address)
    }
}

#[cfg(test)]
mod tests {
    use lapin::uri::AMQPUri;
    use lapin::{Connection, ConnectionProperties};
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A broker that accepts a connection and says nothing. Returns once the other side has hung up.
    async fn is_hung_up_on(transport: Transport) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let uri: AMQPUri = format!("amqp://u:p@127.0.0.1:{port}/live").parse().unwrap();
        let properties = ConnectionProperties::default();
        // Like a dialler that has timed out: it polls no more.
        let dialling = tokio::spawn(Connection::connect_uri_with_runtime(
            uri,
            properties,
            transport.runtime(),
        ));
        let (mut connection, _) = listener.accept().await.unwrap();
        dialling.abort();
        let mut heard = Vec::new();
        let hung_up = timeout(PATIENCE, connection.read_to_end(&mut heard)).await;
        assert!(hung_up.is_ok(), "it is hung up on");
    }

    #[tokio::test]
    async fn a_broker_that_says_nothing_is_hung_up_on() {
        let short = Duration::from_millis(100);
        is_hung_up_on(Transport {
            tls: None,
            connect: PATIENCE,
            silence: Some(short),
        })
        .await;
        is_hung_up_on(Transport {
            tls: Some(Tls::with("127.0.0.1", None).unwrap()),
            connect: short,
            silence: None,
        })
        .await;
    }
}
