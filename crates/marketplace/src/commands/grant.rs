//! `marketplace grant EMAIL ROLE`.

use std::process::ExitCode;
use std::sync::Arc;

use auth::Role;
use kernel::SystemClock;

use user_service::Email;

use crate::composition::Marketplace;
use crate::data_dir::DataDir;
use crate::settings::Settings;

/// Gives a user a role, on a live or stopped directory.
pub(crate) fn grant(settings: &Settings, email: &str, role: &str) -> anyhow::Result<ExitCode> {
    let dir = DataDir::existing(&settings.data_dir)?;
    let role: Role = role
        .parse()
        .map_err(|error| anyhow::anyhow!("the role {role:?} {error}"))?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let marketplace = Marketplace::build(settings, &dir, Arc::new(SystemClock))?;
            let email = Email::parse(email)
                .map_err(|error| anyhow::anyhow!("the email {email:?} {error}"))?;
            let Some(user) = marketplace.users.grant(&email, role).await? else {
                anyhow::bail!("nobody is registered as {email}");
            };
            println!(
                "{} <{}> has the role {role} from the next login on.",
                user.name, user.email
            );
            Ok(ExitCode::SUCCESS)
        })
}
