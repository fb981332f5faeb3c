//! The ports of a stack's processes, all on the loopback interface. Each has a fixed distance from the stack's base.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher as _;
use std::net::TcpListener;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use crate::name::{Name, Service};

/// Default base for a stack's ports. It avoids the servers' well-known ports and lies below the system's ephemeral port range, so that a
/// restarted process finds its port free.
pub(crate) const BASE: u16 = 21_000;

/// How many ports from its base on a stack may use.
const SPAN: u16 = 300;

/// Where stacks that take any free ports have their bases: the first one, and how many there are.
const FIRST_BLOCK: u16 = 10_000;
const BLOCKS: u16 = 72;

/// The ports of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    base: u16,
    /// The gateway, for clients of the marketplace.
    pub gateway: u16,
}

impl Ports {
    /// The ports for this `base` and `gateway`, whether or not they are free.
    pub(crate) fn fixed(base: u16, gateway: u16) -> anyhow::Result<Self> {
        ensure!(
            base.checked_add(SPAN).is_some(),
            "--base {base} leaves no room for {SPAN} ports"
        );
        Ok(Self { base, gateway })
    }

    /// Any free ports, with a reservation that keeps other stacks away from them while it is held.
    pub(crate) fn any() -> anyhow::Result<(Self, Reservation)> {
        let (base, reservation) = free_port()?;
        let gateway = base + 14;
        Ok((Self { base, gateway }, reservation))
    }

    fn at(self, distance: usize) -> u16 {
        u16::try_from(distance).map_or(u16::MAX, |distance| self.base.saturating_add(distance))
    }

    /// A member of the MongoDB replica set.
    #[must_use]
    pub fn mongo(self, member: usize) -> u16 {
        self.at(member)
    }

    /// The name server of RabbitMQ's node.
    #[must_use]
    pub fn epmd(self) -> u16 {
        self.at(10)
    }

    /// RabbitMQ, for its clients.
    #[must_use]
    pub fn amqp(self) -> u16 {
        self.at(11)
    }

    /// RabbitMQ, for other nodes and tools.
    #[must_use]
    pub fn dist(self) -> u16 {
        self.at(12)
    }

    /// Where services find each other's replicas (see `gateway`).
    #[must_use]
    pub fn mesh(self) -> u16 {
        self.at(13)
    }

    /// The gateway, for the console, whose word it takes for the address of a browser.
    #[must_use]
    pub fn inside(self) -> u16 {
        self.at(15)
    }

    /// A replica of a service, for the gateway.
    #[must_use]
    pub fn public(self, service: Service, replica: usize) -> u16 {
        let first = match service {
            Service::User => 100,
            Service::Product => 120,
            Service::Order => 140,
            Service::Wallet => 160,
            Service::Console => 180,
        };
        self.at(first + replica)
    }

    /// The same replica, for other services and operators: `/internal/`, `/metrics`.
    #[must_use]
    pub fn internal(self, service: Service, replica: usize) -> u16 {
        self.public(service, replica).saturating_add(100)
    }

    /// The ports that `name` listens on.
    pub(crate) fn of(self, name: Name) -> Vec<u16> {
        match name {
            Name::Mongo(member) => vec![self.mongo(member)],
            Name::Epmd => vec![self.epmd()],
            Name::Rabbit => vec![self.amqp(), self.dist()],
            Name::Gateway => vec![self.gateway, self.mesh(), self.inside()],
            Name::Service(service, replica) => {
                vec![
                    self.public(service, replica),
                    self.internal(service, replica),
                ]
            }
        }
    }

    /// Returns an error if a port of `name` is in use.
    pub(crate) fn check_free(self, name: Name) -> anyhow::Result<()> {
        for port in self.of(name) {
            ensure!(
                is_free(port),
                "port {port} of {name} is in use: see who listens with `ss -ltnp 'sport = :{port}'` and stop it, or choose other \
                 ports with --base (--port for the gateway), or any free ones with --port 0"
            );
        }
        Ok(())
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Reserves a block of ports. There is a gap between choosing a port and listening on it, in which another stack could choose the same
/// port. The operating system releases the block when this process ends, however it ends.
#[derive(Debug)]
pub struct Reservation {
    _lock: File,
}

impl Reservation {
    /// The block from `base` on, unless another stack has it or a port of it is in use. A lock file that cannot be opened belongs to
    /// another user's stack.
    fn of(base: u16) -> Option<Self> {
        let path = std::env::temp_dir().join(format!("marketplace-stack-ports-{base}"));
        let lock = File::create(path).ok()?;
        lock.try_lock().ok()?;
        let all_free = (base..base + SPAN).all(is_free);
        all_free.then_some(Self { _lock: lock })
    }
}

/// A free port, the first of a reserved block: for a server that a test starts itself, or as the base of a stack.
///
/// # Errors
/// If no block is free.
pub fn free_port() -> anyhow::Result<(u16, Reservation)> {
    let random = RandomState::new().hash_one("block") % u64::from(BLOCKS);
    let first = u16::try_from(random).unwrap_or_default();
    (0..BLOCKS)
        .map(|step| FIRST_BLOCK + SPAN * ((first + step) % BLOCKS))
        .find_map(|base| Some((base, Reservation::of(base)?)))
        .context("there are not enough free ports on the loopback interface")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The ports of the largest stack.
    fn all(ports: Ports) -> Vec<u16> {
        let servers = [0, 1, 2].map(Name::Mongo).into_iter();
        let services = Service::ALL
            .into_iter()
            .flat_map(|service| (0..20).map(move |replica| Name::Service(service, replica)));
        servers
            .chain([Name::Epmd, Name::Rabbit, Name::Gateway])
            .chain(services)
            .flat_map(|name| ports.of(name))
            .collect()
    }

    #[test]
    fn no_port_is_given_twice() {
        for ports in [
            Ports::fixed(BASE, 8080).unwrap(),
            Ports::any().unwrap().0,
            Ports::fixed(u16::MAX - SPAN, 8080).unwrap(),
        ] {
            let all = all(ports);
            assert_eq!(all.len(), 9 + 5 * 20 * 2);
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        }
        let refusal = Ports::fixed(u16::MAX - SPAN + 1, 8080).unwrap_err();
        assert!(refusal.to_string().contains("--base"), "{refusal}");
    }

    #[test]
    fn stacks_that_choose_at_the_same_time_choose_different_ports() {
        let held: Vec<_> = (0..20).map(|_| Ports::any().unwrap()).collect();
        let ports: Vec<u16> = held.iter().flat_map(|(ports, _)| all(*ports)).collect();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), ports.len());
    }

    #[test]
    fn a_port_that_somebody_has_is_named_with_what_wanted_it() {
        let (ports, _reservation) = Ports::any().unwrap();
        ports.check_free(Name::Rabbit).unwrap();
        let _taken = TcpListener::bind(("127.0.0.1", ports.dist())).unwrap();
        let refusal = ports.check_free(Name::Rabbit).unwrap_err().to_string();
        assert!(
            refusal.contains(&ports.dist().to_string()) && refusal.contains("rabbit"),
            "{refusal}"
        );
    }
}
