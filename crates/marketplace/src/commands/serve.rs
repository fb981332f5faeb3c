//! `marketplace serve`.

use std::sync::Arc;

use host::lifecycle::{Process, bind, runtime};
use host::output;
use host::service::Deps;
use host::settings::Settings;
use kernel::{Clock as _, SteadyClock, SystemClock};
use rustix::fs::Mode;

use crate::backup::{Schedule, Source};
use crate::composition::Marketplace;
use crate::data_dir::DataDir;
use crate::services::Services;

/// Serves until SIGTERM, SIGINT or SIGHUP, then drains.
pub(crate) fn serve(settings: &Settings, services: &Services, demo: bool) -> anyhow::Result<bool> {
    // What is written from here on is its owner's alone: the stores hold what people entrust to the marketplace. The mask that was set
    // before is of no interest.
    let _ = rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let dir = DataDir::create(&settings.data_dir)?;
    let lock = dir.lock()?;
    let written = dir.last_written();
    if let Some(written) = written {
        SystemClock::begin_after(written);
    }
    let runtime = runtime(2)?;
    let (marketplace, backups) = runtime.block_on(async {
        let listener = bind(settings.server.listen, "--listen")?;
        let internal = bind(settings.internal.listen, "internal.listen")?;
        let metrics_address = internal.local_addr()?;
        // The demo causes failures on purpose. Logging starts after it, so that its warnings do not alarm anyone.
        let accounts = if demo {
            crate::demo::fill(settings, services, &dir).await?
        } else {
            Vec::new()
        };
        let deps = Deps::new(Arc::new(SystemClock), settings.currency);
        let process = Process::begin("marketplace", settings, &deps)?;
        let metrics = deps.metrics.clone();
        if let Some(written) = written.filter(|written| *written > SystemClock.now()) {
            tracing::warn!(%written, "this machine's clock is behind the last write to the data directory; lists will show new items among older ones");
        }
        let tokens = Arc::new(SteadyClock::new());
        let marketplace = Marketplace::build(settings, services, &dir, deps, tokens)?;
        marketplace.learn_revocations().await?;
        let backups = Schedule::start(&services.backup, Source::of(settings, services)?, &metrics)?;
        let host = marketplace.start_on(listener, Some(internal), &settings.server)?;
        output::notice(format_args!("MarketPlace is ready on http://{}", host.address));
        output::notice(format_args!("API docs: http://{}/api/docs", host.address));
        output::notice(format_args!("Metrics: http://{metrics_address}/metrics"));
        for line in accounts {
            output::notice(line);
        }
        // One that was filled has an administrator.
        if !demo && let Some(token) = marketplace.users.offer_setup().await? {
            let place = if services.console.enabled {
                "/setup"
            } else {
                "/api/setup"
            };
            output::notice(format_args!(
                "There is no administrator yet. Make one at http://{}{place} with the setup token {}",
                host.address,
                token.expose()
            ));
        }
        process.run(host).await?;
        anyhow::Ok((marketplace, backups))
    })?;
    // Drop order matters: first the users of the stores, then the stores, which checkpoint their write-ahead logs as they close.
    drop(backups);
    drop(runtime);
    drop(marketplace);
    drop(lock);
    Ok(true)
}
