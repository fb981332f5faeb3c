//! Which port each process of a stack gets, all on the loopback interface.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::TcpListener;

use serde::{Deserialize, Serialize};

use crate::error::StackError;
use crate::name::{Name, Service};

/// Where a stack's ports begin unless told otherwise: away from the well-known ones of its servers, and below the range that the
/// system takes ports of outgoing connections from, so that a process which is restarted finds its port free.
pub const BASE: u16 = 21_000;

/// The ports that are taken when any will do lie between these.
const ANY: std::ops::Range<u16> = 10_000..32_000;

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
    /// Of each member of the replica set.
    pub mongo: Vec<u16>,
    /// Of the name server of RabbitMQ's node.
    pub epmd: u16,
    /// Where RabbitMQ takes AMQP.
    pub amqp: u16,
    /// Where RabbitMQ's node takes other nodes and tools.
    pub dist: u16,
    /// The gateway's.
    pub gateway: u16,
    /// Where services find each other's replicas (see `gateway`).
    pub mesh: u16,
    /// Of each replica of each service.
    pub services: BTreeMap<Name, ServicePorts>,
}

/// How many of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    pub(crate) members: usize,
    pub(crate) replicas: usize,
}

impl Ports {
    /// The same ports for the same `base` and `gateway`, free or not.
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

    /// Free ports, somewhere.
    pub(crate) fn any(needs: Needs) -> Result<Self, StackError> {
        let mut free = Free::default();
        let mut services = BTreeMap::new();
        for service in Service::ALL {
            for replica in 0..needs.replicas {
                let ports = ServicePorts {
                    public: free.take()?,
                    internal: free.take()?,
                };
                services.insert(Name::Service(service, replica), ports);
            }
        }
        Ok(Self {
            mongo: (0..needs.members)
                .map(|_| free.take())
                .collect::<Result<_, _>>()?,
            epmd: free.take()?,
            amqp: free.take()?,
            dist: free.take()?,
            gateway: free.take()?,
            mesh: free.take()?,
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

    /// Refuses a port of `name` that somebody has.
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

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Hands out free ports. They are held until all are chosen, so that none comes twice; the start is random, so that two stacks
/// which choose at the same time hardly meet.
struct Free {
    next: u16,
    held: Vec<TcpListener>,
}

impl Default for Free {
    fn default() -> Self {
        let random = RandomState::new().hash_one("port") % u64::from(ANY.end - ANY.start);
        Self {
            next: ANY.start + u16::try_from(random).unwrap_or_default(),
            held: Vec::new(),
        }
    }
}

impl Free {
    fn take(&mut self) -> Result<u16, StackError> {
        for _ in ANY {
            let port = self.next;
            self.next = if port + 1 < ANY.end {
                port + 1
            } else {
                ANY.start
            };
            if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
                self.held.push(listener);
                return Ok(port);
            }
        }
        Err(StackError::NoPorts)
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
            Ports::any(needs).unwrap(),
        ] {
            let all = all(&ports);
            assert_eq!(all.len(), 8 + 4 * 20 * 2);
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        }
    }

    #[test]
    fn a_port_that_somebody_has_is_named_with_what_wanted_it() {
        let needs = Needs {
            members: 1,
            replicas: 1,
        };
        let ports = Ports::any(needs).unwrap();
        ports.check_free(Name::Rabbit).unwrap();
        let _taken = TcpListener::bind(("127.0.0.1", ports.dist)).unwrap();
        let refusal = ports.check_free(Name::Rabbit).unwrap_err().to_string();
        assert!(
            refusal.contains(&ports.dist.to_string()) && refusal.contains("rabbit"),
            "{refusal}"
        );
    }
}
