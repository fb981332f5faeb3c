//! The command line of a stack; `./scripts/stack` builds what it needs and calls it.

use std::path::{Path, PathBuf};
use std::process::{Command as Program, ExitCode};

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};
use stack::output::{complain, say};
use stack::{Found, Name, Only, Options, Process, Stack};

#[derive(Parser)]
#[command(
    name = "stack",
    about = "Runs the distributed marketplace on this machine, without containers."
)]
struct Cli {
    /// The stack's directory, with its data, logs and configuration
    #[arg(
        long,
        value_name = "DIR",
        env = "MARKETPLACE_STACK_DIR",
        default_value = ".stack",
        global = true
    )]
    dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start every process that is not running; return when all are ready
    Up(Options),
    /// Stop what was started, and nothing else
    Down {
        /// Also delete its data
        #[arg(long)]
        wipe: bool,
    },
    /// List the processes: pid, ports, whether each is ready; exit 1 if one is not
    Status,
    /// Print the end of the logs, of one process or all
    Logs {
        /// A process, such as wallet-0, rabbit or gateway
        name: Option<String>,
        /// Keep printing as they grow
        #[arg(short, long)]
        follow: bool,
    },
    /// Print where the servers are, as `export NAME=value` lines
    Env,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(format_args!("stack: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Returns whether everything that the command looks at is well.
async fn run(cli: Cli) -> anyhow::Result<bool> {
    let dir = &cli.dir;
    match cli.command {
        Command::Up(options) => {
            up(Options {
                dir: cli.dir,
                ..options
            })
            .await
        }
        Command::Down { wipe } => down(dir, wipe),
        Command::Status => status(&running(dir)?).await,
        Command::Logs { name, follow } => logs(&running(dir)?, name, follow).await,
        Command::Env => {
            print_env(&running(dir)?)?;
            Ok(true)
        }
    }
}

fn running(dir: &Path) -> anyhow::Result<Stack> {
    Stack::open(dir)?.with_context(|| {
        format!(
            "no stack runs in {}; start one with ./scripts/stack up",
            dir.display()
        )
    })
}

async fn up(options: Options) -> anyhow::Result<bool> {
    let only = options.shape.only;
    let mut stack = tokio::select! {
        stack = Stack::up(options) => stack?,
        // Dropping the stack stops the processes that were started.
        interrupted = interrupted() => {
            interrupted?;
            anyhow::bail!("interrupted; what had been started was stopped")
        }
    };
    stack.leave();
    match stack.found() {
        Found::Nothing => {}
        Found::Everything => say("It runs already.")?,
        Found::Something => say("A part of it ran already; the rest was started.")?,
    }
    let all_ready = status(&stack).await?;
    match only {
        None => {
            say(format_args!(
                "MarketPlace is ready on {}",
                stack.gateway_url()
            ))?;
            say(format_args!("API docs: {}/api/docs", stack.gateway_url()))?;
        }
        Some(Only::Servers) => print_env(&stack)?,
        Some(Only::Gateway) => say(format_args!(
            "The gateway is ready on {}",
            stack.gateway_url()
        ))?,
    }
    Ok(all_ready)
}

/// Returns when this process is asked to end, or its terminal has gone.
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

fn down(dir: &Path, wipe: bool) -> anyhow::Result<bool> {
    match Stack::open(dir)? {
        Some(stack) => {
            stack.down()?;
            say("Stopped.")?;
        }
        None => say(format_args!("Nothing runs in {}.", dir.display()))?,
    }
    if wipe {
        Stack::wipe(dir)?;
        say("Its data is gone.")?;
    }
    Ok(true)
}

/// Prints a line for each process. Returns whether all are ready.
async fn status(stack: &Stack) -> anyhow::Result<bool> {
    let processes = stack.processes().await;
    say(format_args!(
        "{:<10} {:>8}  {:<12} state",
        "name", "pid", "port"
    ))?;
    for process in &processes {
        let Process { name, ports, .. } = process;
        let pid = process
            .pid
            .map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let state = match &process.ready {
            Ok(()) => "ready".to_owned(),
            Err(reason) if pid == "-" => format!("down: {reason}"),
            Err(reason) => format!("up, not ready: {reason}"),
        };
        say(format_args!(
            "{:<10} {pid:>8}  {:<12} {state}",
            name.to_string(),
            ports.join(",")
        ))?;
    }
    Ok(processes.iter().all(|process| process.ready.is_ok()))
}

async fn logs(stack: &Stack, name: Option<String>, follow: bool) -> anyhow::Result<bool> {
    let mut processes = stack.processes().await;
    if let Some(name) = &name {
        processes.retain(|process| process.name.to_string() == *name);
    }
    ensure!(
        !processes.is_empty(),
        "this stack has no such process; its processes are {}",
        stack
            .names()
            .iter()
            .map(Name::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    );
    let lines = if name.is_some() { "200" } else { "10" };
    let mut tail = Program::new("tail");
    tail.args(["-n", lines]);
    if follow {
        tail.arg("-F");
    }
    tail.args(processes.into_iter().map(|process| process.log));
    Ok(tail.status().context("tail")?.success())
}

/// For a shell: `eval "$(./scripts/stack env)"`.
fn print_env(stack: &Stack) -> anyhow::Result<()> {
    let names = stack.names();
    if names.contains(&Name::Rabbit) {
        say(format_args!(
            "export MARKETPLACE_TEST_MONGO='{}'",
            stack.mongo_uri()
        ))?;
        say(format_args!(
            "export MARKETPLACE_TEST_AMQP='{}'",
            stack.amqp_uri()
        ))?;
    }
    if names.contains(&Name::Gateway) {
        say(format_args!(
            "export MARKETPLACE_URL='{}'",
            stack.gateway_url()
        ))?;
        say(format_args!(
            "export MARKETPLACE_CONFIG='{}'",
            stack.config_path().display()
        ))?;
    }
    Ok(())
}
