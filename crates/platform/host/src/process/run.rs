//! From the command line to the end of the process: start, answer, drain.
//!
//! Order of the end (SIGTERM): no new connections and no new work from the broker is refused at the edge; requests are finished while
//! messages still flow, since some of them wait for replies; then deliveries in hand and what is on its way to the broker; the
//! internal port, which tells how far it is, closes last.

use std::net::TcpListener;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::service::{Deps, Engine, StoreConfig};
use crate::settings::Flag;
use crate::signals::shutdown_signal;
use anyhow::Context as _;
use async_trait::async_trait;
use bus::{Bus, Tasks};
use bus_amqp::{AmqpBus, HintReceiver, HintSender};
use bytes::Bytes;
use clap::{Args, Parser, Subcommand};
use kernel::{Clock, SystemClock, SystemIds};
use platform_http::{Edge, Readiness, Server};
use telemetry::metrics::Metrics;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::process::program::{Built, Context, OnHint, Program};
use crate::process::settings::Settings;

/// How long deliveries and publishes in hand may take at the end.
const FINISH: Duration = Duration::from_secs(10);

#[derive(Parser)]
#[command(
    version,
    about = "One service of the marketplace, on MongoDB and RabbitMQ.",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what happens without a command, too)
    Serve(ServeArgs),
    /// Print the effective configuration, without passwords
    Config(ServeArgs),
    /// Ask the process on the internal port whether it is ready: exit 0 if it is, 1 if not
    Health(ServeArgs),
}

