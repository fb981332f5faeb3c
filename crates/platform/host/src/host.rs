//! Running services behind a public port, plus an internal port when they run in a process of their own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, Tasks};
use platform_http::{Cors, Edge, Port, Readiness, Routes, Server};

use crate::engine::Engine;
use crate::service::{Deps, Parts, StoreReadiness};
use crate::settings::ServerConfig;

/// Shutdown timeout for tasks outside the engine: deliveries and publishes in progress.
const FINISH: Duration = Duration::from_secs(10);

/// Where services listen.
pub struct Ports<'a> {
    /// The public listener.
    pub public: TcpListener,
    /// How to serve the public port.
    pub server: &'a ServerConfig,
    /// Routes on the public port besides the services' own.
    pub routes: Vec<Routes>,
    /// The internal listener with its routes. Without one, the public port also serves the metrics.
    pub internal: Option<(TcpListener, Vec<Routes>)>,
}

/// What the services of a process use from outside.
#[derive(Default)]
pub struct Outside {
    /// The bus with the services' queues bound to it, if they send or receive messages.
    pub bus: Option<Arc<dyn Bus>>,
    /// Tasks that maintain the bus and other connections. Drained after the engine.
    pub tasks: Tasks,
    /// The dependencies that have to be up before the services can answer.
    pub readiness: Vec<Arc<dyn Readiness>>,
}

/// Running services.
pub struct Host {
    /// Address of the public port.
    pub address: SocketAddr,
    public: Server,
    engine: Engine,
    outside: Tasks,
    internal: Option<Server>,
}

impl Host {
    /// Starts the engine, then the servers.
    ///
    /// # Errors
    /// If a listener cannot be used.
    pub fn start(
        ports: Ports<'_>,
        deps: &Deps,
        services: Vec<Parts>,
        outside: Outside,
    ) -> std::io::Result<Self> {
        let address = ports.public.local_addr()?;
        let mut routes = ports.routes;
        let mut readiness: Vec<Arc<dyn Readiness>> = Vec::new();
        for service in &services {
            routes.push(service.routes.clone());
            if let Some(store) = &service.store {
                readiness.push(Arc::new(StoreReadiness::new(service.name, store.clone())));
            }
        }
        readiness.extend(outside.readiness);
        let engine = Engine::start(outside.bus.as_ref(), deps, services);
        let edge = |port| {
            let (ids, metrics) = (deps.ids.clone(), deps.metrics.clone());
            Edge::new(port, ids, metrics, readiness.clone())
        };
        let (port, internal) = match ports.internal {
            Some((listener, routes)) => {
                let edge = edge(Port::Internal);
                (
                    Port::Public,
                    Some(Server::start(listener, 1, edge, routes)?),
                )
            }
            None => (Port::Only, None),
        };
        let mut edge = edge(port);
        edge.cors = Cors::of(&ports.server.cors_origins);
        let limits = (deps.clock.clone(), deps.metrics.http.clone());
        edge.limits = Arc::new(ports.server.limits(limits.0, limits.1));
        edge.connections = ports.server.connections();
        let public = Server::start(ports.public, ports.server.threads(), edge, routes)?;
        Ok(Self {
            address,
            public,
            engine,
            outside: outside.tasks,
            internal,
        })
    }

    /// As [`Host::start`], for services that run together in one process: an in-memory bus, and perhaps no `internal` port.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn start_embedded(
        public: TcpListener,
        internal: Option<TcpListener>,
        server: &ServerConfig,
        deps: &Deps,
        mut services: Vec<Parts>,
        routes: Vec<Routes>,
    ) -> std::io::Result<Self> {
        let ports = Ports {
            public,
            server,
            routes,
            internal: internal.map(|listener| (listener, Vec::new())),
        };
        let outside = Outside {
            bus: Some(Engine::bus_in_memory(deps, &mut services)),
            ..Outside::default()
        };
        Self::start(ports, deps, services, outside)
    }

    /// Stops accepting connections and finishes the requests in progress while messages still flow, because some requests wait for
    /// replies. Then stops the engine and the tasks outside it. The internal port closes last, so that it can report progress until the
    /// end.
    ///
    /// # Errors
    /// If a server failed while it ran.
    pub async fn stop(self) -> std::io::Result<()> {
        let stopped = self.public.stop().await;
        self.engine.stop().await;
        self.outside.drain(FINISH).await;
        match self.internal {
            Some(internal) => stopped.and(internal.stop().await),
            None => stopped,
        }
    }
}
