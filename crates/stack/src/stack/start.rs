//! Starting: one process, or all that are missing, each after its dependencies.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Found, Stack};
use crate::error::StackError;
use crate::name::Name;
use crate::process::Plan;
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
    pub fn start(&mut self, name: Name) -> Result<(), StackError> {
        if self.pid(name).is_some() {
            return Ok(());
        }
        if !self.names().contains(&name) {
            return Err(StackError::NoSuchProcess(name));
        }
        let plan = self.plan(name)?;
        if let Some(earlier) = self.state.processes.get(&name) {
            // Its leader is gone, but leftover processes would hold its ports.
            earlier.kill(&plan.run_dir);
            let _ = earlier.wait_for_end(&plan.run_dir, Instant::now() + Duration::from_secs(5));
        }
        self.wait_for_ports(name)?;
        let started = plan.start()?;
        self.state.processes.insert(name, started);
        self.state.write(&self.dir)
    }

    /// A port that was just free can briefly be the local end of another process's connection, for example one that was being opened to the
    /// process that died.
    fn wait_for_ports(&self, name: Name) -> Result<(), StackError> {
        let deadline = Instant::now() + PORT_PATIENCE;
        loop {
            match self.state.ports.check_free(name) {
                Err(_) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                free_or_late => return free_or_late,
            }
        }
    }

    pub(super) async fn start_missing(&mut self) -> Result<(), StackError> {
        let missing: Vec<Name> = self
            .names()
            .into_iter()
            .filter(|name| self.pid(*name).is_none())
            .collect();
        if missing.is_empty() {
            self.found = Found::Everything;
            return Ok(());
        }
        for name in &missing {
            self.state.ports.check_free(*name)?;
        }
        services::write_settings(&self.dir, &self.state)?;
        let is_server = |name: &&Name| matches!(name, Name::Mongo(_) | Name::Epmd | Name::Rabbit);
        let (servers, ours): (Vec<&Name>, Vec<&Name>) = missing.iter().partition(is_server);
        for name in &servers {
            self.start(**name)?;
            if **name == Name::Epmd {
                self.wait_ready(Name::Epmd).await?;
            }
        }
        if self.names().contains(&Name::Mongo(0)) {
            self.found_replica_set().await?;
        }
        for name in servers {
            self.wait_ready(*name).await?;
        }
        for name in &ours {
            self.start(**name)?;
        }
        for name in ours {
            self.wait_ready(*name).await?;
        }
        Ok(())
    }

    /// Initiates the replica set if it is not initiated yet, and waits for a primary.
    async fn found_replica_set(&self) -> Result<(), StackError> {
        let members = self.members();
        for (member, port) in self.state.ports.mongo.iter().enumerate() {
            let answers = async || {
                members
                    .hello(*port)
                    .await
                    .map(drop)
                    .map_err(|error| error.to_string())
            };
            self.wait(Name::Mongo(member), answers).await?;
        }
        members.initiate(&self.dir).await?;
        let primary = async || {
            members
                .primary()
                .await
                .map(drop)
                .ok_or_else(|| "no member is primary".to_owned())
        };
        self.wait(Name::Mongo(0), primary).await
    }

    fn plan(&self, name: Name) -> Result<Plan, StackError> {
        match name {
            Name::Mongo(member) => {
                let port = self
                    .state
                    .ports
                    .mongo
                    .get(member)
                    .ok_or(StackError::NoSuchProcess(name))?;
                mongo::plan(&self.dir, name, *port, self.state.shape.tls)
            }
            Name::Epmd => rabbit::epmd_plan(&self.dir, &self.state.ports),
            Name::Rabbit => rabbit::plan(&self.dir, &self.state.ports, self.state.shape.tls),
            Name::Service(service, replica) => {
                services::plan(&self.dir, &self.state, service, replica)
            }
            Name::Gateway => gateway::plan(&self.dir, &self.state),
        }
    }
}
