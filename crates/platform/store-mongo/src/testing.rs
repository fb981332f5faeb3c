//! For store tests: each gets its own database on the server that `./scripts/test` starts.

use std::sync::Arc;

use kernel::{Clock, SecretUri};
use uuid::Uuid;

use super::{Collection, Mongo, Records};
use telemetry::metrics::Metrics;

/// The variable with the server's URI, which must name a replica set.
pub const VARIABLE: &str = "MARKETPLACE_TEST_MONGO";

/// A database with a unique name, deleted when this is dropped.
pub struct TestDatabase {
    /// Its name.
    pub name: String,
    uri: String,
}

impl TestDatabase {
    /// A new name on the test server.
    ///
    /// # Panics
    /// If there is no test server.
    #[expect(clippy::panic, reason = "a test without its server has failed")]
    #[must_use]
    pub fn new() -> Self {
        let Ok(uri) = std::env::var(VARIABLE) else {
            panic!(
                "{VARIABLE} is not set: run ./scripts/test, which starts a MongoDB, or set it to the URI of a replica set with transactionLifetimeLimitSeconds=5"
            );
        };
        Self {
            name: format!("test_{}", Uuid::new_v4().simple()),
            uri,
        }
    }

    /// The server's URI.
    #[must_use]
    pub fn uri(&self) -> SecretUri {
        self.uri.clone().into()
    }

    /// The database, with `collections` and `records`.
    ///
    /// # Panics
    /// If the URI is invalid.
    #[expect(clippy::expect_used, reason = "a test without its server has failed")]
    #[must_use]
    pub fn open(
        &self,
        collections: Vec<Collection>,
        records: Records,
        clock: Arc<dyn Clock>,
    ) -> Mongo {
        Mongo::open(
            self.uri(),
            &self.name,
            collections,
            records,
            clock,
            &Metrics::default().store,
        )
        .expect("the test server's URI")
    }
}

impl Default for TestDatabase {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (uri, name) = (self.uri.clone(), self.name.clone());
        // Uses its own runtime: the test's may be the one on which this is dropped.
        let dropped = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map(|runtime| {
                    runtime.block_on(async {
                        let client = mongodb::Client::with_uri_str(&uri).await?;
                        client.database(&name).drop().await
                    })
                })
        })
        .join();
        if !matches!(dropped, Ok(Ok(Ok(())))) {
            tracing::warn!(name = self.name, "a test's database was left behind");
        }
    }
}
