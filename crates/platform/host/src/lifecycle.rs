//! The life of a process: logs and traces, ports, and shutdown signals.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::Context as _;
use telemetry::Traces;
use tokio::runtime::{Builder, Runtime};

use crate::host::Host;
use crate::output;
use crate::service::Deps;
use crate::settings::Settings;

/// The exit code of `program` for the outcome of its command: 0 if all is well, 1 if not, 2 for an error, which is printed.
#[must_use]
pub fn exit_code(program: &str, outcome: anyhow::Result<bool>) -> ExitCode {
    telemetry::flush_logs();
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            output::complaint(program, &error);
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
        let traces = telemetry::start(&settings.log, &settings.telemetry, name, &deps.metrics)
            .map_err(anyhow::Error::msg)?;
        Ok(Self { name, traces })
    }

    /// Runs `host` until SIGTERM, SIGINT or SIGHUP, then drains it.
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

/// Returns when the process receives SIGTERM, SIGINT or SIGHUP, which tells that its terminal has gone. A SIGHUP that was ignored when the
/// process started stays ignored: that is what `nohup` asks for.
///
/// # Errors
/// If signal handlers cannot be installed.
pub async fn shutdown_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = match ignores_hangup() {
        Some(false) => Some(signal(SignalKind::hangup())?),
        // A handler would undo `nohup`. Where it cannot be told, SIGHUP keeps its default: it ends the process like SIGKILL.
        Some(true) | None => None,
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        Some(()) = async { hangup.as_mut()?.recv().await } => {}
    }
    Ok(())
}

/// Whether SIGHUP is ignored. None where there is no `/proc` (macOS).
fn ignores_hangup() -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    // A mask in hexadecimal, in which bit n - 1 is signal n. SIGHUP is 1.
    Some(u64::from_str_radix(ignored.trim(), 16).ok()? & 1 == 1)
}
