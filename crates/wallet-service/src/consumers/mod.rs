//! What the order service asks of the wallet. One queue for all four commands, handled in batches: a batch is decided in the
//! order in which it came and committed at once. Each message is read in a file of its own.

mod cancel_order_debit;
mod debit_for_order;
mod refund_order;
mod release_escrow;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use bus::{BatchHandler, Bisecting, Outcome, Subscription};
use contracts::wallet::{CancelOrderDebit, DebitForOrder, RefundOrder, ReleaseEscrow};
use contracts::{Contract, Envelope, MalformedMessage};
use kernel::{OrderId, TransactionId};
use store::StoreResult;

use crate::app::App;
use crate::domain::{Action, OrderCommand};

/// Names the queue of all commands to the wallet.
pub const QUEUE: &str = "wallet.commands";

/// Most commands in one transaction.
const MAX_BATCH: usize = 512;

/// The queue of all commands to the wallet.
pub(crate) fn commands(app: App) -> Subscription {
    Subscription {
        queue: QUEUE,
        messages: vec![
            name::<DebitForOrder>(),
            name::<CancelOrderDebit>(),
            name::<RefundOrder>(),
            name::<ReleaseEscrow>(),
        ],
        handler: Arc::new(Bisecting(Commands { app })),
        max_batch: MAX_BATCH,
    }
}

fn name<M: Contract>() -> String {
    M::full_name()
}

struct Commands {
    app: App,
}

#[async_trait]
impl BatchHandler for Commands {
    async fn handle_all(&self, batch: &[Arc<Envelope>]) -> StoreResult<Vec<Outcome>> {
        let mut commands = Vec::with_capacity(batch.len());
        let mut outcomes = Vec::with_capacity(batch.len());
        for envelope in batch {
            outcomes.push(match read(envelope) {
                Ok((order, action)) => {
                    let transaction = TransactionId::new(&*self.app.ids);
                    commands.push(OrderCommand {
                        message: envelope.id,
                        order,
                        transaction,
                        action,
                    });
                    Outcome::Done
                }
                Err(error) => Outcome::Reject(error.to_string()),
            });
        }
        if !commands.is_empty() {
            self.app
                .store
                .settle_orders(commands, self.app.clock.now())
                .await?;
        }
        Ok(outcomes)
    }
}

fn read(envelope: &Envelope) -> Result<(OrderId, Action), MalformedMessage> {
    let name_is = |name: String| envelope.name == name;
    if name_is(name::<DebitForOrder>()) {
        debit_for_order::read(&envelope.open()?)
    } else if name_is(name::<CancelOrderDebit>()) {
        cancel_order_debit::read(&envelope.open()?)
    } else if name_is(name::<RefundOrder>()) {
        refund_order::read(&envelope.open()?)
    } else if name_is(name::<ReleaseEscrow>()) {
        release_escrow::read(&envelope.open()?)
    } else {
        Err(MalformedMessage(format!(
            "{} is not for the wallet",
            envelope.name
        )))
    }
}
