//! `marketplace grant EMAIL ROLE` and `marketplace revoke-role EMAIL ROLE`.

use std::sync::Arc;

use anyhow::Context as _;
use auth::Role;
use host::output;
use host::service::{Deps, StoreConfig};
use kernel::{Currency, SystemClock};
use user_service::{Email, UserService};

use super::{Place, runtime};
use crate::data_dir::sqlite;

/// Grants a user a role, on a running or stopped marketplace.
pub(crate) fn grant(place: Place, email: &str, role: &str) -> anyhow::Result<bool> {
    let (email, role, store, deps) = read(place, email, role)?;
    let user = runtime()?
        .block_on(UserService::grant_in(store, &deps, &email, role))?
        .with_context(|| format!("nobody is registered as {email}"))?;
    output::line(format_args!(
        "{} <{}> has the role {role} from the next login on.",
        user.name, user.email
    ))?;
    Ok(true)
}

/// Takes a role from a user, on a running or stopped marketplace.
pub(crate) fn revoke(place: Place, email: &str, role: &str) -> anyhow::Result<bool> {
    let (email, role, store, deps) = read(place, email, role)?;
    let user = runtime()?
        .block_on(UserService::revoke_in(store, &deps, &email, role))?
        .with_context(|| format!("nobody is registered as {email}"))?;
    output::line(format_args!(
        "{} <{}> does not have the role {role}; access tokens with it are refused within seconds.",
        user.name, user.email
    ))?;
    Ok(true)
}

fn read(place: Place, email: &str, role: &str) -> anyhow::Result<(Email, Role, StoreConfig, Deps)> {
    let role: Role = role
        .parse()
        .map_err(|error| anyhow::anyhow!("the role {role:?} {error}"))?;
    let email =
        Email::parse(email).map_err(|error| anyhow::anyhow!("the email {email:?} {error}"))?;
    let store = match place {
        Place::Files(dir) => sqlite(dir.users()),
        #[cfg(feature = "distributed")]
        Place::Servers(settings) => settings.mongo.store("users").map_err(anyhow::Error::msg)?,
    };
    // Any currency will do: a user has no amounts.
    let deps = Deps::new(Arc::new(SystemClock), Currency::USD);
    Ok((email, role, store, deps))
}
