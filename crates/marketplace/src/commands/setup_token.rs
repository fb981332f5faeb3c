//! `marketplace setup-token`.

use std::sync::Arc;

use anyhow::Context as _;
use host::output;
use host::service::Deps;
use kernel::{Currency, SystemClock};
use user_service::UserService;

use super::{Place, runtime};
use crate::data_dir::sqlite;

/// Prints a new setup token of a running or stopped marketplace, which takes the place of an earlier one.
pub(crate) fn setup_token(place: Place) -> anyhow::Result<bool> {
    let store = match place {
        Place::Files(dir) => sqlite(dir.users()),
        #[cfg(feature = "distributed")]
        Place::Servers(settings) => settings.mongo.store("users").map_err(anyhow::Error::msg)?,
    };
    // Any currency will do: a setup has no amounts.
    let deps = Deps::new(Arc::new(SystemClock), Currency::USD);
    let token = runtime()?
        .block_on(UserService::offer_setup_in(store, &deps))?
        .context(
            "there is an administrator already; `marketplace grant EMAIL admin` makes another one",
        )?;
    output::line(token.expose())?;
    Ok(true)
}
