//! A data directory that no process is serving.

use std::path::Path;
use std::sync::Arc;

use host::service::Deps;
use kernel::{Currency, SystemClock};
use marketplace::{DataDir, Marketplace, Services, Settings};

use crate::run::{Run, run};

/// A data directory with empty stores.
pub(crate) struct Directory {
    temp: tempfile::TempDir,
    pub(crate) dir: DataDir,
}

impl Directory {
    pub(crate) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::create(temp.path()).unwrap();
        let directory = Self { temp, dir };
        directory.build();
        directory
    }

    /// Opens the stores as a start does, and closes them.
    pub(crate) fn build(&self) {
        let (settings, services) = (Settings::default(), Services::default());
        let deps = Deps::new(Arc::new(SystemClock), Currency::USD);
        let tokens = deps.clock.clone();
        drop(Marketplace::build(&settings, &services, &self.dir, deps, tokens).unwrap());
    }

    pub(crate) fn path(&self) -> &Path {
        self.temp.path()
    }

    /// The directory itself.
    pub(crate) fn into_temp(self) -> tempfile::TempDir {
        self.temp
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let path = self.temp.path().to_str().unwrap();
        run(&[arguments, &["--data-dir", path]].concat(), &[])
    }
}
