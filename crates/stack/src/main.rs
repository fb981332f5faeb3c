//! The command line of a stack; `./scripts/stack` builds what it needs and calls it.

use std::path::PathBuf;
use std::process::{Command as Program, ExitCode};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use stack::{BASE, Found, Name, Only, Options, PortChoice, Process, RateLimits, Shape, Stack, Tls};

#[derive(Parser)]
#[command(
    name = "stack",
    about = "The whole distributed marketplace on this machine, without containers."
)]
struct Cli {
    /// Where everything of the stack is kept
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
    /// Start what does not run; return when all is ready
    Up(UpArgs),
    /// Stop what was started, and nothing else
    Down {
        /// Throw its data away, too
        #[arg(long)]
        wipe: bool,
    },
    /// Each process: pid, ports, whether it is ready; exit 1 if one is not
    Status,
    /// The end of the logs, of one process or all
    Logs {
        /// Such as wallet-0, rabbit, gateway
        name: Option<Name>,
        /// Go on as they grow
        #[arg(short, long)]
        follow: bool,
    },
    /// Print where the servers are, as `export NAME=value` lines
    Env,
}

#[derive(Args)]
struct UpArgs {
    /// Members of the MongoDB replica set: 1 or 3
    #[arg(long, default_value_t = 1)]
    members: usize,
    /// Replicas of each service
    #[arg(long, default_value_t = 1)]
    replicas: usize,
    /// The gateway's port; 0: any free ones, for everything
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// First of the ports of everything else
    #[arg(long, default_value_t = BASE)]
    base: u16,
    /// A part alone
    #[arg(long)]
    only: Option<Only>,
    /// Do not count logins and registrations of clients on this machine
    #[arg(long)]
    no_rate_limits: bool,
    /// TLS to MongoDB and RabbitMQ, with an authority of the stack's own
    #[arg(long)]
    tls: bool,
    /// A setting for every service, such as `MARKETPLACE__USERS__BCRYPT_COST=4`; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
}

/// `NAME=VALUE`.
fn setting(raw: &str) -> Result<(String, String), String> {
    match raw.split_once('=') {
        Some((name, value)) if name.starts_with("MARKETPLACE__") => {
            Ok((name.to_owned(), value.to_owned()))
        }
        Some(_) | None => Err("must be MARKETPLACE__SECTION__KEY=VALUE".to_owned()),
    }
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("stack: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("the async runtime")?;
    runtime.block_on(async {
        match cli.command {
            Command::Up(args) => up(cli.dir, args).await,
            Command::Down { wipe } => down(&cli.dir, wipe),
            Command::Status => status(&running(&cli.dir)?).await,
            Command::Logs { name, follow } => logs(&running(&cli.dir)?, name, follow).await,
            Command::Env => {
                print_env(&running(&cli.dir)?);
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

fn running(dir: &std::path::Path) -> anyhow::Result<Stack> {
    Stack::open(dir)?.with_context(|| {
        format!(
            "no stack runs in {}; start one with ./scripts/stack up",
            dir.display()
        )
    })
}

async fn up(dir: PathBuf, args: UpArgs) -> anyhow::Result<ExitCode> {
    let ports = match args.port {
        0 => PortChoice::Any,
        gateway => PortChoice::Fixed {
            gateway,
            base: args.base,
        },
    };
    let rate_limits = if args.no_rate_limits {
        RateLimits::Off
    } else {
        RateLimits::On
    };
    let tls = if args.tls { Tls::On } else { Tls::Off };
    let shape = Shape {
        members: args.members,
        replicas: args.replicas,
        only: args.only,
        rate_limits,
        tls,
        settings: args.set,
        ..Shape::default()
    };
    let mut stack = tokio::select! {
        stack = Stack::up(Options { dir, ports, shape }) => stack?,
        // Dropping the stack stops the processes that were started.
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted; what had been started was stopped"),
    };
    stack.leave();
    match stack.found() {
        Found::Nothing => {}
        Found::Everything => println!("It runs already."),
        Found::Something => println!("A part of it ran already; the rest was started."),
    }
    let code = status(&stack).await?;
    match args.only {
        None => {
            println!("MarketPlace is ready on {}", stack.gateway_url());
            println!("API docs: {}/api/docs", stack.gateway_url());
        }
        Some(Only::Servers) => print_env(&stack),
        Some(Only::Gateway) => println!("The gateway is ready on {}", stack.gateway_url()),
    }
    Ok(code)
}

fn down(dir: &std::path::Path, wipe: bool) -> anyhow::Result<ExitCode> {
    match Stack::open(dir)? {
        Some(stack) => {
            stack.down()?;
            println!("Stopped.");
        }
        None => println!("Nothing runs in {}.", dir.display()),
    }
    if wipe {
        Stack::wipe(dir)?;
        println!("Its data is gone.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn status(stack: &Stack) -> anyhow::Result<ExitCode> {
    let processes = stack.processes().await;
    println!("{:<10} {:>8}  {:<12} state", "name", "pid", "port");
    for Process {
        name,
        pid,
        ports,
        ready,
        ..
    } in &processes
    {
        let pid = pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let state = match ready {
            Ok(()) => "ready".to_owned(),
            Err(reason) if pid == "-" => format!("down: {reason}"),
            Err(reason) => format!("up, not ready: {reason}"),
        };
        println!(
            "{:<10} {pid:>8}  {:<12} {state}",
            name.to_string(),
            ports.join(",")
        );
    }
    let all = processes.iter().all(|process| process.ready.is_ok());
    Ok(if all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn logs(stack: &Stack, name: Option<Name>, follow: bool) -> anyhow::Result<ExitCode> {
    let processes = stack.processes().await;
    let logs: Vec<PathBuf> = processes
        .into_iter()
        .filter(|process| name.is_none_or(|name| name == process.name))
        .map(|process| process.log)
        .collect();
    anyhow::ensure!(
        !logs.is_empty(),
        "this stack has no such process; `status` names them"
    );
    let lines = if name.is_some() { "200" } else { "10" };
    let mut tail = Program::new("tail");
    tail.args(["-n", lines]);
    if follow {
        tail.arg("-F");
    }
    let ended = tail.args(logs).status().context("tail")?;
    Ok(if ended.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// For a shell: `eval "$(./scripts/stack env)"`.
fn print_env(stack: &Stack) {
    let names = stack.names();
    if names.contains(&Name::Rabbit) {
        println!("export MARKETPLACE_TEST_MONGO='{}'", stack.mongo_uri());
        println!("export MARKETPLACE_TEST_AMQP='{}'", stack.amqp_uri());
    }
    if names.contains(&Name::Gateway) {
        println!("export MARKETPLACE_URL='{}'", stack.gateway_url());
        println!(
            "export MARKETPLACE_CONFIG='{}'",
            stack.config_path().display()
        );
    }
}
