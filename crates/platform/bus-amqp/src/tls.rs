//! TLS with a broker: an `amqps://` address.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How a broker's connections are secured.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    /// The name that the broker's certificate must match.
    host: ServerName<'static>,
}

impl Tls {
    /// For the broker `host`, trusting the authorities in the PEM file `authorities`, or else the public ones.
    ///
    /// # Errors
    /// A message if the file holds no usable certificates or the host name is invalid.
    pub(super) fn with(host: &str, authorities: Option<&Path>) -> Result<Self, String> {
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
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            host: ServerName::try_from(host.to_owned())
                .map_err(|_| "amqp.uri names a host that no certificate can be for".to_owned())?,
        })
    }

    /// Secures a connection to the broker.
    pub(super) async fn secure(&self, plain: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.host.clone(), plain).await
    }
}

/// Trusts all authorities in a PEM file.
fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("cannot be read: {error}");
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots
            .add(certificate)
            .map_err(|error| format!("holds a certificate that is none: {error}"))?;
    }
    if roots.is_empty() {
        return Err("holds no certificate; it must be one or more in PEM".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    use super::super::broker::Broker;
    use super::super::link::dial;
    use super::*;

    /// The first byte of TLS: a handshake record.
    const HANDSHAKE: u8 = 0x16;

    fn broker(uri: &str, authorities: Option<&Path>) -> Result<Broker, String> {
        Broker::of(uri, authorities, "marketplace").map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_broker_that_is_to_be_secured_is_greeted_by_tls_and_not_in_the_clear() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let uri = format!("amqps://shop:hunter2@127.0.0.1:{port}/live");
        let known = broker(&uri, None).unwrap();
        let greeted = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            connection.read_u8().await.unwrap()
        };
        let (greeting, dialled) = tokio::join!(greeted, dial(&known, "test"));
        assert_eq!(greeting, HANDSHAKE);
        assert!(dialled.is_err());
    }

    /// The result of dialling 127.0.0.1 when the broker there presents a certificate for `name`, signed by a trusted authority.
    async fn dial_broker_named(name: &str) -> String {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new([name.to_owned()]).unwrap();
        let server = server.signed_by(&key, &authority).unwrap();
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![server.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        std::fs::write(&path, authority.pem()).unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let uri = format!("amqps://u:p@127.0.0.1:{port}/live");
        let address = broker(&uri, Some(&path)).unwrap();
        let broker = async {
            let (connection, _) = listener.accept().await.unwrap();
            let accepted = TlsAcceptor::from(Arc::new(config)).accept(connection).await;
            // It reads the greeting, if any, and hangs up.
            if let Ok(mut secured) = accepted {
                drop(secured.read_u8().await);
            }
        };
        let (dialled, ()) = tokio::join!(dial(&address, "test"), broker);
        dialled.err().unwrap().to_string()
    }

    #[tokio::test]
    async fn a_broker_has_to_be_the_host_of_the_address() {
        let other = dial_broker_named("broker.example").await;
        assert!(other.contains("certificate not valid for name"), "{other}");
        let itself = dial_broker_named("127.0.0.1").await;
        assert!(!itself.contains("certificate"), "{itself}");
    }

    #[test]
    fn an_address_with_tls_has_its_own_port() {
        let broker = broker("amqps://u:p@h/live", None).unwrap();
        assert_eq!(broker.uri.authority.port, 5671);
    }

    #[test]
    fn a_file_of_authorities_that_is_none_is_told_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let refusal = |uri: &str| broker(uri, Some(&path)).unwrap_err();
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
