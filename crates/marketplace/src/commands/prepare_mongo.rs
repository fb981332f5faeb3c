//! `marketplace prepare-mongo`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use host::settings::Settings;

/// What the settings do not say.
#[derive(Args)]
pub(crate) struct PrepareArgs {
    /// A member on this machine, to be asked
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:27017")]
    pub(crate) at: String,
    /// All members, as clients and each other find them
    #[arg(long, value_name = "HOST:PORT", required = true, value_delimiter = ',')]
    pub(crate) members: Vec<String>,
    /// File with the password of the account `admin`, which is made
    #[arg(long, value_name = "FILE")]
    pub(crate) admin_password_file: PathBuf,
    /// Settings file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Initiates the replica set and creates the accounts that are missing.
#[cfg(feature = "distributed")]
pub(crate) fn prepare_mongo(settings: &Settings, args: &PrepareArgs) -> anyhow::Result<ExitCode> {
    use anyhow::Context as _;
    use store_mongo::mongodb::options::{ClientOptions, ServerAddress};

    let file = &args.admin_password_file;
    let admin_password = std::fs::read_to_string(file)
        .with_context(|| format!("--admin-password-file {}", file.display()))?;
    let uri = settings.mongo.resolved_uri().map_err(anyhow::Error::msg)?;
    super::runtime()?.block_on(async {
        let wanted = crate::replica_set::Wanted {
            at: ServerAddress::parse(&args.at).context("--at")?,
            members: args.members.clone(),
            admin_password: admin_password.trim().to_owned(),
            services: ClientOptions::parse(uri.expose())
                .await
                .context("mongo.uri")?,
            databases: ["users", "products", "orders", "wallet"]
                .map(|service| settings.mongo.database(service))
                .to_vec(),
        };
        crate::replica_set::prepare(&wanted).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Not available in this build.
#[cfg(not(feature = "distributed"))]
pub(crate) fn prepare_mongo(_settings: &Settings, _args: &PrepareArgs) -> anyhow::Result<ExitCode> {
    Err(super::not_distributed())
}
