//! `--demo`: fills a fresh directory with people, a catalogue, money and a week of orders. The orders cover every state in which an order
//! can rest, and their parts, returns and disputes every state of theirs. The demo calls the same use cases as the API.
//!
//! The weeks run on a simulated clock, and failures are produced by their real causes: a wallet that does not answer in
//! time, a warehouse that confirms too late.

mod cases;
mod catalogue;
mod deeds;
mod drawing;
mod examples;
mod lives;
mod people;
mod tree;
mod week;

use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, ManualClock, SystemClock, SystemIds};

use crate::composition::Marketplace;
use crate::data_dir::DataDir;
use crate::services::Services;
use examples::DemoIds;
use host::output;
use host::service::Deps;
use host::settings::Settings;
use week::Week;

/// How long ago the demo begins: a week of orders, and before it the time in which the first one was sent, used and not returned.
const BEGAN: Duration = Duration::from_hours((8 + 20) * 24);

/// Fills `dir`, unless it is already filled. Returns the lines that list the logins.
///
/// # Errors
/// If the demo data could not be completed; the directory is then best deleted.
pub(crate) async fn fill(
    settings: &Settings,
    services: &Services,
    dir: &DataDir,
) -> anyhow::Result<Vec<String>> {
    let start = SystemClock.now().minus(BEGAN);
    let clock = Arc::new(ManualClock::at(start));
    let mut services = services.clone();
    services.orders.sweep_milliseconds = 20;
    services.catalogue.sweep_seconds = 1;
    let fresh = !dir.users().exists();
    let ids = Arc::new(DemoIds::new(SystemIds::new(clock.clone())));
    let deps = Deps {
        ids: ids.clone(),
        ..Deps::new(clock.clone(), settings.currency)
    };
    // No mails are sent about an invented week.
    let settings = &Settings {
        mail: Settings::default().mail,
        ..settings.clone()
    };
    let marketplace = Marketplace::build(settings, &services, dir, deps, clock.clone())?;
    if people::are_complete(&marketplace).await? {
        return Ok(people::lines());
    }
    let path = settings.data_dir.display();
    if people::have_begun(&marketplace).await? {
        anyhow::bail!(
            "an earlier --demo was cut off before {path} was filled; remove that directory and start again"
        );
    }
    if !fresh {
        anyhow::bail!(
            "{path} holds a marketplace already; --demo fills a fresh directory: choose one with --data-dir"
        );
    }
    output::notice(format_args!(
        "Filling {path} with demo data; this takes some seconds."
    ));
    let people = people::register(&marketplace, &ids).await?;
    tree::plant(&marketplace, &ids).await?;
    let products = catalogue::list(&marketplace, &people.sellers, &ids).await?;
    let week = Week {
        services,
        marketplace,
        clock,
        people,
        products,
        ids,
    };
    week.live_through().await?;
    people::complete(&week.marketplace).await?;
    Ok(people::lines())
}
