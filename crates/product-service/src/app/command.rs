//! Commands of the order saga.

use kernel::{MessageId, OrderId, Timestamp};
use store::{StoreResult, Tx};
use uuid::Uuid;

use crate::domain::{Reservation, Returned};
use crate::records::ReturnKey;

/// A command of the order saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// The message that it came in.
    pub(crate) message: MessageId,
    /// The order whose reservation it is about.
    pub(crate) order: OrderId,
    /// What to do with the stock.
    pub(crate) ask: Ask,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// The order is paid: sell its held stock.
    Confirm,
    /// The order failed: return its held stock.
    Release,
    /// Some of what was sold is not, or no longer, the buyer's.
    Return(Return),
}

/// A return of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Return {
    /// Identifies it for all time.
    pub(crate) id: Uuid,
    /// What came back; at least one line.
    pub(crate) lines: Vec<Returned>,
}

impl Command {
    /// The key of the return that it asks for, if it does.
    pub(super) fn return_key(&self) -> Option<ReturnKey> {
        match &self.ask {
            Ask::Return(asked) => Some(ReturnKey {
                order_id: self.order,
                return_id: asked.id,
            }),
            Ask::Confirm | Ask::Release => None,
        }
    }
}

/// Whether `command` arrives for the first time. The state of a reservation refuses repeats, because nothing returns to `Held`. So the
/// inbox notes only commands that arrive before their reservation exists.
pub(super) fn is_new(
    tx: &mut Tx<'_>,
    found: Option<&Reservation>,
    command: &Command,
    now: Timestamp,
) -> StoreResult<bool> {
    match found {
        None => tx.once(command.order, command.message, now),
        Some(_) => Ok(!tx.was_handled(command.order, command.message)?),
    }
}
