//! Gates before the services' queues: what passes is noted, and what is to be stopped is stopped, so that a scenario can catch an
//! order in any state that it is in for a moment only.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chassis::bus::{Handler, Outcome, Subscription};
use contracts::{Contract, Envelope};
use kernel::OrderId;

/// What becomes of a message at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Its receiver is away: it is tried again.
    Held,
    /// Its receiver cannot read it: it goes to the dead letters.
    Refused,
}

#[derive(Default)]
struct State {
    /// By name; for one order, or (None) for all.
    stops: BTreeMap<(String, Option<OrderId>), Stop>,
    seen: Vec<Arc<Envelope>>,
}

/// The gates of all queues.
#[derive(Clone, Default)]
pub struct Gates(Arc<Mutex<State>>);

impl Gates {
    /// Stops `M` of one order, or of all.
    pub fn stop<M: Contract>(&self, order: Option<OrderId>, stop: Stop) {
        let mut state = self.0.lock().unwrap();
        state.stops.insert((M::full_name(), order), stop);
    }

    /// Lets `M` of this order (or of all that have no stop of their own) through again.
    pub fn open<M: Contract>(&self, order: Option<OrderId>) {
        let mut state = self.0.lock().unwrap();
        state.stops.remove(&(M::full_name(), order));
    }

    /// All messages that came to a gate, each once, as they were first seen.
    #[must_use]
    pub fn seen(&self) -> Vec<Arc<Envelope>> {
        let mut ids = Vec::new();
        let mut seen = self.0.lock().unwrap().seen.clone();
        seen.retain(|message| {
            let new = !ids.contains(&message.id);
            ids.push(message.id);
            new
        });
        seen
    }

    /// Whether a message `M` of `order` has come.
    #[must_use]
    pub fn has_seen<M: Contract>(&self, order: OrderId) -> bool {
        let state = self.0.lock().unwrap();
        let mut seen = state.seen.iter();
        seen.any(|message| message.order == order && message.name == M::full_name())
    }

    /// `subscription`, behind these gates.
    #[must_use]
    pub fn before(&self, subscription: Subscription) -> Subscription {
        let handler = Arc::new(Gated {
            gates: self.clone(),
            handler: subscription.handler,
        });
        Subscription {
            handler,
            ..subscription
        }
    }

    fn judge(&self, message: &Arc<Envelope>) -> Option<Stop> {
        let mut state = self.0.lock().unwrap();
        state.seen.push(message.clone());
        let of = |order| state.stops.get(&(message.name.clone(), order)).copied();
        of(Some(message.order)).or_else(|| of(None))
    }
}

struct Gated {
    gates: Gates,
    handler: Arc<dyn Handler>,
}

#[async_trait]
impl Handler for Gated {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let stops: Vec<Option<Stop>> = batch.iter().map(|one| self.gates.judge(one)).collect();
        let passing: Vec<Arc<Envelope>> = batch
            .iter()
            .zip(&stops)
            .filter(|(_, stop)| stop.is_none())
            .map(|(message, _)| message.clone())
            .collect();
        let mut outcomes = if passing.is_empty() {
            Vec::new().into_iter()
        } else {
            self.handler.handle(passing).await.into_iter()
        };
        stops
            .into_iter()
            .map(|stop| match stop {
                None => outcomes.next().expect("one outcome a message"),
                Some(Stop::Held) => Outcome::Retry("its receiver is away".to_owned()),
                Some(Stop::Refused) => Outcome::Reject("its receiver cannot read it".to_owned()),
            })
            .collect()
    }
}
