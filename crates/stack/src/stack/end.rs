//! Stopping: one process, gracefully or not, or all of them, each before its dependencies.

use std::time::{Duration, Instant};

use super::Stack;
use crate::error::StackError;
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
    pub fn kill(&self, name: Name) -> Result<(), StackError> {
        let started = self
            .state
            .processes
            .get(&name)
            .ok_or(StackError::NoSuchProcess(name))?;
        let run_dir = self.dir.run(name);
        started.kill(&run_dir);
        if started.wait_for_end(&run_dir, Instant::now() + Duration::from_secs(10)) {
            Ok(())
        } else {
            Err(StackError::Immortal {
                name,
                pid: started.pid,
            })
        }
    }

    /// Sends SIGTERM and waits for the process to end; kills it after 40 seconds.
    ///
    /// # Errors
    /// If there is no such process, or it does not end even after SIGKILL.
    pub fn stop(&mut self, name: Name) -> Result<(), StackError> {
        if !self.state.processes.contains_key(&name) {
            return Err(StackError::NoSuchProcess(name));
        }
        self.end(&[name])
    }

    /// Stops the services first, so that none runs without its servers, and then their dependencies.
    pub(super) fn end_all(&mut self) -> Result<(), StackError> {
        let stage = |name: &Name| match name {
            Name::Service(..) => 0,
            Name::Gateway => 1,
            Name::Rabbit => 2,
            Name::Epmd => 3,
            Name::Mongo(_) => 4,
        };
        let mut problem = Ok(());
        for wanted in 0..=4 {
            let names: Vec<Name> = self
                .state
                .processes
                .keys()
                .filter(|name| stage(name) == wanted)
                .copied()
                .collect();
            // A process that cannot be stopped does not prevent the others from being stopped.
            problem = problem.and(self.end(&names));
        }
        problem.and_then(|()| State::remove(&self.dir))
    }

    /// Stops these in parallel: sends SIGTERM, waits, kills what is left.
    fn end(&mut self, names: &[Name]) -> Result<(), StackError> {
        for started in names
            .iter()
            .filter_map(|name| self.state.processes.get(name))
        {
            started.terminate();
        }
        let deadline = Instant::now() + END;
        for name in names {
            let Some(started) = self.state.processes.get(name).copied() else {
                continue;
            };
            let run_dir = self.dir.run(*name);
            // Once the leader is gone, nothing will ask its remaining children to end.
            while started.is_alive() && Instant::now() < deadline {
                std::thread::sleep(LOOK);
            }
            started.kill(&run_dir);
            if !started.wait_for_end(&run_dir, Instant::now() + Duration::from_secs(10)) {
                return Err(StackError::Immortal {
                    name: *name,
                    pid: started.pid,
                });
            }
            self.state.processes.remove(name);
            self.state.write(&self.dir)?;
        }
        Ok(())
    }
}
