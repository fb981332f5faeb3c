//! The configuration of a stack.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::StackError;
use crate::name::{Name, Service};
use crate::ports::{BASE, Needs, Ports, Reservation};

/// A part of a stack that can be had alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Only {
    /// MongoDB and RabbitMQ: what tests of the services need.
    Servers,
    /// nginx, with nobody behind it: what tests of its configuration need.
    Gateway,
}

/// Whether the gateway counts logins and registrations per client address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RateLimits {
    /// As in production.
    On,
    /// Exempts clients on this machine: a test suite is one client that acts for many people.
    Off,
}

/// Whether MongoDB and RabbitMQ accept TLS connections only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// As when the servers are reached over a network.
    On,
    /// Plain connections: the servers are on this machine.
    #[default]
    Off,
}

/// Which ports to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortChoice {
    /// Always the same ports.
    Fixed {
        /// The gateway's port.
        gateway: u16,
        /// The first of the other ports.
        base: u16,
    },
    /// Any free ports.
    Any,
}

impl Default for PortChoice {
    fn default() -> Self {
        Self::Fixed {
            gateway: 8080,
            base: BASE,
        }
    }
}

/// The arguments of `Stack::up`.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of the stack.
    pub dir: PathBuf,
    /// Which ports to take.
    pub ports: PortChoice,
    /// What runs.
    pub shape: Shape,
}

/// What runs, apart from its ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Members of the MongoDB replica set: 1 or 3.
    pub members: usize,
    /// Replicas of each service.
    pub replicas: usize,
    /// A part, instead of the whole stack.
    pub only: Option<Only>,
    /// The gateway's rate limiting.
    pub rate_limits: RateLimits,
    /// Whether connections to MongoDB and RabbitMQ use TLS.
    #[serde(default)]
    pub tls: Tls,
    /// Environment variables of every service, such as `("MARKETPLACE__USERS__BCRYPT_COST", "4")`.
    pub settings: Vec<(String, String)>,
    /// Where the services' binaries and `marketplace` are; by default this executable's directory or an ancestor of it.
    pub binaries: Option<PathBuf>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            members: 1,
            replicas: 1,
            only: None,
            rate_limits: RateLimits::On,
            tls: Tls::Off,
            settings: Vec::new(),
            binaries: None,
        }
    }
}

impl Options {
    /// For tests: one of everything in `dir`, on any free ports, with the cheapest password hash and no rate limits.
    #[must_use]
    pub fn for_tests(dir: impl Into<PathBuf>) -> Self {
        let cheap = ("MARKETPLACE__USERS__BCRYPT_COST".to_owned(), "4".to_owned());
        Self {
            dir: dir.into(),
            ports: PortChoice::Any,
            shape: Shape {
                rate_limits: RateLimits::Off,
                settings: vec![cheap],
                ..Shape::default()
            },
        }
    }

    pub(crate) fn choose_ports(&self) -> Result<(Ports, Option<Reservation>), StackError> {
        let needs = Needs {
            members: self.shape.members,
            replicas: self.shape.replicas,
        };
        match self.ports {
            PortChoice::Any => Ports::any(needs).map(|(ports, held)| (ports, Some(held))),
            PortChoice::Fixed { gateway, base } => Ok((Ports::fixed(base, gateway, needs)?, None)),
        }
    }
}

impl Shape {
    /// Rejects invalid combinations.
    pub(crate) fn validate(&self) -> Result<(), StackError> {
        if ![1, 3].contains(&self.members) {
            return Err(StackError::BadOption(format!(
                "--members is {}; allowed: 1 or 3",
                self.members
            )));
        }
        if !(1..=20).contains(&self.replicas) {
            return Err(StackError::BadOption(format!(
                "--replicas is {}; allowed: 1 to 20",
                self.replicas
            )));
        }
        Ok(())
    }

    /// The processes, in start order.
    pub(crate) fn names(&self) -> Vec<Name> {
        let mut names = Vec::new();
        if self.only != Some(Only::Gateway) {
            names.extend((0..self.members).map(Name::Mongo));
            names.extend([Name::Epmd, Name::Rabbit]);
        }
        if self.only.is_none() {
            for service in Service::ALL {
                names.extend((0..self.replicas).map(|replica| Name::Service(service, replica)));
            }
        }
        if self.only != Some(Only::Servers) {
            names.push(Name::Gateway);
        }
        names
    }

    /// A description for messages.
    pub(crate) fn describe(&self) -> String {
        let what = match self.only {
            Some(Only::Gateway) => return "the gateway only".to_owned(),
            Some(Only::Servers) => "the servers only, ",
            None => "",
        };
        let tls = match self.tls {
            Tls::On => " --tls",
            Tls::Off => "",
        };
        format!(
            "{what}--members {} --replicas {}{tls}",
            self.members, self.replicas
        )
    }
}
