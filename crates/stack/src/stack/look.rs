//! Inspection: addresses, running processes and their status.

use std::path::PathBuf;

use anyhow::Context as _;
use rustix::process::Pid;

use super::Stack;
use crate::name::{Name, Service};
use crate::ports::Ports;
use crate::process::Started;
use crate::tls::Files;

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
    /// Base URL of a replica's public port.
    #[must_use]
    pub fn public_url(&self, service: Service, replica: usize) -> Option<String> {
        self.replica_url(self.ports().public(service, replica), replica)
    }

    /// Base URL of a replica's internal port.
    #[must_use]
    pub fn internal_url(&self, service: Service, replica: usize) -> Option<String> {
        self.replica_url(self.ports().internal(service, replica), replica)
    }

    fn replica_url(&self, port: u16, replica: usize) -> Option<String> {
        (replica < self.state.shape.replicas).then(|| format!("http://127.0.0.1:{port}"))
    }

    /// The ports of its processes.
    #[must_use]
    pub fn ports(&self) -> Ports {
        self.state.ports
    }

    /// The settings file of the services, for `marketplace audit --config`.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.dir.settings()
    }

    /// The TLS files of MongoDB and RabbitMQ, if they use TLS.
    pub(crate) fn certificates(&self) -> Option<Files> {
        self.state.shape.tls.then(|| Files::of(&self.dir))
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
                ports: self.ports().of(name),
                ready,
                log: self.dir.log(name),
            });
        }
        processes
    }

    /// The process as it was last started, running or not.
    pub(super) fn started(&self, name: Name) -> anyhow::Result<Started> {
        let pid = self.state.pids.get(&name.to_string());
        pid.and_then(|pid| Pid::from_raw(*pid))
            .map(|pid| Started::new(name, pid, &self.dir))
            .with_context(|| format!("this stack has no {name}"))
    }

    /// The pid of a running process.
    #[must_use]
    pub fn pid(&self, name: Name) -> Option<i32> {
        let started = self.started(name).ok().filter(Started::is_alive)?;
        Some(started.pid.as_raw_nonzero().get())
    }

    /// Whether any process that was started, or anything that one left behind, is still running.
    pub(super) fn is_anything_left(&self) -> bool {
        self.names()
            .into_iter()
            .filter_map(|name| self.started(name).ok())
            .any(|started| started.is_anything_left())
    }
}
