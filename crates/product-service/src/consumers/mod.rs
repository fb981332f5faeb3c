//! Commands of the order service. Both kinds share one queue and are handled in batches.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::product::{ConfirmReservation, ReleaseReservation};
use contracts::{Contract, Envelope, MalformedMessage};
use store::StoreResult;

use crate::app::{App, Ask, Command, settle_reservations};

/// The queue of all commands to the product service.
pub const QUEUE: &str = "product.commands";

/// Most messages in one transaction.
const MAX_BATCH: usize = 256;

/// Subscribes to all commands.
pub(crate) fn commands(app: Arc<App>) -> Subscription {
    Subscription {
        queue: QUEUE,
        messages: vec![name::<ConfirmReservation>(), name::<ReleaseReservation>()],
        handler: Arc::new(Batched(Commands(app))),
        max_batch: MAX_BATCH,
    }
}

fn name<M: Contract>() -> String {
    M::full_name()
}

struct Commands(Arc<App>);

#[async_trait]
impl Receiver for Commands {
    type Command = Command;

    fn decode(&self, message: &Envelope) -> Result<Command, MalformedMessage> {
        let (order, ask) = if message.name == name::<ConfirmReservation>() {
            let asked: ConfirmReservation = message.open()?;
            (asked.order_id, Ask::Confirm)
        } else if message.name == name::<ReleaseReservation>() {
            let asked: ReleaseReservation = message.open()?;
            (asked.order_id, Ask::Release)
        } else {
            let what = format!("{} is no command to the product service", message.name);
            return Err(MalformedMessage(what));
        };
        Ok(Command {
            message: message.id,
            order: contracts::order_id(&order)?,
            ask,
        })
    }

    async fn receive(&self, commands: Vec<Command>) -> StoreResult<Vec<StoreResult<()>>> {
        settle_reservations(&self.0, commands).await
    }
}
