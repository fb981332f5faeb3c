//! `marketplace keys`: its arguments.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use host::settings::Settings;

use super::settings::DirArgs;
use crate::commands::{self, keys::Rotation};
use crate::data_dir::DataDir;

/// Which file holds the keys.
#[derive(Args)]
pub(super) struct KeysArgs {
    /// The file with the keys [default: that of the settings, or signing-key.pem in the data directory]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    dir: DirArgs,
}

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Add the next key: all who verify tokens learn it before it signs
    Generate(KeysArgs),
    /// Sign with the next key from now on; tokens of the earlier one stay valid
    Rotate {
        /// Do not wait until the next key is known everywhere: tokens may be refused for a minute
        #[arg(long)]
        now: bool,
        /// Refuse the tokens of all earlier keys, for one that others may know
        #[arg(long)]
        drop_earlier: bool,
        #[command(flatten)]
        keys: KeysArgs,
    },
    /// List the keys: id, state (active, next, retired), since when
    List(KeysArgs),
}

impl KeysArgs {
    fn file(self) -> anyhow::Result<(PathBuf, Settings)> {
        let (settings, _) = self.dir.settings([])?;
        let dir = DataDir::at(&settings.data_dir);
        let file = self.file.unwrap_or_else(|| dir.signing_key(&settings));
        Ok((file, settings))
    }
}

impl KeysCommand {
    pub(super) fn run(self) -> anyhow::Result<bool> {
        match self {
            Self::Generate(keys) => commands::keys::generate(&keys.file()?.0),
            Self::Rotate {
                now,
                drop_earlier,
                keys,
            } => {
                let (file, settings) = keys.file()?;
                let rotation = Rotation::of(now, drop_earlier, &settings.auth.policy()?);
                commands::keys::rotate(&file, &rotation)
            }
            Self::List(keys) => commands::keys::list(&keys.file()?.0),
        }
    }
}
