//! A data directory that no process is serving.

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
        drop(
            Marketplace::build(
                &Settings::default(),
                &Services::default(),
                &dir,
                Deps::new(Arc::new(SystemClock), Currency::USD),
            )
            .unwrap(),
        );
        Self { temp, dir }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let path = self.temp.path().to_str().unwrap();
        run(&[arguments, &["--data-dir", path]].concat(), &[])
    }
}
