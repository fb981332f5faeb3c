//! A stack: started, asked, its processes killed and started again one by one, stopped.

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

/// What `up` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing: all was started.
    Nothing,
    /// All of it runs already.
    Everything,
    /// A part runs already; the rest was started.
    Something,
}

/// What becomes of the processes when the value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Stop,
    Leave,
}

/// A running stack. Dropping it stops it, unless [`Stack::leave`] was called or it was there before ([`Stack::open`]).
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
    /// Starts what of the stack does not run; returns when all of it is ready.
    ///
    /// # Errors
    /// Whatever keeps it from starting, as a sentence that says what to do. What was started by then is stopped again.
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
        // What runs already is not ours to stop if the rest cannot be started.
        stack.then = if stack.found == Found::Nothing {
            Then::Stop
        } else {
            Then::Leave
        };
        stack.start_missing().await?;
        Ok(stack)
    }

    /// A stack that runs, if one does in `dir`. It goes on when the value is dropped.
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

    /// What `up` found.
    #[must_use]
    pub fn found(&self) -> Found {
        self.found
    }

    /// Lets the processes run on when this value goes.
    pub fn leave(&mut self) {
        self.then = Then::Leave;
    }

    /// Stops all that was started, and nothing else. What of it does not end in time is killed.
    ///
    /// # Errors
    /// If something cannot be stopped.
    pub fn down(mut self) -> Result<(), StackError> {
        self.then = Then::Leave;
        let _lock: File = self.dir.lock()?;
        self.end_all()
    }

    /// Throws away all data of a stack that does not run.
    ///
    /// # Errors
    /// If something of it runs, or the directory is not that of a stack.
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
        // By name: whatever else somebody keeps there stays.
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
