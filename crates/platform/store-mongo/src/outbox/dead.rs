//! How dead-lettered messages are written.

use kernel::Timestamp;
use store::{DeadLetter, StoreResult, Tx};

use super::queue::Dead;

/// Adds messages to the dead letters.
pub(super) fn bury(tx: &mut Tx<'_>, dead: &[Dead], now: Timestamp) -> StoreResult<()> {
    tx.want::<DeadLetter>(dead.iter().map(|dead| dead.message.id))?;
    for Dead {
        message,
        attempts,
        reason,
    } in dead
    {
        // A message that was dead-lettered before keeps its latest reason.
        tx.put(DeadLetter {
            envelope: (**message).clone(),
            attempts: *attempts,
            reason: reason.clone(),
            died_at: now,
        })?;
    }
    Ok(())
}
