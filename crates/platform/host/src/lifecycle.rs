//! The life of a process: logs and traces, ports, and shutdown signals.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::Context as _;
use telemetry::Traces;
use tokio::runtime::{Builder, Runtime};

use crate::host::Host;
use crate::service::Deps;
use crate::settings::Settings;

/// The exit code of `program` for the outcome of its command: 0 if all is well, 1 if not, 2 for an error, which is printed.
#[must_use]
pub fn exit_code(program: &str, outcome: anyhow::Result<bool>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{program}: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// A runtime with this many threads for work other than HTTP: stores, messages, sweepers.
///
/// # Errors
/// If the system cannot create the threads.
pub fn runtime(threads: usize) -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .context("the async runtime")
}

/// Binds a port. `setting` names the setting that selects another address.
///
/// # Errors
/// If the port cannot be bound.
pub fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("cannot listen on {address}; choose another address with {setting}")
    })
}

/// A process whose logs and traces have started.
pub struct Process {
    name: &'static str,
    traces: Traces,
}

impl Process {
    /// Starts logs and traces of the process `name`. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// A sentence about the invalid setting.
    pub fn begin(name: &'static str, settings: &Settings, deps: &Deps) -> anyhow::Result<Self> {
        let traces = telemetry::start(&settings.log, &settings.telemetry, name)
            .map_err(anyhow::Error::msg)?;
        traces.count_in(&deps.metrics);
        Ok(Self { name, traces })
    }

    /// Runs `host` until SIGTERM or SIGINT, then drains it.
    ///
    /// # Errors
    /// If signal handlers cannot be installed, or a server failed while it ran.
    pub async fn run(self, host: Host) -> anyhow::Result<()> {
        shutdown_signal().await?;
        tracing::info!(
            service = self.name,
            "stopping: no new requests; finishing those that run"
        );
        host.stop().await?;
        self.traces.stop().await;
        Ok(())
    }
}

/// Returns when the process receives SIGTERM or SIGINT.
///
/// # Errors
/// If signal handlers cannot be installed.
pub async fn shutdown_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
