//! What a service hands to whoever runs it, and the host that runs any number of services in one process.

use std::future::Future;
use std::net::TcpListener;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, Currency, IdSource};
use secrecy::SecretString;
use utoipa::openapi::OpenApi;

use bus::Relay;
use bus::Tasks;
use bus::{Bus, MemoryBus, Subscription};
use platform_http::{Edge, ProblemType, Readiness, Routes, Server};
use store::outbox::Outbox;
use store::{Leases, StoreError};
use telemetry::metrics::Metrics;

/// Where a service keeps its data.
#[derive(Debug, Clone)]
pub enum StoreConfig {
    /// One SQLite file.
    Sqlite {
        /// The file; it is made if it is not there.
        path: PathBuf,
    },
    /// One MongoDB database, on a replica set.
    Mongo {
        /// Where the servers are, with credentials.
        uri: SecretString,
        /// The database; it is made if it is not there.
        database: String,
    },
}

impl StoreConfig {
    /// Why a service whose build lacks the adapter for this store cannot use it.
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

/// What every service is given.
#[derive(Clone)]
pub struct Deps {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdSource>,
    /// Takes the service's metrics.
    pub metrics: Metrics,
    /// The marketplace's currency, for amounts that name none.
    pub currency: Currency,
}

/// Work that is done again and again, by one replica at a time.
pub struct Periodic {
    /// Names it in logs.
    pub name: &'static str,
    /// Time between the end of one run and the start of the next.
    pub period: Duration,
    /// One run. It handles its own errors.
    pub work: Box<dyn FnMut() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>,
}

impl Periodic {
    /// Work `name`, every `period`, by one replica at a time.
    pub fn new<F>(
        name: &'static str,
        period: Duration,
        mut work: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            name,
            period,
            work: Box::new(move || Box::pin(work())),
        }
    }

    /// Runs it once, if it is this replica's turn. A lease that cannot be asked for is one that another may hold.
    async fn turn(&mut self, leases: Option<&Arc<dyn Leases>>, clock: &Arc<dyn Clock>) {
        if let Some(leases) = leases {
            // Long enough for the next turn to renew it.
            let lease = self.period * 3 + Duration::from_secs(5);
            match leases.hold(self.name, clock.now(), lease).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(work = self.name, %error, "the lease on a work cannot be had; it waits");
                    return;
                }
            }
        }
        (self.work)().await;
    }
}

/// A service, built and not yet running.
pub struct Parts {
    /// Names it in logs.
    pub name: &'static str,
    /// Declares its paths.
    pub routes: Routes,
    /// Describes its paths.
    pub openapi: OpenApi,
    /// Its kinds of refusal, beside the common ones.
    pub problems: &'static [&'static ProblemType],
    /// Queues it handles.
    pub subscriptions: Vec<Subscription>,
    /// Its outbox, if it sends messages.
    pub outbox: Option<Arc<dyn Outbox>>,
    /// Its sweepers.
    pub periodic: Vec<Periodic>,
    /// Leases on them, if there may be other replicas.
    pub leases: Option<Arc<dyn Leases>>,
    /// What it needs to answer.
    pub readiness: Vec<Arc<dyn Readiness>>,
}

/// Services at work in one process on one bus: queues handled, outboxes relayed, sweepers swept.
pub struct Engine {
    tasks: Tasks,
}

impl Engine {
    /// Binds every queue of a bus in memory, then starts sweepers and relays: what an earlier run left in an outbox is sent only
    /// when every receiver is there.
    #[must_use]
    pub fn start(deps: &Deps, mut services: Vec<Working>) -> Self {
        let bus = Arc::new(MemoryBus::new(deps.metrics.bus.clone()));
        for service in &mut services {
            for subscription in service.subscriptions.drain(..) {
                bus.subscribe(subscription);
            }
        }
        let bus: Arc<dyn Bus> = bus;
        Self::on(Some(&bus), deps, services)
    }

    /// Starts sweepers, and relays on a bus that has the services' subscriptions: none for services that do not use one
    /// ([`Parts::uses_bus`]).
    #[must_use]
    pub fn on(bus: Option<&Arc<dyn Bus>>, deps: &Deps, services: Vec<Working>) -> Self {
        let tasks = Tasks::new();
        for service in services {
            for mut periodic in service.periodic {
                let (leases, clock) = (service.leases.clone(), deps.clock.clone());
                tasks.spawn(|stop| async move {
                    loop {
                        tokio::select! {
                            () = stop.cancelled() => break,
                            () = tokio::time::sleep(periodic.period) => {}
                        }
                        periodic.turn(leases.as_ref(), &clock).await;
                    }
                });
            }
            if let (Some(outbox), Some(bus)) = (service.outbox, bus) {
                let relay = Relay {
                    service: service.name,
                    outbox,
                    bus: bus.clone(),
                    clock: deps.clock.clone(),
                    metrics: deps.metrics.bus.clone(),
                };
                let watched = relay.clone();
                tasks.spawn(|stop| watched.watch(stop));
                tasks.spawn(|stop| relay.run(stop));
            }
        }
        Self { tasks }
    }

    /// Stops sweepers and relays. What is still in an outbox is sent after the next start.
    pub async fn stop(self) {
        self.tasks.drain(Duration::from_secs(10)).await;
    }
}

/// What of a service works without being asked.
pub struct Working {
    /// Names it in logs.
    pub name: &'static str,
    /// Queues it handles.
    pub subscriptions: Vec<Subscription>,
    /// Its outbox, if it sends messages.
    pub outbox: Option<Arc<dyn Outbox>>,
    /// Its sweepers.
    pub periodic: Vec<Periodic>,
    /// Leases on them.
    pub leases: Option<Arc<dyn Leases>>,
}

/// An engine and a server in front of it.
pub struct Host {
    server: Server,
    engine: Engine,
}

impl Host {
    /// Starts the engine, then answers requests on `listener`.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn start(
        listener: TcpListener,
        workers: usize,
        deps: &Deps,
        services: Vec<Parts>,
        more_routes: Vec<Routes>,
    ) -> std::io::Result<Self> {
        let mut routes = more_routes;
        let mut readiness = Vec::new();
        let mut working = Vec::new();
        for service in services {
            routes.push(service.routes.clone());
            readiness.extend(service.readiness.iter().cloned());
            working.push(service.into_working());
        }
        let engine = Engine::start(deps, working);
        let edge = Edge::new(deps.ids.clone(), deps.metrics.clone(), readiness);
        let server = Server::start(listener, workers, edge, routes)?;
        Ok(Self { server, engine })
    }

    /// Stops accepting, finishes what is being answered, then stops the engine.
    ///
    /// # Errors
    /// If the server failed while it ran.
    pub async fn stop(self) -> std::io::Result<()> {
        let stopped = self.server.stop().await;
        self.engine.stop().await;
        stopped
    }
}

impl Parts {
    /// Whether it sends or receives messages.
    #[must_use]
    pub fn uses_bus(&self) -> bool {
        self.outbox.is_some() || !self.subscriptions.is_empty()
    }

    /// The parts that work without being asked.
    #[must_use]
    pub fn into_working(self) -> Working {
        Working {
            name: self.name,
            subscriptions: self.subscriptions,
            outbox: self.outbox,
            periodic: self.periodic,
            leases: self.leases,
        }
    }
}
