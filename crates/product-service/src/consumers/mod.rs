//! What the order service asks of the product service. One queue for both commands, handled in batches.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{BatchHandler, Bisecting, Outcome, Subscription};
use contracts::product::{ConfirmReservation, ReleaseReservation};
use contracts::{Contract, Envelope, MalformedMessage};
use store::StoreResult;

use crate::app::{App, confirm_reservations, release_reservations};
use crate::store::Command;

/// Names the queue of all commands to the product service.
pub const QUEUE: &str = "product.commands";

/// Most messages in one transaction.
const MAX_BATCH: usize = 256;

/// The queue of all commands.
pub(crate) fn commands(app: Arc<App>) -> Subscription {
    Subscription {
        queue: QUEUE,
        messages: vec![name::<ConfirmReservation>(), name::<ReleaseReservation>()],
        handler: Arc::new(Bisecting(Commands(app))),
        max_batch: MAX_BATCH,
    }
}

fn name<M: Contract>() -> String {
    M::full_name()
}

struct Commands(Arc<App>);

/// What a message asks for.
enum Asked {
    /// The order is paid: its held stock is sold.
    Confirm(Command),
    /// The order came to nothing: its held stock goes back.
    Release(Command),
}

#[async_trait]
impl BatchHandler for Commands {
    async fn handle_all(&self, batch: &[Arc<Envelope>]) -> StoreResult<Vec<Outcome>> {
        let (mut confirm, mut release) = (Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(batch.len());
        for envelope in batch {
            outcomes.push(match read(envelope) {
                Ok(Asked::Confirm(command)) => {
                    confirm.push(command);
                    Outcome::Done
                }
                Ok(Asked::Release(command)) => {
                    release.push(command);
                    Outcome::Done
                }
                Err(error) => Outcome::Reject(error.to_string()),
            });
        }
        // An order is confirmed or released. Only one that was confirmed before is ever both, and then what is sold stays sold.
        if !confirm.is_empty() {
            confirm_reservations(&self.0, confirm).await?;
        }
        if !release.is_empty() {
            release_reservations(&self.0, release).await?;
        }
        Ok(outcomes)
    }
}

fn read(envelope: &Envelope) -> Result<Asked, MalformedMessage> {
    let of = |order_id: &[u8]| {
        contracts::order_id(order_id).map(|order| Command {
            message: envelope.id,
            order,
        })
    };
    if envelope.name == name::<ConfirmReservation>() {
        let message: ConfirmReservation = envelope.open()?;
        of(&message.order_id).map(Asked::Confirm)
    } else if envelope.name == name::<ReleaseReservation>() {
        let message: ReleaseReservation = envelope.open()?;
        of(&message.order_id).map(Asked::Release)
    } else {
        Err(MalformedMessage(format!(
            "{} is no command to the product service",
            envelope.name
        )))
    }
}
