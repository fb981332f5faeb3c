//! A stack's directory: its paths, and the state file that records what was started.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::StackError;
use crate::name::Name;
use crate::options::Shape;
use crate::ports::Ports;
use crate::process::Started;

/// The paths in a stack's directory.
#[derive(Debug, Clone)]
pub(crate) struct Dir(PathBuf);

impl Dir {
    /// Creates the directory if it is missing. The path is absolute from here on, because each process has its own working directory.
    pub(crate) fn create(path: &Path) -> Result<Self, StackError> {
        for path in [
            path.to_owned(),
            path.join("logs"),
            path.join("run"),
            path.join("data"),
        ] {
            fs::create_dir_all(&path).map_err(StackError::io(&path))?;
        }
        path.canonicalize().map(Self).map_err(StackError::io(path))
    }

    /// Opens the directory if it exists.
    pub(crate) fn existing(path: &Path) -> Option<Self> {
        path.canonicalize().ok().map(Self)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn log(&self, name: Name) -> PathBuf {
        self.0.join("logs").join(format!("{name}.log"))
    }

    pub(crate) fn run(&self, name: Name) -> PathBuf {
        self.0.join("run").join(name.to_string())
    }

    pub(crate) fn data(&self, name: Name) -> PathBuf {
        self.0.join("data").join(name.to_string())
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("marketplace.toml")
    }

    pub(crate) fn signing_key(&self) -> PathBuf {
        self.0.join("signing-key.pem")
    }

    pub(crate) fn tls(&self) -> PathBuf {
        self.0.join("tls")
    }

    pub(crate) fn nginx(&self) -> PathBuf {
        self.0.join("nginx")
    }

    fn state(&self) -> PathBuf {
        self.0.join("stack.json")
    }

    /// Locks out other commands until the file is dropped. The operating system releases the lock when this process ends, however it ends.
    pub(crate) fn lock(&self) -> Result<File, StackError> {
        let path = self.0.join("stack.lock");
        let file = File::create(&path).map_err(StackError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StackError::Busy(self.0.clone())),
            Err(TryLockError::Error(error)) => Err(StackError::io(&path)(error)),
        }
    }
}

/// What was started. Rewritten after every change, so that `down` finds every process even after a crash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) shape: Shape,
    pub(crate) ports: Ports,
    pub(crate) processes: BTreeMap<Name, Started>,
}

impl State {
    /// Reads the recorded state; None if there is none.
    pub(crate) fn read(dir: &Dir) -> Result<Option<Self>, StackError> {
        let path = dir.state();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StackError::io(&path)(error)),
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| StackError::BadState {
                path,
                reason: error.to_string(),
            })
    }

    /// Replaces the recorded state atomically.
    pub(crate) fn write(&self, dir: &Dir) -> Result<(), StackError> {
        let path = dir.state();
        let text = serde_json::to_string_pretty(self).map_err(|error| StackError::BadState {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        let new = path.with_extension("json.new");
        fs::write(&new, text).map_err(StackError::io(&new))?;
        fs::rename(&new, &path).map_err(StackError::io(&path))
    }

    /// Removes the recorded state: nothing is running any more.
    pub(crate) fn remove(dir: &Dir) -> Result<(), StackError> {
        let path = dir.state();
        fs::remove_file(&path).map_err(StackError::io(&path))
    }

    /// Whether any process that was started is still running.
    pub(crate) fn is_anything_alive(&self, dir: &Dir) -> bool {
        self.processes
            .iter()
            .any(|(name, started)| started.is_anything_left(&dir.run(*name)))
    }
}