#[derive(Args)]
struct ServeArgs {
    /// Settings file (TOML), the same for all services
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address of the public port
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Address of the internal port: /internal/*, /metrics
    #[arg(long, value_name = "ADDR")]
    internal_listen: Option<String>,
}

impl ServeArgs {
    fn settings<P: Program>(&self) -> anyhow::Result<(Settings, P::Config)> {
        let flags = [
            ("--listen", "server.listen", &self.listen),
            (
                "--internal-listen",
                "internal.listen",
                &self.internal_listen,
            ),
        ];
        let flags: Vec<Flag> = flags
            .into_iter()
            .filter_map(|(flag, key, value)| {
                let value = value.clone()?;
                Some(Flag { flag, key, value })
            })
            .collect();
        let (settings, config) = Settings::load(P::SECTION, self.config.as_deref(), &flags)?;
        settings.telemetry.validate().map_err(anyhow::Error::msg)?;
        P::validate(&settings, &config).map_err(anyhow::Error::msg)?;
        Ok((settings, config))
    }
}

/// The whole `main` of a service.
#[must_use]
pub fn main<P: Program>() -> ExitCode {
    match run::<P>() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}: {error:#}", P::NAME);
            ExitCode::from(2)
        }
    }
}

fn run<P: Program>() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Config(args) => {
            let (settings, config) = args.settings::<P>()?;
            println!("{}", settings.print(P::SECTION, &config)?.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Command::Health(args) => {
            let (settings, _) = args.settings::<P>()?;
            runtime(1)?.block_on(crate::process::health::ask(settings.internal.listen))
        }
        Command::Serve(args) => {
            let (settings, config) = args.settings::<P>()?;
            runtime(threads_behind())?.block_on(serve::<P>(&settings, &config))
        }
    }
}

/// Threads for what is not HTTP (stores, messages, sweepers): half of the cores. Work goes to and fro between these and the HTTP
/// workers, and on two cores a second one costs a tenth of a service's time in hand-overs and brings nothing.
fn threads_behind() -> usize {
    let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
    (cores / 2).max(1)
}

fn runtime(threads: usize) -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .context("the async runtime")
}

async fn serve<P: Program>(settings: &Settings, config: &P::Config) -> anyhow::Result<ExitCode> {
    let public = bind(settings.server.listen, "server.listen")?;
    let internal = bind(settings.internal.listen, "internal.listen")?;
    let traces = telemetry::start(&settings.log, &settings.telemetry, P::NAME)
        .map_err(anyhow::Error::msg)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let deps = Deps {
        ids: Arc::new(SystemIds::new(clock.clone())),
        clock: clock.clone(),
        metrics: Metrics::default(),
        currency: settings.currency,
    };
    traces.count_in(&deps.metrics);
    let tasks = Tasks::new();
    let mut context = Context {
        settings,
        deps: &deps,
        store: StoreConfig::Mongo {
            uri: settings
                .mongo
                .resolved_uri()
                .map_err(anyhow::Error::msg)?
                .secret(),
            database: settings.mongo.database(P::DATABASE),
        },
        tasks: &tasks,
        readiness: Vec::new(),
        hints: None,
    };
    let Built {
        mut parts,
        internal: internal_routes,
        on_hint,
    } = P::build(config, &mut context)?;
    let (mut readiness, announced) = (context.readiness, context.hints);
    readiness.extend(parts.readiness.iter().cloned());
    // A service that neither sends nor receives is as well without a broker, and needs no account there.
    let bus: Option<Arc<dyn Bus>> = if parts.uses_bus() {
        let bus = AmqpBus::start(
            &settings.amqp.broker().map_err(anyhow::Error::msg)?,
            P::NAME,
            std::mem::take(&mut parts.subscriptions),
            &clock,
            &deps.metrics.bus,
            &tasks,
        );
        readiness.push(Arc::new(BrokerReadiness(bus.clone())));
        if let (Some(announced), Some(on_hint)) = (announced, on_hint) {
            let (sender, receiver) = bus.hints(P::NAME);
            tasks.spawn(|stop| announce(announced, sender, stop));
            tasks.spawn(|_| hear(receiver, on_hint));
        }
        Some(bus)
    } else {
        None
    };
    let public_routes = vec![parts.routes.clone()];
    let engine = Engine::on(bus.as_ref(), &deps, vec![parts.into_working()]);
    let workers = settings.server.threads();
    let edge = |checks: &[Arc<dyn Readiness>]| {
        Edge::new(deps.ids.clone(), deps.metrics.clone(), checks.to_vec())
    };
    let addresses = (public.local_addr()?, internal.local_addr()?);
    let inner = Server::start(
        internal,
        1,
        edge(&readiness).on_internal_port().following_traces(),
        internal_routes.into_iter().collect(),
    )?;
    let outer = Server::start(
        public,
        workers,
        edge(&readiness).without_metrics(),
        public_routes,
    )?;
    tracing::info!(service = P::NAME, public = %addresses.0, internal = %addresses.1, "started");
    shutdown_signal().await?;
    tracing::info!(
        service = P::NAME,
        "stopping: no new requests; finishing those that run"
    );
    outer.stop().await?;
    engine.stop().await;
    tasks.drain(FINISH).await;
    inner.stop().await?;
    traces.stop().await;
    tracing::info!(service = P::NAME, "stopped");
    Ok(ExitCode::SUCCESS)
}

/// The broker, as what a service needs to answer.
struct BrokerReadiness(Arc<AmqpBus>);

#[async_trait]
impl Readiness for BrokerReadiness {
    fn name(&self) -> &'static str {
        "message broker"
    }

    async fn check(&self) -> Result<(), String> {
        if self.0.is_connected() {
            Ok(())
        } else {
            Err("not connected".to_owned())
        }
    }
}

fn bind(address: std::net::SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("cannot listen on {address}; choose another address with {setting}")
    })
}

async fn announce(
    mut announced: mpsc::Receiver<Bytes>,
    hints: HintSender,
    stop: CancellationToken,
) {
    // The service that announces lives longer than this task is to.
    while let Some(Some(hint)) = stop.run_until_cancelled(announced.recv()).await {
        hints.announce(hint);
    }
}

async fn hear(mut hints: HintReceiver, on_hint: OnHint) {
    while let Some(hint) = hints.next().await {
        on_hint(hint).await;
    }
}
