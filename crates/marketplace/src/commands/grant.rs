//! `marketplace grant EMAIL ROLE`.

use std::process::ExitCode;
use std::sync::Arc;

use auth::Role;
use host::service::Deps;
use kernel::SystemClock;
use user_service::{Email, UserService};

use super::{Shape, runtime};
use crate::data_dir::{DataDir, sqlite};
use host::settings::Settings;

/// Grants a user a role, on a running or stopped marketplace.
pub(crate) fn grant(
    settings: &Settings,
    shape: Shape,
    email: &str,
    role: &str,
) -> anyhow::Result<ExitCode> {
    let role: Role = role
        .parse()
        .map_err(|error| anyhow::anyhow!("the role {role:?} {error}"))?;
    let email =
        Email::parse(email).map_err(|error| anyhow::anyhow!("the email {email:?} {error}"))?;
    let store = match shape {
        Shape::Embedded => sqlite(DataDir::existing(&settings.data_dir)?.users()),
        Shape::Distributed => settings.mongo.store("users").map_err(anyhow::Error::msg)?,
    };
    let deps = Deps::new(Arc::new(SystemClock), settings.currency);
    let found = runtime()?.block_on(UserService::grant_in(store, &deps, &email, role))?;
    let Some(user) = found else {
        anyhow::bail!("nobody is registered as {email}");
    };
    println!(
        "{} <{}> has the role {role} from the next login on.",
        user.name, user.email
    );
    Ok(ExitCode::SUCCESS)
}
