//! A stack: start it, query it, kill and restart its processes one by one, stop it.

mod end;
mod look;
mod ready;
mod start;

pub use look::Process;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::options::Options;
use crate::output::complain;
use crate::ports::{Ports, Reservation};
use crate::state::{Dir, State, unusable};

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

/// A running stack. Dropping it stops it, unless [`Stack::leave`] was called or the stack was already running ([`Stack::open`]).
#[derive(Debug)]
pub struct Stack {
    pub(crate) dir: Dir,
    pub(crate) state: State,
    found: Found,
    stop_on_drop: bool,
    http: reqwest::Client,
    _reservation: Option<Reservation>,
}

impl Stack {
    /// Starts every process of the stack that is not running. Returns when all are ready.
    ///
    /// # Errors
    /// If anything prevents the start; the message says what to do. Processes started by this call are stopped again, unless others of the
    /// stack were already running.
    pub async fn up(options: Options) -> anyhow::Result<Self> {
        options.shape.validate()?;
        // The configurations of the servers are text, and name files by their whole paths.
        ensure!(
            std::path::absolute(&options.dir).is_ok_and(|dir| dir.to_str().is_some()),
            "the directory {} cannot be used: its path is not UTF-8",
            options.dir.display()
        );
        let dir = Dir::create(&options.dir)?;
        let _lock = dir.lock()?;
        let mut stack = if let Some(stack) = Self::open(&dir)?.filter(Self::is_anything_left) {
            ensure!(
                stack.state.shape == options.shape,
                "a stack runs in {} with {}; stop it first (./scripts/stack down), or choose another directory with --dir",
                options.dir.display(),
                stack.state.shape.describe()
            );
            stack
        } else {
            let (ports, reservation) = match options.port {
                0 => Ports::any().map(|(ports, held)| (ports, Some(held)))?,
                gateway => (Ports::fixed(options.base, gateway)?, None),
            };
            let state = State {
                shape: options.shape,
                ports,
                pids: BTreeMap::new(),
            };
            Self::new(dir, state, Found::Nothing, reservation)?
        };
        stack.start_missing().await?;
        Ok(stack)
    }

    /// The stack that runs in `dir`, if there is one. It keeps running when the value is dropped.
    ///
    /// # Errors
    /// If the directory's state cannot be read.
    pub fn open(dir: &Path) -> anyhow::Result<Option<Self>> {
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
    ) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .no_proxy()
            .build()
            .context("an HTTP client")?;
        Ok(Self {
            dir,
            state,
            found,
            stop_on_drop: found == Found::Nothing,
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
        self.stop_on_drop = false;
    }

    /// Stops every process that was started, and nothing else. Kills those that do not end in time.
    ///
    /// # Errors
    /// If a process cannot be stopped.
    pub fn down(mut self) -> anyhow::Result<()> {
        self.leave();
        let _lock = self.dir.lock()?;
        self.end_all()
    }

    /// Deletes all data of a stopped stack.
    ///
    /// # Errors
    /// If any of it is running.
    pub fn wipe(path: &Path) -> anyhow::Result<()> {
        let Some(dir) = Dir::existing(path) else {
            return Ok(());
        };
        let _lock = dir.lock()?;
        ensure!(
            !Self::open(path)?.is_some_and(|stack| stack.is_anything_left()),
            "it runs: stop it before its data is thrown away"
        );
        // Deletes by name, so that any other files in the directory stay.
        for part in ["data", "logs", "run", "nginx", "tls"] {
            let path = dir.join(part);
            if path.exists() {
                fs::remove_dir_all(&path).with_context(unusable(&path))?;
            }
        }
        for path in [dir.settings(), dir.signing_key(), dir.console_key()] {
            if path.exists() {
                fs::remove_file(&path).with_context(unusable(&path))?;
            }
        }
        Ok(())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.stop_on_drop
            && let Err(error) = self.end_all()
        {
            complain(format_args!("stack: {error:#}"));
        }
    }
}
