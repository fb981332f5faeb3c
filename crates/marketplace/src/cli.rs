//! The command line: its commands, and the settings that each command loads.

mod keys;
mod settings;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use host::output;
use host::settings::{Profile, Settings};

use crate::commands::prepare_mongo::PrepareArgs;
use crate::commands::{self, Place};
use crate::data_dir::DataDir;
use crate::services::Services;
use keys::KeysCommand;
use settings::{DirArgs, FileArgs};

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
    /// Serve (the default command)
    Serve(ServeArgs),
    /// Check the ledger's invariants on a running or stopped marketplace: prints a line each; exits 0 if all hold, 1 if not
    Audit(WhereArgs),
    /// Back the data directory up, of a running or stopped marketplace, at one point in time; the copy is audited
    Backup {
        /// A new or empty directory, or a new file NAME.tar; with --keep, the directory of all backups
        #[arg(long, value_name = "DEST")]
        to: PathBuf,
        /// With --distributed: keep this many backups, each in a directory named by its time
        #[arg(long, value_name = "N", requires = "distributed")]
        keep: Option<usize>,
        #[command(flatten)]
        place: WhereArgs,
    },
    /// Restore a backup to the data directory, which has to be new or empty; with --distributed, to empty databases
    Restore {
        /// The backup: a directory, or a .tar file
        #[arg(value_name = "FROM")]
        from: PathBuf,
        #[command(flatten)]
        place: WhereArgs,
    },
    /// Print the OpenAPI document of a marketplace with these settings
    Openapi(FileArgs),
    /// Print the effective configuration, secrets redacted
    Config(ServeArgs),
    /// Ask the serving process whether it is ready: exits 0 if it is, 1 if not
    Health(ServeArgs),
    /// Write the files that a gateway serves itself: the API's documentation and the explanations of problems
    GatewayFiles {
        /// Target directory; created if missing
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        settings: FileArgs,
    },
    /// Prepare a new MongoDB replica set for distributed mode: initiate it and create the accounts. Safe to run at every start
    PrepareMongo(PrepareArgs),
    /// Move a stopped marketplace from its data directory to MongoDB, or back
    Move(MoveArgs),
    /// Give a user a role (admin or treasury); it is in the user's tokens from the next login on
    Grant {
        /// The user's email address
        email: String,
        /// admin or treasury
        role: String,
        #[command(flatten)]
        place: WhereArgs,
    },
    /// Print a new token with which the page /setup makes the first administrator; earlier ones are not taken any more
    SetupToken(WhereArgs),
    /// Take a role from a user; access tokens with it are refused within seconds
    RevokeRole {
        /// The user's email address
        email: String,
        /// admin or treasury
        role: String,
        #[command(flatten)]
        place: WhereArgs,
    },
    /// Generate, rotate or list the keys that sign access tokens, while the marketplace runs
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Let a user who is locked out set another password: prints a link that works once, for 15 minutes
    ResetAccess {
        /// The user's email address
        email: String,
        #[command(flatten)]
        place: WhereArgs,
    },
    /// List or replay dead-lettered messages
    #[command(subcommand)]
    Messages(MessagesCommand),
}

/// Whose data an operator's command is about.
#[derive(Args)]
struct WhereArgs {
    /// Work on the databases and the broker in the settings' sections mongo and amqp, instead of a data directory
    #[arg(long)]
    distributed: bool,
    #[command(flatten)]
    dir: DirArgs,
}

#[derive(Args)]
struct MoveArgs {
    /// Data directory to move to MongoDB [default: ./data]
    #[arg(long, value_name = "DIR", conflicts_with = "to_sqlite")]
    from: Option<String>,
    /// Move to MongoDB: to the databases at this URI, or without one, at that of the settings
    #[arg(long, value_name = "URI")]
    #[expect(clippy::option_option, reason = "a flag whose value may be missing")]
    to_mongo: Option<Option<String>>,
    /// Move from MongoDB to this new data directory
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "to_mongo",
        required_unless_present = "to_mongo"
    )]
    to_sqlite: Option<PathBuf>,
    /// Settings file (TOML) of the distributed mode
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Args)]
struct ServeArgs {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// A directory whose templates, messages and assets replace those of the pages
    #[arg(long, value_name = "DIR")]
    theme: Option<String>,
    /// Fill a new data directory with sellers, products, buyers and orders to try
    #[arg(long)]
    demo: bool,
    /// Back up to a new directory in this one, now and then
    #[arg(long, value_name = "DIR")]
    backup_to: Option<String>,
    /// Time from one backup to the next, such as 30m or 1d [default: 1h]
    #[arg(long, value_name = "TIME")]
    every: Option<String>,
    /// How many of those backups to keep [default: 24]
    #[arg(long, value_name = "N")]
    keep: Option<String>,
    #[command(flatten)]
    dir: DirArgs,
}

#[derive(Subcommand)]
enum MessagesCommand {
    /// List them: service, message id, name, attempts, reason
    List(WhereArgs),
    /// Send them again: the given one, or all
    Replay {
        /// Id of one message
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        #[command(flatten)]
        place: WhereArgs,
    },
}

