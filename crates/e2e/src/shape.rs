//! The marketplace that the suite runs against.

use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::Client;
use crate::launch::{Launch, Server, audit_by_program, audit_distributed, operate};
use crate::operated::granted;
use crate::person::Person;

/// The marketplace under test.
#[derive(Debug)]
pub struct Shape {
    client: Client,
    own: Option<Own>,
}

/// Fields drop in this order: the server ends before its directory is removed.
#[derive(Debug)]
struct Own {
    _server: Server,
    launch: Launch,
    _data_dir: TempDir,
}

impl Shape {
    /// The marketplace at `MARKETPLACE_URL`, or otherwise a new one on an empty directory.
    ///
    /// # Panics
    /// If neither is available.
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

    /// Registers people with these names.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn join<const N: usize>(&self, names: [&str; N]) -> [Person; N] {
        let mut people = Vec::new();
        for name in names {
            people.push(self.client.join(name).await);
        }
        people.try_into().expect("a person for each name")
    }

    /// A client for it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A person with the role `admin`. None for a marketplace that `marketplace grant` does not reach from here, which a line on standard
    /// error then says.
    ///
    /// # Panics
    /// If the role is not given.
    pub async fn operator(&self) -> Option<Person> {
        let person = self.client.join("Olga").await;
        if let Some(own) = &self.own {
            let grant = |arguments: &[&str]| own.launch.run(arguments);
            return Some(granted(&self.client, &person, "admin", grant).await);
        }
        let Ok(config) = std::env::var("MARKETPLACE_CONFIG") else {
            eprintln!("NOT CHECKED: what operators do. Set MARKETPLACE_CONFIG.");
            return None;
        };
        let grant = |arguments: &[&str]| operate(config.as_ref(), arguments);
        Some(granted(&self.client, &person, "admin", grant).await)
    }

    /// Asserts that `marketplace audit` finds no violation. The audit runs on our own data directory, or as the program that
    /// `MARKETPLACE_AUDIT` names, or on the databases in the settings file that `MARKETPLACE_CONFIG` names. Otherwise nothing is checked,
    /// because another owner's books are not accessible, and a line on standard error says so.
    ///
    /// # Panics
    /// If the audit finds a violation.
    pub fn assert_audit_is_clean(&self) {
        if let Some(own) = &self.own {
            own.launch.assert_audit_is_clean();
        } else if let Some(audit) = audit_by_program() {
            assert_eq!(audit.code, Some(0), "{audit:?}");
        } else if let Ok(config) = std::env::var("MARKETPLACE_CONFIG") {
            let audit = audit_distributed(config.as_ref());
            assert_eq!(audit.code, Some(0), "{audit:?}");
        } else {
            eprintln!(
                "NOT CHECKED: the books of a marketplace that this suite did not start. Set MARKETPLACE_AUDIT or MARKETPLACE_CONFIG."
            );
        }
    }
}

/// Polls `check` until it returns a value, for at most `patience`.
///
/// # Panics
/// If it does not return one in time.
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
