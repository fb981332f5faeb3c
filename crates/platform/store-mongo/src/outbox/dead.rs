//! The documents of dead-lettered messages, and how they are written.

use kernel::{MessageId, Timestamp};
use serde::{Deserialize, Serialize};

use super::queue::Dead;
use super::row::MessageRow;
use store::{Plain, Record, StoreResult, Tx};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeadLetterRow {
    #[serde(rename = "_id")]
    pub(crate) id: MessageId,
    pub(crate) message: MessageRow,
    pub(crate) attempts: u32,
    pub(crate) reason: String,
    pub(crate) died_at: Timestamp,
}

impl Record for DeadLetterRow {
    const NAME: &'static str = "dead letter";
    type Key = MessageId;

    fn key(&self) -> MessageId {
        self.id
    }
}

impl Plain for DeadLetterRow {
    const TABLE: &'static str = "dead_letters";
}

/// Adds messages to the dead letters.
pub(super) fn bury(tx: &mut Tx<'_>, dead: &[Dead], now: Timestamp) -> StoreResult<()> {
    tx.want::<DeadLetterRow>(dead.iter().map(|dead| dead.message.id))?;
    for Dead {
        message,
        attempts,
        reason,
    } in dead
    {
        // A message that was dead-lettered before keeps its latest reason.
        tx.put(DeadLetterRow {
            id: message.id,
            message: MessageRow::of(message),
            attempts: *attempts,
            reason: reason.clone(),
            died_at: now,
        })?;
    }
    Ok(())
}