#[cfg(feature = "distributed")]
impl MoveArgs {
    fn run(self) -> anyhow::Result<bool> {
        let dir = DirArgs {
            data_dir: self.from,
            file: FileArgs {
                config: self.config,
            },
        };
        let to = ("--to-mongo", "mongo.uri", self.to_mongo.flatten());
        let (settings, services) = dir.settings([to])?;
        let pictures = services.catalogue.image_store.as_deref();
        match self.to_sqlite {
            Some(path) => commands::relocate::to_sqlite(&settings, pictures, &path),
            None => commands::relocate::to_mongo(&settings, pictures),
        }
    }
}

impl ServeArgs {
    fn settings(self) -> anyhow::Result<(Settings, Services)> {
        let needs_place = self.every.is_some() || self.keep.is_some();
        let (settings, services) = self.dir.settings([
            ("--listen", "server.listen", self.listen),
            ("--theme", "console.theme", self.theme),
            ("--backup-to", "backup.to", self.backup_to),
            ("--every", "backup.every", self.every),
            ("--keep", "backup.keep", self.keep),
        ])?;
        anyhow::ensure!(
            !needs_place || services.backup.directory().is_some(),
            "--every and --keep are about backups, and there is no place for them: name it with --backup-to"
        );
        Ok((settings, services))
    }
}

impl WhereArgs {
    #[cfg_attr(
        not(feature = "distributed"),
        expect(unused_variables, reason = "of the distributed mode")
    )]
    fn backup(self, to: &Path, keep: Option<usize>) -> anyhow::Result<bool> {
        let (settings, services) = self.dir.settings([])?;
        if !self.distributed {
            return commands::backup::backup(&settings, &services, to);
        }
        #[cfg(feature = "distributed")]
        return commands::databases::backup(&settings, &services, to, keep);
        #[cfg(not(feature = "distributed"))]
        Err(commands::not_distributed())
    }

    #[cfg_attr(
        not(feature = "distributed"),
        expect(unused_variables, reason = "of the distributed mode")
    )]
    fn restore(self, from: &Path) -> anyhow::Result<bool> {
        let (settings, services) = self.dir.settings([])?;
        if !self.distributed {
            return commands::backup::restore(&settings, from);
        }
        #[cfg(feature = "distributed")]
        return commands::databases::restore(&settings, &services, from);
        #[cfg(not(feature = "distributed"))]
        Err(commands::not_distributed())
    }

    fn reset_access(self, email: &str) -> anyhow::Result<bool> {
        let (settings, _) = self.dir.clone().settings([])?;
        commands::reset_access::reset_access(self.place()?, email, &settings)
    }

    fn place(self) -> anyhow::Result<Place> {
        let (settings, _) = self.dir.settings([])?;
        if !self.distributed {
            return Ok(Place::Files(DataDir::existing(&settings.data_dir)?));
        }
        #[cfg(feature = "distributed")]
        return Ok(Place::Servers(Box::new(settings)));
        #[cfg(not(feature = "distributed"))]
        Err(commands::not_distributed())
    }
}

/// Runs the command that the command line names. Returns whether what it checks is well.
///
/// # Errors
/// If the command fails; the message is a sentence.
pub fn run() -> anyhow::Result<bool> {
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => {
            let demo = args.demo;
            let (settings, services) = args.settings()?;
            anyhow::ensure!(
                !demo || settings.profile == Profile::Development,
                "production refuses --demo: its accounts have passwords that everybody knows"
            );
            commands::serve::serve(&settings, &services, demo)
        }
        Command::Audit(place) => commands::audit::audit(&place.place()?),
        Command::Backup { to, keep, place } => place.backup(&to, keep),
        Command::Restore { from, place } => place.restore(&from),
        Command::Openapi(args) => commands::print::openapi(&args.settings()?.1),
        Command::Config(args) => {
            let (settings, services) = args.settings()?;
            commands::print::config(&settings, &services)
        }
        Command::Health(args) => {
            let (settings, _) = args.settings()?;
            // A process that cannot be asked is not ready.
            Ok(
                host::health::print(settings.server.listen).unwrap_or_else(|error| {
                    output::complaint("marketplace", &error);
                    false
                }),
            )
        }
        #[cfg(feature = "distributed")]
        Command::PrepareMongo(args) => {
            let config = args.config.clone();
            let (settings, _) = FileArgs { config }.settings()?;
            commands::prepare_mongo::prepare(&settings, &args)
        }
        #[cfg(not(feature = "distributed"))]
        Command::PrepareMongo(_) => Err(commands::not_distributed()),
        Command::GatewayFiles { out, settings } => {
            let count = crate::gateway_files::write(&out, &settings.settings()?.1)?;
            output::line(format_args!("{count} files are in {}.", out.display()))?;
            Ok(true)
        }
        #[cfg(feature = "distributed")]
        Command::Move(args) => args.run(),
        #[cfg(not(feature = "distributed"))]
        Command::Move(_) => Err(commands::not_distributed()),
        Command::Grant { email, role, place } => {
            commands::grant::grant(place.place()?, &email, &role)
        }
        Command::SetupToken(place) => commands::setup_token::setup_token(place.place()?),
        Command::RevokeRole { email, role, place } => {
            commands::grant::revoke(place.place()?, &email, &role)
        }
        Command::Keys(command) => command.run(),
        Command::ResetAccess { email, place } => place.reset_access(&email),
        Command::Messages(MessagesCommand::List(place)) => {
            commands::messages::list(&place.place()?)
        }
        Command::Messages(MessagesCommand::Replay { id, place }) => {
            commands::messages::replay(&place.place()?, id.as_deref())
        }
    }
}
