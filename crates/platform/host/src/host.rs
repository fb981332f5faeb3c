//! Services at work behind a public port, and an internal one if they have a process of their own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, Tasks};
use platform_http::{Edge, Readiness, Routes, Server};

use crate::engine::Engine;
use crate::service::{Deps, Parts};

/// How long what is beside the engine may take at the end: deliveries and publishes in hand.
const FINISH: Duration = Duration::from_secs(10);

/// Where services answer.
pub struct Ports {
    /// The public port.
    pub public: TcpListener,
    /// Threads that answer there.
    pub workers: usize,
    /// What is answered there beside the services' own paths.
    pub routes: Vec<Routes>,
    /// The internal port, with its paths. Without one, the public port answers with the metrics, too.
    pub internal: Option<(TcpListener, Vec<Routes>)>,
}

/// What the services of a process use beyond themselves.
#[derive(Default)]
pub struct Outside {
    /// The bus, with their queues bound to it, if they send or receive messages.
    pub bus: Option<Arc<dyn Bus>>,
    /// What keeps the bus and other connections. Drained after the engine.
    pub tasks: Tasks,
    /// What has to be there so that they can answer.
    pub readiness: Vec<Arc<dyn Readiness>>,
}

/// Services that work and answer.
pub struct Host {
    /// Where they answer.
    pub address: SocketAddr,
    public: Server,
    engine: Engine,
    outside: Tasks,
    internal: Option<Server>,
}

impl Host {
    /// Starts the engine, then answers requests.
    ///
    /// # Errors
    /// If a listener cannot be used.
    pub fn start(
        ports: Ports,
        deps: &Deps,
        services: Vec<Parts>,
        outside: Outside,
    ) -> std::io::Result<Self> {
        let address = ports.public.local_addr()?;
        let mut routes = ports.routes;
        let mut readiness = outside.readiness;
        for service in &services {
            routes.push(service.routes.clone());
            readiness.extend(service.readiness.iter().cloned());
        }
        let engine = Engine::start(outside.bus.as_ref(), deps, services);
        let edge = || Edge::new(deps.ids.clone(), deps.metrics.clone(), readiness.clone());
        let (mut public_edge, mut internal) = (edge(), None);
        if let Some((listener, routes)) = ports.internal {
            public_edge = public_edge.without_metrics();
            let edge = edge().on_internal_port().following_traces();
            internal = Some(Server::start(listener, 1, edge, routes)?);
        }
        let public = Server::start(ports.public, ports.workers, public_edge, routes)?;
        Ok(Self {
            address,
            public,
            engine,
            outside: outside.tasks,
            internal,
        })
    }

    /// The same for services that are all there is: one port, and a bus in memory.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn start_embedded(
        public: TcpListener,
        workers: usize,
        deps: &Deps,
        mut services: Vec<Parts>,
        routes: Vec<Routes>,
    ) -> std::io::Result<Self> {
        let ports = Ports {
            public,
            workers,
            routes,
            internal: None,
        };
        let outside = Outside {
            bus: Some(Engine::bus_in_memory(deps, &mut services)),
            ..Outside::default()
        };
        Self::start(ports, deps, services, outside)
    }

    /// Stops accepting and finishes what is being answered, while messages still flow: some requests wait for replies. Then stops the
    /// engine, and what it used. The internal port, which tells how far it is, closes last.
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
