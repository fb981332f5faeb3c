//! The command line of a process.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::program::Program;
use super::serve::serve;
use crate::health;
use crate::lifecycle::{exit_code, runtime};
use crate::output;
use crate::settings::{Layers, Settings};

#[derive(Parser)]
#[command(
    version,
    about = "One process of the marketplace in the distributed mode.",
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
    /// Serve (the default command)
    Serve(ServeArgs),
    /// Print the effective configuration, without passwords
    Config(ServeArgs),
    /// Ask the process on the internal port whether it is ready: exits 0 if it is, 1 if not
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
    fn settings<P: Program>(self) -> anyhow::Result<(Settings, P::Config)> {
        let flags = [
            ("--listen", "server.listen", self.listen),
            ("--internal-listen", "internal.listen", self.internal_listen),
        ];
        let layers = Layers::read(self.config.as_deref(), std::env::vars_os(), flags)?
            // Machines read a service's log.
            .or("log.format", "json");
        let settings = Settings::read(&layers)?;
        let config = layers.section(P::SECTION)?;
        layers.check(P::validate(&settings, &config))?;
        layers.check(settings.servers_allowed())?;
        Ok((settings, config))
    }
}

/// The complete `main` of a service.
#[must_use]
pub fn main<P: Program>() -> ExitCode {
    exit_code(P::NAME, run::<P>())
}

/// Runs the command that the command line names. Returns whether what it checks is well.
fn run<P: Program>() -> anyhow::Result<bool> {
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Config(args) => {
            let (settings, config) = args.settings::<P>()?;
            let sections = BTreeMap::from([(P::SECTION, config)]);
            output::line(settings.print(&sections)?.trim_end())?;
            Ok(true)
        }
        Command::Health(args) => {
            let (settings, _) = args.settings::<P>()?;
            health::print(settings.internal.listen)
        }
        Command::Serve(args) => {
            let (settings, config) = args.settings::<P>()?;
            runtime(threads_behind())?.block_on(serve::<P>(&settings, &config))
        }
    }
}

/// Threads for work other than HTTP (stores, messages, sweepers): half of the cores. Work passes back and forth between these threads and
/// the HTTP workers. On two cores, a second thread costs a tenth of a service's time in hand-offs and gains nothing.
fn threads_behind() -> usize {
    let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
    (cores / 2).max(1)
}
