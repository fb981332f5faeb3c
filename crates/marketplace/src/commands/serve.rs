//! `marketplace serve`.

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use host::signals::shutdown_signal;
use kernel::SystemClock;

use crate::composition::Marketplace;
use crate::data_dir::DataDir;
use crate::settings::Settings;

/// Serves until SIGTERM or SIGINT, then drains.
pub(crate) fn serve(settings: &Settings, demo: bool) -> anyhow::Result<ExitCode> {
    let dir = DataDir::create(&settings.data_dir)?;
    let lock = dir.lock()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the async runtime")?;
    let marketplace = runtime.block_on(run(settings, &dir, demo))?;
    // In this order: whoever uses the stores first, then the stores, which fold their logs into their files as they close.
    drop(runtime);
    drop(marketplace);
    drop(lock);
    Ok(ExitCode::SUCCESS)
}

/// Serves; gives back what is left to close.
async fn run(settings: &Settings, dir: &DataDir, demo: bool) -> anyhow::Result<Marketplace> {
    let listen = settings.server.listen;
    let listener = TcpListener::bind(listen).with_context(|| {
        format!("cannot listen on {listen}; choose another address with --listen")
    })?;
    // The demo makes trouble on purpose: its warnings would only frighten, so logging starts after it.
    let accounts = if demo {
        crate::demo::fill(settings, dir).await?
    } else {
        Vec::new()
    };
    let traces = telemetry::start(&settings.log, &settings.telemetry, "marketplace")
        .map_err(anyhow::Error::msg)?;
    let marketplace = Marketplace::build(settings, dir, Arc::new(SystemClock))?;
    traces.count_in(&marketplace.deps.metrics);
    let running = marketplace.start(listener, settings.server.threads())?;
    println!("MarketPlace is ready on http://{}", running.address);
    println!("API docs: http://{}/api/docs", running.address);
    for line in accounts {
        println!("{line}");
    }
    shutdown_signal().await?;
    tracing::info!("stopping: no new requests; finishing those that run");
    running.stop().await?;
    traces.stop().await;
    Ok(marketplace)
}
