//! `SellerStarted`: a user has listed their first product.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::product::SellerStarted;
use contracts::{Envelope, MalformedMessage};
use kernel::Timestamp;
use store::StoreResult;

use super::name;
use crate::app::{App, Started, start_sellers};

/// The queue of users who listed their first product.
pub const QUEUE: &str = "user.sellers";

/// Most messages in one transaction.
const MAX_BATCH: usize = 256;

/// Subscribes to users' first products.
pub(crate) fn started(app: Arc<App>) -> Subscription {
    Subscription {
        queue: QUEUE,
        messages: vec![name::<SellerStarted>()],
        handler: Arc::new(Batched(FirstProducts(app))),
        max_batch: MAX_BATCH,
    }
}

struct FirstProducts(Arc<App>);

#[async_trait]
impl Receiver for FirstProducts {
    type Command = Started;

    fn decode(&self, message: &Envelope) -> Result<Started, MalformedMessage> {
        let started: SellerStarted = message.open()?;
        Ok(Started {
            user: contracts::user_id(&started.seller_id)?,
            at: Timestamp::from_millis(started.at),
        })
    }

    async fn receive(&self, started: Vec<Started>) -> StoreResult<Vec<StoreResult<()>>> {
        start_sellers(&self.0, started).await
    }
}
