//! Saves what became of an order: the order, where its returns and disputes are, what it asks of other services, and what is added to its
//! timeline, all or nothing.

use kernel::Timestamp;
use store::{StoreError, StoreResult, Tx};

use crate::domain::{Command, Fact, Order};
use crate::events;
use crate::records::{CaseRecord, OrderFact};

/// Saves an order that changed.
pub(super) fn save(
    tx: &mut Tx<'_>,
    before: &Order,
    order: &Order,
    commands: &[Command],
    facts: &[Fact],
    now: Timestamp,
) -> StoreResult<()> {
    tx.put(order.clone())?;
    let known = CaseRecord::all_of(before);
    for case in CaseRecord::all_of(order) {
        if !known.contains(&case) {
            tx.put(case)?;
        }
    }
    for command in commands {
        send(tx, order, *command, now)?;
    }
    for fact in facts {
        tx.insert(OrderFact {
            order: order.id,
            fact: fact.clone(),
        })?;
    }
    Ok(())
}

/// Sends `command` about `order`, which is as it is saved.
pub(super) fn send(
    tx: &mut Tx<'_>,
    order: &Order,
    command: Command,
    now: Timestamp,
) -> StoreResult<()> {
    let envelope = events::seal(order, command, now)
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    tx.send(envelope)
}
