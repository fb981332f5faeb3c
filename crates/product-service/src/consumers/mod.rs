//! Messages that the product service handles, one a file: decode a batch, commit it in one transaction.

mod confirm_reservation;
mod release_reservation;

use std::sync::Arc;

use chassis::bus::{Outcome, Subscription};
use contracts::{Contract, Envelope};

use crate::app::App;
use crate::store::Command;

/// Most messages in one transaction.
const MAX_BATCH: usize = 256;

/// The queues of this service.
pub(crate) fn subscriptions(app: &Arc<App>) -> Vec<Subscription> {
    vec![
        confirm_reservation::subscription(app.clone()),
        release_reservation::subscription(app.clone()),
    ]
}

/// Decodes a batch of messages that say no more than which order they are about. Returns the commands of those that are well
/// formed, and an outcome for each message, in order.
fn decode<M: Contract>(
    batch: &[Arc<Envelope>],
    order_id: impl Fn(&M) -> &[u8],
) -> (Vec<Command>, Vec<Outcome>) {
    let mut commands = Vec::with_capacity(batch.len());
    let mut outcomes = Vec::with_capacity(batch.len());
    for envelope in batch {
        let decoded = envelope
            .open::<M>()
            .and_then(|message| contracts::order_id(order_id(&message)));
        outcomes.push(match decoded {
            Ok(order) => {
                commands.push(Command {
                    message: envelope.id,
                    order,
                });
                Outcome::Done
            }
            Err(error) => Outcome::Reject(error.to_string()),
        });
    }
    (commands, outcomes)
}

/// The full name of a message, which is its routing key.
fn name<M: Contract>() -> String {
    M::full_name()
}
