//! One replica's share of the outbox: what it committed, and holds until it is sent.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contracts::Envelope;
use kernel::Clock;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::queue::{Parcel, Queue};
use super::row::{OutboxRow, WaitingRow};
use crate::codec::id;
use crate::horizon::Horizon;
use crate::unit::Unit;
use store::StoreResult;
use store::outbox::Pending;

/// How long a replica holds messages that it sends: longer than a publish may take, and about as long as an order whose replica
/// died waits for another.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// Most messages in one document: far from what a document may hold.
const ROOM: usize = 256;

/// What this replica has to send, in the order in which it was committed.
pub(crate) struct OutboxQueue {
    pub(super) replica: Uuid,
    clock: Arc<dyn Clock>,
    queue: Mutex<Queue>,
    pub(super) news: Notify,
    pub(super) horizon: Horizon,
}

/// What a unit adds to the outbox.
pub(crate) struct Stamped(Vec<Parcel>);

impl OutboxQueue {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            replica: Uuid::new_v4(),
            clock,
            queue: Mutex::default(),
            news: Notify::new(),
            horizon: Horizon::default(),
        }
    }

    /// Turns the unit's messages into documents that this replica holds.
    pub(crate) fn stamp(&self, unit: &mut Unit) -> StoreResult<Stamped> {
        let lease = self.clock.now().plus(LEASE);
        let mut seen = HashSet::new();
        let messages: Vec<Arc<Envelope>> = {
            let queue = self.lock();
            // A resend of what is about to go out anyway.
            let is_new = |message: &Arc<Envelope>| !queue.holds(message.id);
            unit.messages().into_iter().filter(is_new).collect()
        };
        let messages: Vec<Arc<Envelope>> = messages
            .into_iter()
            .filter(|message| seen.insert(message.id))
            .collect();
        let mut parcels = Vec::new();
        for messages in messages.chunks(ROOM) {
            let row = Uuid::new_v4();
            unit.insert(OutboxRow {
                id: id(row),
                messages: messages
                    .iter()
                    .map(|message| WaitingRow::of(message, 0))
                    .collect(),
                owner: id(self.replica),
                lease: lease.as_millis(),
            })?;
            parcels.push(Parcel {
                row,
                messages: messages
                    .iter()
                    .map(|message| (message.clone(), 0))
                    .collect(),
            });
        }
        Ok(Stamped(parcels))
    }

    /// The unit is committed: its messages can go.
    pub(crate) fn committed(&self, Stamped(parcels): Stamped) {
        if parcels.is_empty() {
            return;
        }
        self.hold(parcels);
        self.news.notify_one();
    }

    pub(super) fn hold(&self, parcels: Vec<Parcel>) -> Vec<Pending> {
        let until = Instant::now() + LEASE;
        let mut queue = self.lock();
        parcels
            .into_iter()
            .filter_map(|parcel| queue.hold(parcel, until))
            .flatten()
            .collect()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
