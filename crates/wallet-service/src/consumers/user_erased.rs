//! `UserErased`: a user is no more. A queue of its own, so that nothing else waits behind it.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::user::UserErased;
use contracts::{Envelope, MalformedMessage};
use kernel::UserId;
use store::StoreResult;

use super::name;
use crate::app::{App, erase_users};

/// The queue of users who are no more.
pub const ERASURES_QUEUE: &str = "wallet.erasures";

/// Most messages handled together: each may delete many rows.
const MAX_BATCH: usize = 4;

/// Subscribes to it.
pub(crate) fn erasures(app: App) -> Subscription {
    Subscription {
        queue: ERASURES_QUEUE,
        messages: vec![name::<UserErased>()],
        handler: Arc::new(Batched(Erasures(app))),
        max_batch: MAX_BATCH,
    }
}

struct Erasures(App);

#[async_trait]
impl Receiver for Erasures {
    type Command = UserId;

    fn decode(&self, message: &Envelope) -> Result<UserId, MalformedMessage> {
        let erased: UserErased = message.open()?;
        contracts::user_id(&erased.user_id)
    }

    async fn receive(&self, users: Vec<UserId>) -> StoreResult<Vec<StoreResult<()>>> {
        Ok(erase_users(&self.0, users).await)
    }
}
