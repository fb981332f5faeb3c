//! What a service is built from, and what it hands to its host.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kernel::{Clock, Currency, IdSource, SecretUri, SystemIds};

use crate::letters::Letters;
use bus::Subscription;
use platform_http::{Readiness, Routes};
use store::outbox::Outbox;
use store::{Leases, Store, StoreError, StoreResult};
use telemetry::metrics::Metrics;

/// Where a service keeps its data.
#[derive(Debug, Clone)]
pub enum StoreConfig {
    /// One SQLite file.
    Sqlite {
        /// The file; created if missing.
        path: PathBuf,
    },
    /// One MongoDB database, on a replica set.
    Mongo {
        /// Address of the servers, with credentials.
        uri: SecretUri,
        /// The database; created if missing.
        database: String,
    },
}

impl StoreConfig {
    /// The reason why a service whose build lacks the adapter for this store cannot use it.
    #[must_use]
    pub fn not_compiled(&self) -> StoreError {
        let (store, feature) = match self {
            Self::Sqlite { .. } => ("SQLite", "sqlite"),
            Self::Mongo { .. } => ("MongoDB", "mongo"),
        };
        StoreError::Unavailable(format!(
            "this build cannot use {store}: it was compiled without the feature `{feature}`"
        ))
    }
}

/// What every service receives.
#[derive(Clone)]
pub struct Deps {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of ids.
    pub ids: Arc<dyn IdSource>,
    /// The registry for the service's metrics.
    pub metrics: Metrics,
    /// The marketplace's currency, used where an amount names none.
    pub currency: Currency,
}

impl Deps {
    /// Dependencies for a process: ids based on `clock`, and a metrics registry of its own.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, currency: Currency) -> Self {
        Self {
            ids: Arc::new(SystemIds::new(clock.clone())),
            clock,
            metrics: Metrics::default(),
            currency,
        }
    }
}

/// Work that repeats periodically, on one replica at a time or on each.
pub struct Periodic {
    name: &'static str,
    /// Whether a lease decides which replica does it.
    is_leased: bool,
    /// Time between the end of one run and the start of the next.
    pub(crate) period: Duration,
    work: Box<dyn FnMut() -> BoxFuture + Send>,
}

type BoxFuture = Pin<Box<dyn Future<Output = StoreResult<()>> + Send>>;

impl Periodic {
    /// Work `name` on `context`, every `period`, by one replica at a time. If it fails, the error is logged, and the next turn tries
    /// again.
    pub fn new<C: Clone + Send + 'static, F>(
        name: &'static str,
        period: Duration,
        context: &C,
        work: impl Fn(C) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = StoreResult<()>> + Send + 'static,
    {
        let context = context.clone();
        Self {
            name,
            is_leased: true,
            period,
            work: Box::new(move || Box::pin(work(context.clone()))),
        }
    }

    /// As [`Periodic::new`], by each replica, and for the first time at once: for what a process keeps in its memory.
    pub fn everywhere<C: Clone + Send + 'static, F>(
        name: &'static str,
        period: Duration,
        context: &C,
        work: impl Fn(C) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = StoreResult<()>> + Send + 'static,
    {
        Self {
            is_leased: false,
            ..Self::new(name, period, context, work)
        }
    }

    /// The time before its first run. What a process keeps in its memory is wanted at once.
    pub(crate) const fn first_pause(&self) -> Duration {
        if self.is_leased {
            self.period
        } else {
            Duration::ZERO
        }
    }

    /// Runs the work once, if it is this replica's turn. If the lease store cannot be reached, assumes that another replica holds the
    /// lease.
    pub(crate) async fn turn(
        &mut self,
        service: &str,
        leases: Option<&Arc<dyn Leases>>,
        clock: &Arc<dyn Clock>,
    ) {
        if let Some(leases) = leases.filter(|_| self.is_leased) {
            // Long enough for the next turn to renew it.
            let lease = self.period * 3 + Duration::from_secs(5);
            match leases.hold(self.name, clock.now(), lease).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(service, work = self.name, %error, "the lease on a work cannot be had; it waits");
                    return;
                }
            }
        }
        if let Err(error) = (self.work)().await {
            tracing::warn!(service, work = self.name, %error, "a sweeper failed; it tries again");
        }
    }
}

/// A service that is built and not yet running.
pub struct Parts {
    /// Its name in logs.
    pub name: &'static str,
    /// Its routes.
    pub routes: Routes,
    /// Queues it handles.
    pub subscriptions: Vec<Subscription>,
    /// Its outbox, if it sends messages.
    pub outbox: Option<Arc<dyn Outbox>>,
    /// Its sweepers.
    pub periodic: Vec<Periodic>,
    /// Its store, if it has one. The service is ready when the store answers and takes writes. The host deletes expired records in it, and
    /// takes the leases of the sweepers from it.
    pub store: Option<Store>,
    /// Its dead letters, if operators see them over HTTP.
    pub letters: Option<Letters>,
}

impl Parts {
    /// Whether it sends or receives messages.
    #[must_use]
    pub fn uses_bus(&self) -> bool {
        self.outbox.is_some() || !self.subscriptions.is_empty()
    }
}

/// A service's store as a readiness check.
pub(crate) struct StoreReadiness {
    name: String,
    store: Store,
}

impl StoreReadiness {
    /// The store of `service`, such as `order-service`.
    pub(crate) fn new(service: &str, store: Store) -> Self {
        let name = format!("{} store", service.trim_end_matches("-service"));
        Self { name, store }
    }
}

#[async_trait]
impl Readiness for StoreReadiness {
    fn name(&self) -> &str {
        &self.name
    }

    async fn check(&self) -> Result<(), String> {
        let failed = |what: &'static str, error: StoreError| {
            tracing::warn!(%error, "the {} {what}", self.name);
            what.to_owned()
        };
        let answers = self.store.ping().await;
        answers.map_err(|error| failed("does not answer", error))?;
        let takes = self.store.check_writes().await;
        takes.map_err(|error| failed("takes no writes", error))
    }
}
