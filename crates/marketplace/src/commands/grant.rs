//! `marketplace grant EMAIL ROLE`.

use std::process::ExitCode;
use std::sync::Arc;

use kernel::SystemClock;

use crate::composition::Marketplace;
use crate::data_dir::DataDir;
use crate::settings::Settings;

/// Gives a user a role, on a live or stopped directory.
pub(crate) fn grant(settings: &Settings, email: &str, role: &str) -> anyhow::Result<ExitCode> {
    let dir = DataDir::existing(&settings.data_dir)?;
    let role = role.parse().map_err(|error: kernel::Invalid| anyhow::anyhow!("the role {role:?}: {error}"))?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let marketplace = Marketplace::build(settings, &dir, Arc::new(SystemClock))?;
        marketplace.users.grant(email, role).await?;
        println!("{email} has the role {role} from the next login on.");
        Ok(ExitCode::SUCCESS)
    })
}
