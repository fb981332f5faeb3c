//! A data directory that nobody serves.

use std::sync::Arc;

use kernel::SystemClock;
use marketplace::{DataDir, Marketplace, Settings};

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
        drop(Marketplace::build(&Settings::default(), &dir, Arc::new(SystemClock)).unwrap());
        Self { temp, dir }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let path = self.temp.path().to_str().unwrap();
        run(&[arguments, &["--data-dir", path]].concat(), &[])
    }
}
