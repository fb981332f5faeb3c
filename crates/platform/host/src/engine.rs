//! Runs services: their queue handlers, outbox relays and sweepers.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, MemoryBus, Relay, Tasks};
use store::Store;

use crate::service::{Deps, Parts, Periodic};

/// Interval between deletions of expired records.
const FORGET: Duration = Duration::from_mins(1);

/// The sweepers and outbox relays of the services in one process.
pub struct Engine {
    tasks: Tasks,
}

impl Engine {
    /// An in-memory bus with the queues of `services` bound to it. Create it before the engine: a message left in an outbox by an earlier
    /// run must not be sent until every receiver is bound.
    #[must_use]
    pub fn bus_in_memory(deps: &Deps, services: &mut [Parts]) -> Arc<dyn Bus> {
        let bus = Arc::new(MemoryBus::new(deps.metrics.bus.clone()));
        for service in services {
            for subscription in service.subscriptions.drain(..) {
                bus.subscribe(subscription);
            }
        }
        bus
    }

    /// Starts the sweepers, and the relays on a bus that already has the services' subscriptions. Without a bus no relay
    /// starts, which suits services that do not use one ([`Parts::uses_bus`]).
    #[must_use]
    pub fn start(bus: Option<&Arc<dyn Bus>>, deps: &Deps, services: Vec<Parts>) -> Self {
        let tasks = Tasks::new();
        for service in services {
            let leases = service.store.as_ref().and_then(Store::leases);
            let mut sweepers = service.periodic;
            sweepers.extend(service.store.map(|store| forgetting(store, deps)));
            for mut periodic in sweepers {
                let (leases, clock) = (leases.clone(), deps.clock.clone());
                tasks.spawn(|stop| async move {
                    let mut pause = periodic.first_pause();
                    loop {
                        tokio::select! {
                            () = stop.cancelled() => break,
                            () = tokio::time::sleep(pause) => {}
                        }
                        pause = periodic.period;
                        periodic.turn(service.name, leases.as_ref(), &clock).await;
                    }
                });
            }
            if let (Some(outbox), Some(bus)) = (service.outbox, bus) {
                let relay = Relay {
                    service: service.name,
                    outbox,
                    bus: bus.clone(),
                    clock: deps.clock.clone(),
                    metrics: deps.metrics.bus.clone(),
                };
                let watched = relay.clone();
                tasks.spawn(|stop| watched.watch(stop));
                tasks.spawn(|stop| relay.run(stop));
            }
        }
        Self { tasks }
    }

    /// Stops the sweepers and relays. Messages still in an outbox are sent after the next start.
    pub async fn stop(self) {
        self.tasks.drain(Duration::from_secs(10)).await;
    }
}

fn forgetting(store: Store, deps: &Deps) -> Periodic {
    let context = (store, deps.clock.clone());
    Periodic::new(
        "forgetting",
        FORGET,
        &context,
        |(store, clock)| async move {
            while store.forget(clock.now()).await? {}
            Ok(())
        },
    )
}
