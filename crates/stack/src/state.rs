//! A stack's directory: its paths, and the state file that records what was started.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::name::Name;
use crate::options::Shape;
use crate::ports::Ports;

/// The context of an I/O error on `path`.
pub(crate) fn unusable(path: &Path) -> impl FnOnce() -> String + '_ {
    move || format!("{} cannot be used", path.display())
}

/// A stack's directory. The path is absolute, because each process has its own working directory.
#[derive(Debug, Clone)]
pub(crate) struct Dir(PathBuf);

impl Deref for Dir {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Dir {
    /// Creates the directory if it is missing.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        for part in ["logs", "run", "data"] {
            let part = path.join(part);
            fs::create_dir_all(&part).with_context(unusable(&part))?;
        }
        Self::existing(path).with_context(unusable(path))
    }

    /// Opens the directory if it exists.
    pub(crate) fn existing(path: &Path) -> Option<Self> {
        path.canonicalize().ok().map(Self)
    }

    pub(crate) fn log(&self, name: Name) -> PathBuf {
        self.join("logs").join(format!("{name}.log"))
    }

    /// The working directory of a process.
    pub(crate) fn run(&self, name: Name) -> PathBuf {
        self.join("run").join(name.to_string())
    }

    /// A server's data, created if missing.
    pub(crate) fn data(&self, name: Name) -> anyhow::Result<PathBuf> {
        let path = self.join("data").join(name.to_string());
        fs::create_dir_all(&path).with_context(unusable(&path))?;
        Ok(path)
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.join("marketplace.toml")
    }

    /// Where the pictures of products are.
    pub(crate) fn pictures(&self) -> PathBuf {
        self.join("blobs")
    }

    pub(crate) fn signing_key(&self) -> PathBuf {
        self.join("signing-key.pem")
    }

    /// The key that seals the cookies of the pages.
    pub(crate) fn console_key(&self) -> PathBuf {
        self.join("console.key")
    }

    fn state(&self) -> PathBuf {
        self.join("stack.json")
    }

    /// Locks out other commands until the file is dropped. The operating system releases the lock when this process ends, however it ends.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        let path = self.join("stack.lock");
        let file = File::create(&path).with_context(unusable(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => bail!(
                "another command is busy with the stack in {}; wait for it to end",
                self.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(unusable(&path)),
        }
    }
}

/// What was started. Rewritten after every change, so that `down` finds every process even after a crash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) shape: Shape,
    pub(crate) ports: Ports,
    /// The pid of each process, by its name.
    pub(crate) pids: BTreeMap<String, i32>,
}

impl State {
    /// Reads the recorded state; None if there is none.
    pub(crate) fn read(dir: &Dir) -> anyhow::Result<Option<Self>> {
        let path = dir.state();
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).with_context(unusable(&path))?;
        let state = serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is not the state of a stack; if nothing of it runs any more, remove that file",
                path.display()
            )
        })?;
        Ok(Some(state))
    }

    /// Replaces the recorded state atomically.
    pub(crate) fn write(&self, dir: &Dir) -> anyhow::Result<()> {
        let path = dir.state();
        let new = path.with_extension("json.new");
        let text = serde_json::to_string_pretty(self)?;
        fs::write(&new, text).with_context(unusable(&new))?;
        fs::rename(&new, &path).with_context(unusable(&path))
    }

    /// Removes the recorded state: nothing is running any more.
    pub(crate) fn remove(dir: &Dir) -> anyhow::Result<()> {
        let path = dir.state();
        fs::remove_file(&path).with_context(unusable(&path))
    }
}
