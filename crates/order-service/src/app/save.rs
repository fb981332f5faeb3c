//! Saves what became of an order: the order, where its returns and disputes are, what it asks of other services, what is added to its
//! timeline, and what people are told of it by mail, all or nothing.

use host::settings::Settings;
use kernel::Timestamp;
use store::{StoreError, StoreResult, Tx};

use crate::domain::{Command, Fact, Order, told_of};
use crate::events;
use crate::records::{CaseRecord, OrderFact};

/// Whether people are told by mail what happens to their orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mails {
    /// No mail is sent.
    Off,
    /// Each change queues its notifications. The user service decides who wants them.
    Sent,
}

impl Mails {
    /// As the settings have it: told if mails are sent at all.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        if settings.mail.is_on() {
            Self::Sent
        } else {
            Self::Off
        }
    }
}

/// Saves an order that changed.
pub(super) fn save(
    tx: &mut Tx<'_>,
    before: &Order,
    order: &Order,
    commands: &[Command],
    facts: &[Fact],
    now: Timestamp,
    mails: Mails,
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
    if mails == Mails::Sent {
        for told in told_of(before, order, facts) {
            tx.send(events::tell(order, told, now))?;
        }
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
