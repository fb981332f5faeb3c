//! Where the suite runs.

use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::Client;
use crate::launch::{Launch, Server, audit_by_program, audit_distributed};

/// The marketplace under test.
#[derive(Debug)]
pub struct Shape {
    client: Client,
    own: Option<Own>,
}

/// Dropped in this order: the server ends before its directory goes.
#[derive(Debug)]
struct Own {
    _server: Server,
    launch: Launch,
    _data_dir: TempDir,
}

impl Shape {
    /// The marketplace at `MARKETPLACE_URL`, or else a new one on an empty directory.
    ///
    /// # Panics
    /// If there is neither.
    #[must_use]
    pub fn start() -> Self {
        if let Ok(url) = std::env::var("MARKETPLACE_URL") {
            return Self {
                client: Client::new(&url),
                own: None,
            };
        }
        let data_dir = tempfile::tempdir().expect("a directory");
        let launch = Launch::on(data_dir.path());
        let server = launch.serve();
        Self {
            client: server.client(),
            own: Some(Own {
                _server: server,
                launch,
                _data_dir: data_dir,
            }),
        }
    }

    /// A client of it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Asserts that the books are right, as `marketplace audit` sees them: on the own data directory, as the program that
    /// `MARKETPLACE_AUDIT` names says, or on the databases in the settings file that `MARKETPLACE_CONFIG` names. Somebody else's
    /// marketplace shows its books to nobody.
    ///
    /// # Panics
    /// If they are not.
    pub fn assert_audit_is_clean(&self) {
        if let Some(own) = &self.own {
            own.launch.assert_audit_is_clean();
        } else if let Some(audit) = audit_by_program() {
            assert_eq!(audit.code, Some(0), "{audit:?}");
        } else if let Ok(config) = std::env::var("MARKETPLACE_CONFIG") {
            let audit = audit_distributed(config.as_ref());
            assert_eq!(audit.code, Some(0), "{audit:?}");
        }
    }
}

/// Polls `check` until it gives a value, at most for `patience`.
///
/// # Panics
/// If it never does.
pub async fn within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut check: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(
            Instant::now() < deadline,
            "{what} did not happen within {patience:?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
