//! Messages to the wallet. One queue takes all four commands of the order service: the wallet decides a batch in the order of arrival and
//! commits it in one transaction. Others take what the user service says of sellers and of users who are no more. Each message is decoded in a file of its own.

mod cancel_order_debit;
mod debit_for_order;
mod refund_part;
mod release_part;
mod seller_changed;
#[cfg(all(test, feature = "sqlite"))]
mod tests;
mod user_erased;

use std::sync::Arc;

pub use seller_changed::SELLERS_QUEUE;
pub(crate) use seller_changed::sellers;
pub use user_erased::ERASURES_QUEUE;
pub(crate) use user_erased::erasures;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::wallet::{CancelOrderDebit, DebitForOrder, RefundPart, ReleasePart};
use contracts::{Contract, Envelope, MalformedMessage};
use kernel::{OrderId, TransactionId};
use store::StoreResult;

use crate::app::{self, App};
use crate::domain::{Action, OrderCommand};

/// Name of the queue for all commands to the wallet.
pub const QUEUE: &str = "wallet.commands";

/// Maximum number of commands in one transaction.
const MAX_BATCH: usize = 512;

type Read = fn(&Envelope) -> Result<(OrderId, Action), MalformedMessage>;

/// The commands: the name of each message, and how it is read.
fn known() -> [(String, Read); 4] {
    [
        (name::<DebitForOrder>(), |message| {
            debit_for_order::read(&message.open()?)
        }),
        (name::<CancelOrderDebit>(), |message| {
            cancel_order_debit::read(&message.open()?)
        }),
        (name::<RefundPart>(), |message| {
            refund_part::read(&message.open()?)
        }),
        (name::<ReleasePart>(), |message| {
            release_part::read(&message.open()?)
        }),
    ]
}

fn name<M: Contract>() -> String {
    M::full_name()
}

/// The subscription for all commands to the wallet.
pub(crate) fn commands(app: App) -> Subscription {
    let known = known();
    Subscription {
        queue: QUEUE,
        messages: known.iter().map(|(name, _)| name.clone()).collect(),
        handler: Arc::new(Batched(Commands { app, known })),
        max_batch: MAX_BATCH,
    }
}

struct Commands {
    app: App,
    known: [(String, Read); 4],
}

#[async_trait]
impl Receiver for Commands {
    type Command = OrderCommand;

    fn decode(&self, message: &Envelope) -> Result<OrderCommand, MalformedMessage> {
        let known = self.known.iter().find(|(name, _)| *name == message.name);
        let (_, read) = known
            .ok_or_else(|| MalformedMessage(format!("{} is not for the wallet", message.name)))?;
        let (order, action) = read(message)?;
        Ok(OrderCommand {
            order,
            transactions: [(); 3].map(|()| TransactionId::new(&*self.app.ids)),
            action,
        })
    }

    async fn receive(&self, commands: Vec<OrderCommand>) -> StoreResult<Vec<StoreResult<()>>> {
        app::settle(&self.app, commands).await
    }
}
