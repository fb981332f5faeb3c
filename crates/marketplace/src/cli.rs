//! The command line: its commands, and the settings that each command loads.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use host::settings::{Flag, Layers, Settings};

use crate::commands::{self, PrepareArgs, Shape};
use crate::services::Services;

#[derive(Parser)]
#[command(
    name = "marketplace",
    version,
    about = "A whole marketplace in one process: users, products, orders, wallets.",
    long_about = "A whole marketplace in one process: users, products, orders, wallets.\n\n\
        Without a command it serves on 127.0.0.1:8080 with its data in ./data. Settings: defaults < file (TOML) < environment \
        MARKETPLACE__SECTION__KEY < flags; `marketplace config` prints them.",
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
    /// Check the ledger's invariants on a live or stopped marketplace: a line each, exit 0 if all hold, 1 if not
    Audit(WhereArgs),
    /// Print the OpenAPI document
    Openapi,
    /// Print the effective configuration, secrets redacted
    Config(ServeArgs),
    /// Ask the process that serves whether it is ready: exit 0 if it is, 1 if not
    Health(ServeArgs),
    /// Write the files that a gateway serves itself: the API's documentation and the explanations of problems
    GatewayFiles {
        /// Where to; made if it is not there
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Make a new MongoDB replica set ready for the distributed shape: initiate it, make the accounts. May run at every start
    PrepareMongo(PrepareArgs),
    /// Give a user a role (admin or treasury); it is in their token from the next login on
    Grant(GrantArgs),
    /// List or replay messages that were given up
    #[command(subcommand)]
    Messages(MessagesCommand),
}

/// Whose data an operator's command is about.
#[derive(Args)]
struct WhereArgs {
    /// Not the files of a data directory, but the databases and the broker in the settings' sections mongo and amqp
    #[arg(long)]
    distributed: bool,
    #[command(flatten)]
    dir: DirArgs,
}

impl WhereArgs {
    fn shape(&self) -> Shape {
        if self.distributed {
            Shape::Distributed
        } else {
            Shape::Embedded
        }
    }
}

#[derive(Args, Default)]
struct DirArgs {
    /// Where the data is [default: ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Settings file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Args)]
struct ServeArgs {
    /// Address to answer on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Fill a fresh directory with sellers, products, buyers and orders to play with
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    dir: DirArgs,
}

#[derive(Args)]
struct GrantArgs {
    /// The user's email address
    email: String,
    /// admin or treasury
    role: String,
    #[command(flatten)]
    place: WhereArgs,
}

#[derive(Subcommand)]
enum MessagesCommand {
    /// List them: service, message id, name, attempts, reason
    List(WhereArgs),
    /// Send them again: the one named, or all
    Replay {
        /// Id of one message
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        #[command(flatten)]
        place: WhereArgs,
    },
}

impl DirArgs {
    fn settings(&self, more: Vec<Flag>) -> anyhow::Result<(Settings, Services)> {
        let mut flags = more;
        flags.extend(self.data_dir.as_ref().map(|dir| Flag {
            flag: "--data-dir",
            key: "data_dir",
            value: dir.display().to_string(),
        }));
        let layers = Layers::read(self.config.as_deref(), std::env::vars(), &flags)?;
        let settings = Settings::default().merged(&layers)?;
        let services = Services::read(&layers)?;
        services.validate(&settings).map_err(anyhow::Error::msg)?;
        Ok((settings, services))
    }

    /// The settings for a command that runs no service.
    fn shared(&self) -> anyhow::Result<Settings> {
        Ok(self.settings(Vec::new())?.0)
    }
}

impl ServeArgs {
    fn settings(&self) -> anyhow::Result<(Settings, Services)> {
        let listen = self.listen.as_ref().map(|listen| Flag {
            flag: "--listen",
            key: "server.listen",
            value: listen.clone(),
        });
        self.dir.settings(listen.into_iter().collect())
    }
}

/// Runs the command that the command line names.
///
/// # Errors
/// If the command fails; the message is a sentence.
pub fn run() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => {
            let (settings, services) = args.settings()?;
            commands::serve(&settings, &services, args.demo)
        }
        Command::Audit(place) => commands::audit(&place.dir.shared()?, place.shape()),
        Command::Openapi => commands::openapi(),
        Command::Config(args) => {
            let (settings, services) = args.settings()?;
            commands::config(&settings, &services)
        }
        Command::Health(args) => Ok(commands::health(&args.settings()?.0)),
        Command::PrepareMongo(args) => {
            let dir = DirArgs {
                data_dir: None,
                config: args.config.clone(),
            };
            commands::prepare_mongo(&dir.shared()?, &args)
        }
        Command::GatewayFiles { out } => commands::gateway_files(&out),
        Command::Grant(args) => {
            let settings = args.place.dir.shared()?;
            commands::grant(&settings, args.place.shape(), &args.email, &args.role)
        }
        Command::Messages(MessagesCommand::List(place)) => {
            commands::list_messages(&place.dir.shared()?, place.shape())
        }
        Command::Messages(MessagesCommand::Replay { id, place }) => {
            let settings = place.dir.shared()?;
            commands::replay_messages(&settings, place.shape(), id.as_deref())
        }
    }
}
