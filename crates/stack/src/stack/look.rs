//! Inspection: addresses, running processes and their status.

use std::path::PathBuf;

use super::Stack;
use crate::mongo::Members;
use crate::name::{Name, Service};
use crate::ports::Ports;
use crate::{gateway, rabbit};

/// One process, as `status` shows it.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its name.
    pub name: Name,
    /// Its pid, if it is running.
    pub pid: Option<i32>,
    /// The ports that it listens on.
    pub ports: Vec<u16>,
    /// Ok if it is ready; otherwise the reason it is not.
    pub ready: Result<(), String>,
    /// Its log.
    pub log: PathBuf,
}

impl Stack {
    /// `http://127.0.0.1:PORT` of the gateway.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.state.ports.gateway)
    }

    pub(super) fn members(&self) -> Members {
        Members::of(&self.dir, &self.state)
    }

    /// URI of the MongoDB replica set.
    #[must_use]
    pub fn mongo_uri(&self) -> String {
        self.members().uri()
    }

    /// URI of RabbitMQ.
    #[must_use]
    pub fn amqp_uri(&self) -> String {
        rabbit::uri(&self.state.ports, self.state.shape.tls)
    }

    /// Base URL of a replica's public port.
    #[must_use]
    pub fn public_url(&self, service: Service, replica: usize) -> Option<String> {
        let ports = self
            .state
            .ports
            .services
            .get(&Name::Service(service, replica))?;
        Some(format!("http://127.0.0.1:{}", ports.public))
    }

    /// Base URL of a replica's internal port.
    #[must_use]
    pub fn internal_url(&self, service: Service, replica: usize) -> Option<String> {
        let ports = self
            .state
            .ports
            .services
            .get(&Name::Service(service, replica))?;
        Some(format!("http://127.0.0.1:{}", ports.internal))
    }

    /// The ports of its processes.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.state.ports
    }

    /// The settings file of the services, for `marketplace audit --config`.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.dir.settings()
    }

    /// nginx's directory, with its configuration (`conf/`) and the files it serves (`site/`).
    #[must_use]
    pub fn gateway_dir(&self) -> PathBuf {
        gateway::prefix(&self.dir)
    }

    /// The names of its processes, in start order.
    #[must_use]
    pub fn names(&self) -> Vec<Name> {
        self.state.shape.names()
    }

    /// Every process with its status.
    pub async fn processes(&self) -> Vec<Process> {
        let mut processes = Vec::new();
        for name in self.names() {
            let pid = self.pid(name);
            let ready = if pid.is_some() {
                self.check(name).await
            } else {
                Err("it does not run".to_owned())
            };
            processes.push(Process {
                name,
                pid,
                ports: self.state.ports.of(name),
                ready,
                log: self.dir.log(name),
            });
        }
        processes
    }

    /// The pid of a running process.
    #[must_use]
    pub fn pid(&self, name: Name) -> Option<i32> {
        let started = self.state.processes.get(&name)?;
        started.is_alive().then_some(started.pid)
    }

    /// The member of the replica set that is primary, if there is one.
    pub async fn mongo_primary(&self) -> Option<Name> {
        self.members().primary().await.map(Name::Mongo)
    }
}
