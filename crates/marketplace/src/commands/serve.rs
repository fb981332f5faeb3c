//! `marketplace serve`.

use std::sync::Arc;

use host::lifecycle::{Process, bind, runtime};
use host::output;
use host::service::Deps;
use host::settings::Settings;
use kernel::{Clock as _, SteadyClock, SystemClock};

use crate::backup::{Schedule, Source};
use crate::composition::Marketplace;
use crate::data_dir::DataDir;
use crate::services::Services;

/// Serves until SIGTERM, SIGINT or SIGHUP, then drains.
pub(crate) fn serve(settings: &Settings, services: &Services, demo: bool) -> anyhow::Result<bool> {
    let dir = DataDir::create(&settings.data_dir)?;
    let lock = dir.lock()?;
    let written = dir.last_written();
    if let Some(written) = written {
        SystemClock::begin_after(written);
    }
    let runtime = runtime(2)?;
    let (marketplace, backups) = runtime.block_on(async {
        let listener = bind(settings.server.listen, "--listen")?;
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
        let backups = Schedule::start(&services.backup, Source::of(settings)?, &metrics)?;
        let host = marketplace.start(listener, &settings.server)?;
        output::notice(format_args!("MarketPlace is ready on http://{}", host.address));
        output::notice(format_args!("API docs: http://{}/api/docs", host.address));
        for line in accounts {
            output::notice(line);
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
