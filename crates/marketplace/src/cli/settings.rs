//! The arguments that name settings, and the settings from all layers.

use std::path::PathBuf;

use clap::Args;
use host::settings::{Flag, Layers, Settings};

use crate::services::Services;

#[derive(Args, Clone)]
pub(super) struct DirArgs {
    /// Data directory [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<String>,
    #[command(flatten)]
    pub(super) file: FileArgs,
}

/// The settings of a command that needs no data. It reads them all the same: each command refuses a wrong one.
#[derive(Args, Clone)]
pub(super) struct FileArgs {
    /// Settings file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

impl DirArgs {
    /// The settings from all layers; the arguments and `flags` are the flags.
    pub(super) fn settings(
        self,
        flags: impl IntoIterator<Item = Flag>,
    ) -> anyhow::Result<(Settings, Services)> {
        let own = [("--data-dir", "data_dir", self.data_dir)];
        let flags = own.into_iter().chain(flags);
        let layers = Layers::read(self.file.config.as_deref(), std::env::vars_os(), flags)?
            // Several of them run on one machine; who collects metrics gives the port a number.
            .or("internal.listen", "127.0.0.1:0");
        let settings = Settings::read(&layers)?;
        let services = Services::read(&layers)?;
        layers.check(services.validate(&settings))?;
        Ok((settings, services))
    }
}

impl FileArgs {
    pub(super) fn settings(self) -> anyhow::Result<(Settings, Services)> {
        let dir = DirArgs {
            data_dir: None,
            file: self,
        };
        dir.settings([])
    }
}
