//! The commands of the command line, one per file.

mod audit;
mod gateway_files;
mod grant;
mod health;
mod messages;
mod prepare_mongo;
mod print;
mod serve;

pub(crate) use audit::audit;
pub(crate) use gateway_files::gateway_files;
pub(crate) use grant::grant;
pub(crate) use health::health;
pub(crate) use messages::{list_messages, replay_messages};
pub(crate) use prepare_mongo::{PrepareArgs, prepare_mongo};
pub(crate) use print::{config, openapi};
pub(crate) use serve::serve;

/// The data that a command works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The files in the data directory.
    Embedded,
    /// The databases and the broker in the settings.
    Distributed,
}

/// The runtime on which a command waits for its stores.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

#[cfg(not(feature = "distributed"))]
fn not_distributed() -> anyhow::Error {
    anyhow::anyhow!(
        "this build knows only the embedded shape; for --distributed, build it with `cargo build -p marketplace --features distributed`"
    )
}
