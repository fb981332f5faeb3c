//! `marketplace reset-access EMAIL`.

use std::sync::Arc;

use anyhow::Context as _;
use host::output;
use host::service::Deps;
use host::settings::Settings;
use kernel::{Currency, SystemClock};
use user_service::{Email, UserService};

use super::{Place, runtime};
use crate::data_dir::sqlite;

/// Prints a link with which a user sets another password, on a running or stopped marketplace; without the site's address its secret
/// alone. Their second factor is off from then on.
pub(crate) fn reset_access(place: Place, email: &str, settings: &Settings) -> anyhow::Result<bool> {
    let email =
        Email::parse(email).map_err(|error| anyhow::anyhow!("the email {email:?} {error}"))?;
    let store = match place {
        Place::Files(dir) => sqlite(dir.users()),
        #[cfg(feature = "distributed")]
        Place::Servers(settings) => settings.mongo.store("users").map_err(anyhow::Error::msg)?,
    };
    // Any currency will do: a user has no amounts.
    let deps = Deps::new(Arc::new(SystemClock), Currency::USD);
    let (reset, secret) = runtime()?
        .block_on(UserService::reset_access_in(store, settings, &deps, &email))?
        .with_context(|| format!("nobody is registered as {email}"))?;
    let name = &reset.user.name;
    match &settings.server.public_url {
        Some(site) => output::line(format_args!(
            "{name} <{email}> sets another password, once and within 15 minutes, at {site}/reset?token={}",
            secret.expose()
        ))?,
        None => output::line(format_args!(
            "{name} <{email}> sets another password, once and within 15 minutes, at POST /api/users/password/reset with the token {}",
            secret.expose()
        ))?,
    }
    if reset.had_second_factor {
        output::line(format_args!(
            "The second factor is off; {name} sets up another after the login."
        ))?;
    }
    Ok(true)
}
