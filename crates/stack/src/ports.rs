//! Assigns each process of a stack its ports, all on the loopback interface.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher as _;
use std::net::TcpListener;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::StackError;
use crate::name::{Name, Service};

/// Default base for a stack's ports. It avoids the servers' well-known ports and lies below the system's ephemeral port range, so that a
/// restarted process finds its port free.
pub const BASE: u16 = 21_000;

/// Port blocks used when any free port will do: first port, block size, number of blocks.
const BLOCKS: (u16, u16, u16) = (10_000, 200, 110);

/// The two ports of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePorts {
    /// For the gateway.
    pub public: u16,
    /// For other services and operators: `/internal/`, `/metrics`.
    pub internal: u16,
}

/// The ports of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// One for each member of the replica set.
    pub mongo: Vec<u16>,
    /// The name server of RabbitMQ's node.
    pub epmd: u16,
    /// RabbitMQ's AMQP port.
    pub amqp: u16,
    /// RabbitMQ's distribution port, for other nodes and tools.
    pub dist: u16,
    /// The gateway's.
    pub gateway: u16,
    /// Where services find each other's replicas (see `gateway`).
    pub mesh: u16,
    /// The ports of each replica of each service.
    pub services: BTreeMap<Name, ServicePorts>,
}

/// How many members and replicas need ports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    pub(crate) members: usize,
    pub(crate) replicas: usize,
}

impl Ports {
    /// The fixed ports for this `base` and `gateway`, whether or not they are free.
    pub(crate) fn fixed(base: u16, gateway: u16, needs: Needs) -> Result<Self, StackError> {
        let at = |offset: usize| -> Result<u16, StackError> {
            u16::try_from(offset)
                .ok()
                .and_then(|offset| base.checked_add(offset))
                .ok_or_else(|| {
                    StackError::BadOption(format!(
                        "--base {base} leaves no room for {} ports",
                        offset + 1
                    ))
                })
        };
        let mut services = BTreeMap::new();
        for (place, service) in Service::ALL.into_iter().enumerate() {
            for replica in 0..needs.replicas {
                let public = at(100 + 20 * place + replica)?;
                let internal = at(200 + 20 * place + replica)?;
                services.insert(
                    Name::Service(service, replica),
                    ServicePorts { public, internal },
                );
            }
        }
        Ok(Self {
            mongo: (0..needs.members).map(at).collect::<Result<_, _>>()?,
            epmd: at(10)?,
            amqp: at(11)?,
            dist: at(12)?,
            mesh: at(13)?,
            gateway,
            services,
        })
    }

    /// Any free ports, with a reservation that keeps other stacks away from them while it is held.
    pub(crate) fn any(needs: Needs) -> Result<(Self, Reservation), StackError> {
        in_any_block(|block| Self::within(block, needs))
    }

    fn within(block: &mut Block, needs: Needs) -> Option<Self> {
        let mut services = BTreeMap::new();
        for service in Service::ALL {
            for replica in 0..needs.replicas {
                let ports = ServicePorts {
                    public: block.take()?,
                    internal: block.take()?,
                };
                services.insert(Name::Service(service, replica), ports);
            }
        }
        Some(Self {
            mongo: (0..needs.members)
                .map(|_| block.take())
                .collect::<Option<_>>()?,
            epmd: block.take()?,
            amqp: block.take()?,
            dist: block.take()?,
            gateway: block.take()?,
            mesh: block.take()?,
            services,
        })
    }

    /// The ports that `name` listens on.
    pub(crate) fn of(&self, name: Name) -> Vec<u16> {
        match name {
            Name::Mongo(member) => self.mongo.get(member).copied().into_iter().collect(),
            Name::Epmd => vec![self.epmd],
            Name::Rabbit => vec![self.amqp, self.dist],
            Name::Gateway => vec![self.gateway, self.mesh],
            Name::Service(..) => self
                .services
                .get(&name)
                .map_or_else(Vec::new, |ports| vec![ports.public, ports.internal]),
        }
    }

    /// Returns an error if a port of `name` is in use.
    pub(crate) fn check_free(&self, name: Name) -> Result<(), StackError> {
        match self.of(name).into_iter().find(|port| !is_free(*port)) {
            Some(port) => Err(StackError::PortInUse {
                port,
                name: name.to_string(),
            }),
            None => Ok(()),
        }
    }
}

/// A free port for a server that a test starts itself, with a reservation that keeps stacks away from it while it is held.
///
/// # Errors
/// If stacks have reserved every block.
pub fn free_port() -> Result<(u16, Reservation), StackError> {
    in_any_block(Block::take)
}

/// Calls `take` on blocks until one has enough free ports.
fn in_any_block<T>(take: impl Fn(&mut Block) -> Option<T>) -> Result<(T, Reservation), StackError> {
    let (_, _, count) = BLOCKS;
    let random = RandomState::new().hash_one("block") % u64::from(count);
    let first = u16::try_from(random).unwrap_or_default();
    (0..count)
        .find_map(|step| {
            let mut block = Block::reserve((first + step) % count)?;
            take(&mut block).map(|taken| (taken, Reservation { _lock: block.lock }))
        })
        .ok_or(StackError::NoPorts)
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

/// A block of ports reserved for one stack.
struct Block {
    left: Range<u16>,
    lock: File,
}

impl Block {
    /// Reserves block `number`, unless another stack has it. A lock file that cannot be opened belongs to another user's stack.
    fn reserve(number: u16) -> Option<Self> {
        let (base, size, _) = BLOCKS;
        let path = std::env::temp_dir().join(format!("marketplace-stack-ports-{number}"));
        let lock = File::create(path).ok()?;
        lock.try_lock().ok()?;
        let start = base + size * number;
        Some(Self {
            left: start..start + size,
            lock,
        })
    }

    /// The next free port.
    fn take(&mut self) -> Option<u16> {
        self.left.find(|port| is_free(*port))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all(ports: &Ports) -> Vec<u16> {
        let mut all = vec![
            ports.epmd,
            ports.amqp,
            ports.dist,
            ports.gateway,
            ports.mesh,
        ];
        all.extend(&ports.mongo);
        all.extend(
            ports
                .services
                .values()
                .flat_map(|ports| [ports.public, ports.internal]),
        );
        all
    }

    #[test]
    fn no_port_is_given_twice() {
        let needs = Needs {
            members: 3,
            replicas: 20,
        };
        for ports in [
            Ports::fixed(BASE, 8080, needs).unwrap(),
            Ports::any(needs).unwrap().0,
        ] {
            let all = all(&ports);
            assert_eq!(all.len(), 8 + 4 * 20 * 2);
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        }
    }

    #[test]
    fn stacks_that_choose_at_the_same_time_choose_different_ports() {
        let needs = Needs {
            members: 3,
            replicas: 20,
        };
        let held: Vec<_> = (0..20).map(|_| Ports::any(needs).unwrap()).collect();
        let ports: Vec<u16> = held.iter().flat_map(|(ports, _)| all(ports)).collect();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), ports.len());
    }

    #[test]
    fn a_port_that_somebody_has_is_named_with_what_wanted_it() {
        let needs = Needs {
            members: 1,
            replicas: 1,
        };
        let (ports, _reservation) = Ports::any(needs).unwrap();
        ports.check_free(Name::Rabbit).unwrap();
        let _taken = TcpListener::bind(("127.0.0.1", ports.dist)).unwrap();
        let refusal = ports.check_free(Name::Rabbit).unwrap_err().to_string();
        assert!(
            refusal.contains(&ports.dist.to_string()) && refusal.contains("rabbit"),
            "{refusal}"
        );
    }
}
