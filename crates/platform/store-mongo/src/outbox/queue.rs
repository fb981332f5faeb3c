//! The part of the outbox that one replica holds in memory: the messages it must send, and the documents that contain them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use contracts::Envelope;
use kernel::{MessageId, Timestamp};
use tokio::time::Instant;
use uuid::Uuid;

use store::outbox::{Fate, Pending};

/// Limit of messages in memory. Documents beyond it are claimed from the collection when their leases run out.
const CAPACITY: usize = 20_000;

/// Messages of one document that this replica must send, each with its number of failed deliveries.
pub(super) struct Parcel {
    pub(super) row: Uuid,
    pub(super) messages: Vec<(Arc<Envelope>, u32)>,
}

/// A dead-lettered message: how often it was tried, and the reason.
pub(super) struct Dead {
    pub(super) message: Arc<Envelope>,
    pub(super) attempts: u32,
    pub(super) reason: String,
}

/// A document whose messages all have their fate.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) row: Uuid,
    /// What must be retried, and when.
    pub(super) retry: Vec<Pending>,
    pub(super) not_before: Timestamp,
    pub(super) dead: Vec<Dead>,
}

/// A document with messages still in flight.
struct Row {
    /// Messages without a fate.
    open: usize,
    /// When another replica may claim it.
    until: Instant,
    decided: Decided,
}

#[derive(Default)]
pub(super) struct Queue {
    last: i64,
    held: BTreeMap<i64, (Uuid, Pending)>,
    rows: HashMap<Uuid, Row>,
    /// The ids of those messages.
    ids: HashSet<MessageId>,
}

impl Queue {
    /// When the oldest held message was written.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.held
            .values()
            .map(|(_, pending)| pending.envelope.time)
            .min()
    }

    /// Whether the message is about to be sent anyway.
    pub(super) fn holds(&self, message: MessageId) -> bool {
        self.ids.contains(&message)
    }

    /// Takes on a document's messages. None if there is no room: the replica that finds it after its lease expires will send them.
    pub(super) fn hold(&mut self, parcel: Parcel, until: Instant) -> Option<Vec<Pending>> {
        if self.held.len() >= CAPACITY || self.rows.contains_key(&parcel.row) {
            return None;
        }
        let row = Row {
            open: parcel.messages.len(),
            until,
            decided: Decided {
                row: parcel.row,
                ..Decided::default()
            },
        };
        self.rows.insert(parcel.row, row);
        let held = parcel.messages.into_iter().map(|(envelope, attempts)| {
            self.last += 1;
            self.ids.insert(envelope.id);
            let pending = Pending {
                seq: self.last,
                attempts,
                envelope,
            };
            self.held.insert(pending.seq, (parcel.row, pending.clone()));
            pending
        });
        Some(held.collect())
    }

    /// At most `limit` untried messages after `after`. Documents whose lease is over at `lost` are dropped first, because another replica
    /// may claim them before their messages are out.
    pub(super) fn fresh(&mut self, after: i64, limit: usize, lost: Instant) -> Vec<Pending> {
        let Self {
            held, rows, ids, ..
        } = self;
        held.retain(|seq, (row, pending)| {
            let keep = *seq <= after || rows.get(row).is_some_and(|row| row.until > lost);
            if !keep {
                ids.remove(&pending.envelope.id);
                rows.remove(row);
            }
            keep
        });
        held.range(after.saturating_add(1)..)
            .map(|(_, (_, pending))| pending)
            .filter(|pending| pending.attempts == 0)
            .take(limit)
            .cloned()
            .collect()
    }

    /// Records the fates of messages. Returns the documents that are complete: those whose messages all have a fate.
    pub(super) fn settle(&mut self, fates: Vec<(i64, Fate)>) -> Vec<Decided> {
        let mut done = Vec::new();
        for (seq, fate) in fates {
            let Some((id, mut pending)) = self.held.remove(&seq) else {
                continue;
            };
            self.ids.remove(&pending.envelope.id);
            let Some(row) = self.rows.get_mut(&id) else {
                continue;
            };
            row.open = row.open.saturating_sub(1);
            let decided = &mut row.decided;
            match fate {
                Fate::Sent => {}
                Fate::Retry {
                    attempts,
                    not_before,
                } => {
                    pending.attempts = attempts;
                    decided.retry.push(pending);
                    decided.not_before = decided.not_before.max(not_before);
                }
                Fate::Dead { attempts, reason } => decided.dead.push(Dead {
                    message: pending.envelope,
                    attempts,
                    reason,
                }),
            }
            if row.open == 0 {
                done.extend(self.rows.remove(&id).map(|row| row.decided));
            }
        }
        done
    }
}
