//! A stack: start it, query it, kill and restart its processes one by one, stop it.

mod end;
mod look;
mod ready;
mod start;

pub use look::Process;

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use crate::error::StackError;
use crate::options::Options;
use crate::ports::Reservation;
use crate::state::{Dir, State};

/// What `up` found running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing; `up` started everything.
    Nothing,
    /// Everything.
    Everything,
    /// A part; `up` started the rest.
    Something,
}

/// What happens to the processes when the value is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Stop,
    Leave,
}

/// A running stack. Dropping it stops it, unless [`Stack::leave`] was called or the stack was already running ([`Stack::open`]).
#[derive(Debug)]
pub struct Stack {
    dir: Dir,
    state: State,
    found: Found,
    then: Then,
    http: reqwest::Client,
    _reservation: Option<Reservation>,
}

impl Stack {
    /// Starts every process of the stack that is not running. Returns when all are ready.
    ///
    /// # Errors
    /// If anything prevents the start; the message says what to do. Processes started by this call are stopped again.
    pub async fn up(options: Options) -> Result<Self, StackError> {
        options.shape.validate()?;
        let dir = Dir::create(&options.dir)?;
        let _lock = dir.lock()?;
        let earlier = State::read(&dir)?.filter(|state| state.is_anything_alive(&dir));
        let mut stack = match earlier {
            Some(state) if state.shape != options.shape => {
                return Err(StackError::OtherShape {
                    dir: options.dir,
                    what: state.shape.describe(),
                });
            }
            Some(state) => Self::new(dir, state, Found::Something, None)?,
            None => {
                let (ports, reservation) = options.choose_ports()?;
                let state = State {
                    shape: options.shape,
                    ports,
                    processes: std::collections::BTreeMap::new(),
                };
                Self::new(dir, state, Found::Nothing, reservation)?
            }
        };
        // If the rest cannot be started, processes that were already running are left alone.
        stack.then = if stack.found == Found::Nothing {
            Then::Stop
        } else {
            Then::Leave
        };
        stack.start_missing().await?;
        Ok(stack)
    }

    /// The stack that runs in `dir`, if there is one. It keeps running when the value is dropped.
    ///
    /// # Errors
    /// If the directory's state cannot be read.
    pub fn open(dir: &Path) -> Result<Option<Self>, StackError> {
        let Some(dir) = Dir::existing(dir) else {
            return Ok(None);
        };
        match State::read(&dir)? {
            Some(state) => Self::new(dir, state, Found::Something, None).map(Some),
            None => Ok(None),
        }
    }

    fn new(
        dir: Dir,
        state: State,
        found: Found,
        reservation: Option<Reservation>,
    ) -> Result<Self, StackError> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .no_proxy()
            .build()
            .map_err(|error| StackError::Failed {
                command: "an HTTP client".to_owned(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            dir,
            state,
            found,
            then: Then::Leave,
            http,
            _reservation: reservation,
        })
    }

    /// What `up` found running.
    #[must_use]
    pub fn found(&self) -> Found {
        self.found
    }

    /// Leaves the processes running when this value is dropped.
    pub fn leave(&mut self) {
        self.then = Then::Leave;
    }

    /// Stops every process that was started, and nothing else. Kills those that do not end in time.
    ///
    /// # Errors
    /// If a process cannot be stopped.
    pub fn down(mut self) -> Result<(), StackError> {
        self.then = Then::Leave;
        let _lock: File = self.dir.lock()?;
        self.end_all()
    }

    /// Deletes all data of a stopped stack.
    ///
    /// # Errors
    /// If any of it is running, or the directory does not belong to a stack.
    pub fn wipe(dir: &Path) -> Result<(), StackError> {
        let Some(dir) = Dir::existing(dir) else {
            return Ok(());
        };
        let lock = dir.lock()?;
        if State::read(&dir)?.is_some_and(|state| state.is_anything_alive(&dir)) {
            return Err(StackError::BadOption(
                "it runs: stop it before its data is thrown away".to_owned(),
            ));
        }
        // Deletes by name, so that any other files in the directory stay.
        for part in ["data", "logs", "run", "nginx", "tls"] {
            let path = dir.path().join(part);
            if path.exists() {
                fs::remove_dir_all(&path).map_err(StackError::io(&path))?;
            }
        }
        for path in [dir.settings(), dir.signing_key()] {
            if path.exists() {
                fs::remove_file(&path).map_err(StackError::io(&path))?;
            }
        }
        drop(lock);
        Ok(())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.then == Then::Stop
            && let Err(error) = self.end_all()
        {
            eprintln!("stack: {error}");
        }
    }
}
