//! Starting: one process, or all that are missing, each after its dependencies.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::{Found, Stack};
use crate::name::Name;
use crate::process::Started;
use crate::{gateway, mongo, rabbit, services};

/// How long a restarted process waits for its ports.
const PORT_PATIENCE: Duration = Duration::from_secs(10);

impl Stack {
    /// Starts services from the binaries in `dir` from now on. Running services are unaffected.
    pub fn use_binaries(&mut self, dir: impl Into<PathBuf>) {
        self.state.shape.binaries = Some(dir.into());
    }

    /// Starts a stopped process on its previous ports. Does not wait until it is ready.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(&mut self, name: Name) -> anyhow::Result<()> {
        if self.pid(name).is_some() {
            return Ok(());
        }
        ensure!(self.names().contains(&name), "this stack has no {name}");
        let command = match name {
            Name::Mongo(member) => mongo::command(self, member)?,
            Name::Epmd => rabbit::epmd_command(self)?,
            Name::Rabbit => rabbit::command(self)?,
            Name::Service(service, replica) => services::command(self, service, replica)?,
            Name::Gateway => gateway::command(self)?,
        };
        if let Ok(earlier) = self.started(name) {
            // Its leader is gone, but leftover processes would hold its ports.
            earlier.kill()?;
        }
        self.wait_for_ports(name)?;
        let started = Started::start(command, name, &self.dir)?;
        let pid = started.pid.as_raw_nonzero().get();
        self.state.pids.insert(name.to_string(), pid);
        self.state.write(&self.dir)
    }

    /// A port that was just free can briefly be the local end of another process's connection, for example one that was being opened to the
    /// process that died.
    fn wait_for_ports(&self, name: Name) -> anyhow::Result<()> {
        let deadline = Instant::now() + PORT_PATIENCE;
        loop {
            match self.ports().check_free(name) {
                Err(_) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                free_or_late => return free_or_late,
            }
        }
    }

    pub(super) async fn start_missing(&mut self) -> anyhow::Result<()> {
        let mut missing = self.names();
        missing.retain(|name| self.pid(*name).is_none());
        if missing.is_empty() {
            self.found = Found::Everything;
        } else {
            self.start_all(missing).await?;
        }
        // Also what ran already: it connects again to what was missing.
        for name in self.names() {
            self.wait_ready(name).await?;
        }
        self.wait_reachable().await
    }

    /// Starts these, each after its dependencies.
    async fn start_all(&mut self, missing: Vec<Name>) -> anyhow::Result<()> {
        for name in &missing {
            self.ports().check_free(*name)?;
        }
        services::write_settings(self)?;
        if let Some(files) = self.certificates() {
            files.ensure(&self.dir)?;
        }
        let (servers, ours): (Vec<Name>, Vec<Name>) = missing
            .into_iter()
            .partition(|name| matches!(name, Name::Mongo(_) | Name::Epmd | Name::Rabbit));
        for name in &servers {
            self.start(*name)?;
            if *name == Name::Epmd {
                self.wait_ready(Name::Epmd).await?;
            }
        }
        if self.names().contains(&Name::Mongo(0)) {
            self.found_replica_set().await?;
        }
        for name in servers {
            self.wait_ready(name).await?;
        }
        for name in ours {
            self.start(name)?;
        }
        Ok(())
    }

    /// Initiates the replica set if it is not initiated yet, and waits for a primary.
    async fn found_replica_set(&self) -> anyhow::Result<()> {
        for member in 0..self.state.shape.members {
            let answers = async || match self.hello(member).await {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            };
            self.wait(Name::Mongo(member), answers).await?;
        }
        self.initiate().await?;
        let primary = async || match self.mongo_primary().await {
            Some(_) => Ok(()),
            None => Err("no member is primary".to_owned()),
        };
        self.wait(Name::Mongo(0), primary).await
    }
}
