//! One replica's share of the outbox: what it committed, and holds until sent.

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
use crate::horizon::Horizon;
use crate::unit::Unit;
use store::outbox::Pending;
use store::{StoreResult, Tx};

/// How long a replica holds the messages that it sends. It exceeds the longest publish, and is about how long an order waits for another
/// replica when its own has died.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// Maximum number of messages in one document: far below a document's size limit.
const ROOM: usize = 256;

/// The messages this replica must send, in commit order.
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
            // Skips a resend of a message that is about to be sent anyway.
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
            Tx::new(unit).insert(OutboxRow {
                id: row,
                messages: messages
                    .iter()
                    .map(|message| WaitingRow::of(message, 0))
                    .collect(),
                owner: self.replica,
                lease,
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

    /// Called once the unit is committed: its messages may be sent.
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
