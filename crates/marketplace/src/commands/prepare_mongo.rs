//! `marketplace prepare-mongo`.

use std::path::PathBuf;

use clap::Args;

/// What the settings do not say.
#[derive(Args)]
pub(crate) struct PrepareArgs {
    /// A member on this machine, to send the commands to
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:27017")]
    pub(crate) at: String,
    /// All members, at the addresses that clients and the members themselves use
    #[arg(long, value_name = "HOST:PORT", required = true, value_delimiter = ',')]
    pub(crate) members: Vec<String>,
    /// File with the password of the account `admin`, which is created
    #[arg(long, value_name = "FILE")]
    pub(crate) admin_password_file: PathBuf,
    /// Settings file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Initiates the replica set and creates the accounts that are missing.
#[cfg(feature = "distributed")]
pub(crate) fn prepare(
    settings: &host::settings::Settings,
    args: &PrepareArgs,
) -> anyhow::Result<bool> {
    super::runtime()?.block_on(crate::replica_set::prepare(
        &settings.mongo,
        &args.at,
        &args.members,
        &args.admin_password_file,
    ))?;
    Ok(true)
}
