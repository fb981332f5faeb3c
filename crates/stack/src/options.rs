//! The configuration of a stack: the arguments of `Stack::up` and of `stack up`.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::name::{Name, Service};
use crate::ports::BASE;

/// The one setting of the services that the gateway needs to know.
const CORS_ORIGINS: &str = "MARKETPLACE__SERVER__CORS_ORIGINS";

/// A part of a stack that can be started alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Only {
    /// MongoDB and RabbitMQ, for tests of the services
    Servers,
    /// nginx without services behind it, for tests of its configuration
    Gateway,
}

/// The arguments of `Stack::up`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The directory of the stack.
    #[arg(skip)]
    pub dir: PathBuf,
    /// What runs.
    #[command(flatten)]
    pub shape: Shape,
    /// The gateway's port; 0 takes any free ports, for all processes
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The first of the ports of all other processes
    #[arg(long, default_value_t = BASE)]
    pub base: u16,
}

/// What runs, apart from its ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct Shape {
    /// Members of the MongoDB replica set: 1 or 3
    #[arg(long, default_value_t = 1)]
    pub members: usize,
    /// Replicas of each service
    #[arg(long, default_value_t = 1)]
    pub replicas: usize,
    /// Start only a part of the stack
    #[arg(long)]
    pub only: Option<Only>,
    /// Exempt clients on this machine from the gateway's limits on logins and registrations: a test suite is one client that acts for
    /// many people
    #[arg(long)]
    pub no_rate_limits: bool,
    /// Make MongoDB and RabbitMQ accept TLS only, with a certificate authority of the stack's own
    #[arg(long)]
    pub tls: bool,
    /// A setting for every service, such as `MARKETPLACE__USERS__BCRYPT_COST=4`; can be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub settings: Vec<(String, String)>,
    /// Where the services' binaries and `marketplace` are; by default this executable's directory or the one above it.
    #[arg(skip)]
    pub binaries: Option<PathBuf>,
}

/// `NAME=VALUE`.
fn setting(raw: &str) -> Result<(String, String), String> {
    raw.split_once('=')
        .filter(|(name, _)| name.starts_with("MARKETPLACE__"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "must be MARKETPLACE__SECTION__KEY=VALUE".to_owned())
}

impl Options {
    /// For tests: one of everything in `dir`, on any free ports, with the cheapest password hash and no rate limits.
    #[must_use]
    pub fn for_tests(dir: impl Into<PathBuf>) -> Self {
        let cheap = ("MARKETPLACE__USERS__BCRYPT_COST".to_owned(), "4".to_owned());
        Self {
            dir: dir.into(),
            shape: Shape {
                members: 1,
                replicas: 1,
                only: None,
                no_rate_limits: true,
                tls: false,
                settings: vec![cheap],
                binaries: None,
            },
            port: 0,
            base: BASE,
        }
    }
}

impl Shape {
    /// Rejects invalid values.
    pub(crate) fn validate(&self) -> anyhow::Result<()> {
        let (members, replicas) = (self.members, self.replicas);
        ensure!(
            [1, 3].contains(&members),
            "--members is {members}; allowed: 1 or 3"
        );
        ensure!(
            (1..=20).contains(&replicas),
            "--replicas is {replicas}; allowed: 1 to 20"
        );
        Ok(())
    }

    /// `server.cors_origins` of the services.
    pub(crate) fn cors_origins(&self) -> Vec<&str> {
        let mut settings = self.settings.iter().rev();
        let origins = settings.find(|(name, _)| name == CORS_ORIGINS);
        let origins = origins.map_or("", |(_, value)| value).split(',');
        origins
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .collect()
    }

    /// The processes, in start order.
    pub(crate) fn names(&self) -> Vec<Name> {
        let servers = (0..self.members)
            .map(Name::Mongo)
            .chain([Name::Epmd, Name::Rabbit]);
        let services = Service::ALL.into_iter().flat_map(|service| {
            (0..self.replicas).map(move |replica| Name::Service(service, replica))
        });
        match self.only {
            None => servers.chain(services).chain([Name::Gateway]).collect(),
            Some(Only::Servers) => servers.collect(),
            Some(Only::Gateway) => vec![Name::Gateway],
        }
    }

    /// A description for messages.
    pub(crate) fn describe(&self) -> String {
        let only = match self.only {
            Some(Only::Gateway) => return "the gateway only".to_owned(),
            Some(Only::Servers) => "the servers only, ",
            None => "",
        };
        let tls = if self.tls { " --tls" } else { "" };
        format!(
            "{only}--members {} --replicas {}{tls}",
            self.members, self.replicas
        )
    }
}
