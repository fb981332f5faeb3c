//! The way to a broker that speaks TLS: an `amqps://` address. What lapin takes for a TCP connection is then one with TLS on it.
//!
//! lapin's own TLS brings some thirty crates, most of them for key stores that nobody here has; the one that the MongoDB driver brings is
//! here already. So lapin is given a runtime whose connections are secured, and is told nothing of it: an `amqps://` address it would, without
//! TLS of its own, take for a plain one, and send the password in the clear.

use std::io::{Error, Read, Result, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::Stream;
use futures_util::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

/// How a broker's connections are secured.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    /// Whom the broker has to prove to be.
    host: ServerName<'static>,
}

impl Tls {
    /// With the broker `host`, vouched for by an authority in the PEM file `authorities`, or else by one that everybody knows.
    ///
    /// # Errors
    /// A sentence if the file is no such file, or the host none.
    pub(super) fn with(
        host: &str,
        authorities: Option<&Path>,
    ) -> std::result::Result<Self, String> {
        let mut roots = RootCertStore::empty();
        match authorities {
            Some(path) => add(&mut roots, path)
                .map_err(|reason| format!("amqp.ca_file is {}; it {reason}", path.display()))?,
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be had: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // An IPv6 address stands in brackets in a URI.
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            host: ServerName::try_from(host)
                .map_err(|_| "amqp.uri names a host that no certificate can be for".to_owned())?,
        })
    }

    /// What makes lapin's connections secured ones.
    pub(super) fn runtime(&self) -> Runtime<RuntimeParts<Tokio, Secured>> {
        let tokio = Tokio::current();
        Runtime::new(RuntimeParts::new(
            tokio.clone(),
            Secured {
                tokio,
                tls: self.clone(),
            },
        ))
    }
}

/// Trusts the authorities in a PEM file, all of them.
fn add(roots: &mut RootCertStore, path: &Path) -> std::result::Result<(), String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("cannot be read: {error}");
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots
            .add(certificate)
            .map_err(|error| format!("holds a certificate of no authority: {error}"))?;
    }
    if roots.is_empty() {
        return Err("holds no certificate; it must be one or more in PEM".to_owned());
    }
    Ok(())
}

/// Tokio's reactor, but for what a connection is.
#[derive(Clone)]
pub(super) struct Secured {
    tokio: Tokio,
    tls: Tls,
}

impl std::fmt::Debug for Secured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secured")
            .field("host", &self.tls.host)
            .finish_non_exhaustive()
    }
}

impl Reactor for Secured {
    type TcpStream = Compat<TlsStream<TcpStream>>;
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
        let Tls { connector, host } = self.tls.clone();
        async move {
            let plain = TcpStream::connect(address).await?;
            plain.set_nodelay(true)?;
            let secured = connector.connect(host, plain).await.map_err(Error::other)?;
            Ok(secured.compat())
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::broker::Broker;
    use super::super::link::dial;
    use crate::connections::AmqpConfig;

    /// How TLS begins: a handshake record.
    const HANDSHAKE: u8 = 0x16;

    fn settings(uri: &str) -> AmqpConfig {
        AmqpConfig {
            uri: uri.to_owned().into(),
            ..AmqpConfig::default()
        }
    }

    #[tokio::test]
    async fn a_password_for_a_secured_broker_is_not_sent_in_the_clear() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let uri = format!("amqps://shop:hunter2@127.0.0.1:{port}/live");
        let broker = Broker::of(&settings(&uri)).unwrap();
        let plain_broker = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 64];
            connection.read_exact(&mut heard).await.unwrap();
            connection.write_all(b"AMQP\x00\x00\x09\x01").await.unwrap();
            drop(connection.read_to_end(&mut heard).await);
            heard
        };
        let address = broker.to_dial();
        let (heard, dialled) = tokio::join!(plain_broker, dial(&address, "test"));
        assert_eq!(heard.first(), Some(&HANDSHAKE));
        for secret in [&b"AMQP"[..], b"hunter2"] {
            assert!(!heard.windows(secret.len()).any(|part| part == secret));
        }
        assert!(dialled.is_err());
    }

    #[test]
    fn an_address_with_tls_has_its_own_port() {
        let broker = Broker::of(&settings("amqps://u:p@h/live")).unwrap();
        assert_eq!(broker.to_dial().uri.authority.port, 5671);
    }

    #[test]
    fn a_file_of_authorities_that_is_none_is_told_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let refusal = |uri: &str| {
            let settings = AmqpConfig {
                ca_file: Some(path.clone()),
                ..settings(uri)
            };
            Broker::of(&settings).unwrap_err()
        };
        let missing = refusal("amqps://u:p@h/live");
        assert!(missing.contains("ca.pem; it cannot be read"), "{missing}");
        std::fs::write(&path, "nothing\n").unwrap();
        let empty = refusal("amqps://u:p@h/live");
        assert!(empty.contains("it holds no certificate"), "{empty}");
        let unused = refusal("amqp://u:hunter2@h/live");
        assert!(unused.contains("must begin with amqps://"), "{unused}");
        assert!(!unused.contains("hunter2"), "{unused}");
    }
}
