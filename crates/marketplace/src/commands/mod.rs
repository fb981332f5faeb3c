//! The commands of the command line, one per file. Each returns whether what it checks is well.

pub(crate) mod audit;
pub(crate) mod backup;
#[cfg(feature = "distributed")]
pub(crate) mod databases;
pub(crate) mod grant;
pub(crate) mod keys;
pub(crate) mod messages;
pub(crate) mod prepare_mongo;
pub(crate) mod print;
#[cfg(feature = "distributed")]
pub(crate) mod relocate;
pub(crate) mod reset_access;
pub(crate) mod serve;
pub(crate) mod setup_token;

use crate::data_dir::DataDir;

/// Where the data is that a command works on.
pub(crate) enum Place {
    /// The files in a data directory.
    Files(DataDir),
    /// The databases and the broker in the settings.
    #[cfg(feature = "distributed")]
    Servers(Box<host::settings::Settings>),
}

/// The runtime on which a command waits for its stores.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

#[cfg(not(feature = "distributed"))]
pub(crate) fn not_distributed() -> anyhow::Error {
    anyhow::anyhow!(
        "this build knows only embedded mode; for --distributed, build it with `cargo build -p marketplace --features distributed`"
    )
}
