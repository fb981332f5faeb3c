//! Stopping: one process, gracefully or not, or all of them, each before its dependencies.

use std::time::{Duration, Instant};

use super::Stack;
use crate::name::Name;
use crate::process::LOOK;
use crate::state::State;

/// How long a process may take to end after SIGTERM; services may spend up to 30 s finishing requests in flight.
const END: Duration = Duration::from_secs(40);

impl Stack {
    /// Sends SIGKILL and waits for the process to end, so that it has no chance to clean up.
    ///
    /// # Errors
    /// If there is no such process, or it does not end.
    pub fn kill(&self, name: Name) -> anyhow::Result<()> {
        self.started(name)?.kill()
    }

    /// Sends SIGTERM and waits for the process to end; kills it after 40 seconds.
    ///
    /// # Errors
    /// If there is no such process, or it does not end even after SIGKILL.
    pub fn stop(&mut self, name: Name) -> anyhow::Result<()> {
        self.started(name)?;
        self.end(&[name])
    }

    /// Stops the services first, so that none runs without its servers, and then their dependencies.
    pub(super) fn end_all(&mut self) -> anyhow::Result<()> {
        let stage = |name: &Name| match name {
            Name::Service(..) => 0,
            Name::Gateway => 1,
            Name::Rabbit => 2,
            Name::Epmd => 3,
            Name::Mongo(_) => 4,
        };
        let mut problem = Ok(());
        for wanted in 0..=4 {
            let mut names = self.names();
            names.retain(|name| stage(name) == wanted);
            // A process that cannot be stopped does not prevent the others from being stopped.
            problem = problem.and(self.end(&names));
        }
        problem.and_then(|()| State::remove(&self.dir))
    }

    /// Stops those of these that were started, in parallel: sends SIGTERM, waits, kills what is left.
    fn end(&mut self, names: &[Name]) -> anyhow::Result<()> {
        let started: Vec<_> = names
            .iter()
            .filter_map(|name| Some((name, self.started(*name).ok()?)))
            .collect();
        for (_, process) in &started {
            process.terminate();
        }
        let deadline = Instant::now() + END;
        for (name, process) in started {
            // Once the leader is gone, nothing will ask its remaining children to end.
            while process.is_alive() && Instant::now() < deadline {
                std::thread::sleep(LOOK);
            }
            process.kill()?;
            self.state.pids.remove(&name.to_string());
            self.state.write(&self.dir)?;
        }
        Ok(())
    }
}
