//! `UserErased`: a user is no more. A queue of its own, so that no name waits behind it.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::user::UserErased;
use contracts::{Contract, Envelope, MalformedMessage};
use kernel::UserId;
use store::StoreResult;

use crate::app::{App, erase_users};

/// The queue of users who are no more.
pub const ERASURES_QUEUE: &str = "order.erasures";

/// Most messages handled together: each may touch many orders.
const MAX_BATCH: usize = 4;

/// Subscribes to it.
pub(crate) fn erasures(app: Arc<App>) -> Subscription {
    fn name<M: Contract>() -> String {
        M::full_name()
    }
    Subscription {
        queue: ERASURES_QUEUE,
        messages: vec![name::<UserErased>()],
        handler: Arc::new(Batched(Erasures(app))),
        max_batch: MAX_BATCH,
    }
}

struct Erasures(Arc<App>);

#[async_trait]
impl Receiver for Erasures {
    type Command = UserId;

    fn decode(&self, message: &Envelope) -> Result<UserId, MalformedMessage> {
        let erased: UserErased = message.open()?;
        contracts::user_id(&erased.user_id)
    }

    async fn receive(&self, users: Vec<UserId>) -> StoreResult<Vec<StoreResult<()>>> {
        erase_users(&self.0, users).await
    }
}
