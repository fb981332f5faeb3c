//! Commands from the order service to the wallet. One queue takes all four. The wallet decides a batch in the order of arrival and
//! commits it in one transaction. Each message is decoded in a file of its own.

mod cancel_order_debit;
mod debit_for_order;
mod refund_order;
mod release_escrow;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::wallet::{CancelOrderDebit, DebitForOrder, RefundOrder, ReleaseEscrow};
use contracts::{Contract, Envelope, MalformedMessage};
use kernel::{OrderId, TransactionId};
use store::StoreResult;

use crate::app::{self, App};
use crate::domain::{Action, OrderCommand};

/// Name of the queue for all commands to the wallet.
pub const QUEUE: &str = "wallet.commands";

/// Maximum number of commands in one transaction.
const MAX_BATCH: usize = 512;

/// The subscription for all commands to the wallet.
pub(crate) fn commands(app: App) -> Subscription {
    Subscription {
        queue: QUEUE,
        messages: vec![
            name::<DebitForOrder>(),
            name::<CancelOrderDebit>(),
            name::<RefundOrder>(),
            name::<ReleaseEscrow>(),
        ],
        handler: Arc::new(Batched(Commands { app })),
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
impl Receiver for Commands {
    type Command = OrderCommand;

    fn decode(&self, message: &Envelope) -> Result<OrderCommand, MalformedMessage> {
        let (order, action) = read(message)?;
        Ok(OrderCommand {
            message: message.id,
            order,
            transaction: TransactionId::new(&*self.app.ids),
            action,
        })
    }

    async fn receive(&self, commands: Vec<OrderCommand>) -> StoreResult<Vec<StoreResult<()>>> {
        app::settle(&self.app, commands).await
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
