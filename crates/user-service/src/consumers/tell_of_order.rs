//! `TellOfOrder`: something happened to an order that a user placed or sells in.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::user::TellOfOrder;
use contracts::{Envelope, MalformedMessage};
use store::StoreResult;

use super::name;
use crate::app::{App, Told, tell};
use crate::events;

/// The queue of what users are told about their orders.
pub const QUEUE: &str = "user.news";

/// Most messages in one transaction.
const MAX_BATCH: usize = 256;

/// Subscribes to what users are told about their orders.
pub(crate) fn news(app: Arc<App>) -> Subscription {
    Subscription {
        queue: QUEUE,
        messages: vec![name::<TellOfOrder>()],
        handler: Arc::new(Batched(News(app))),
        max_batch: MAX_BATCH,
    }
}

struct News(Arc<App>);

#[async_trait]
impl Receiver for News {
    type Command = Told;

    fn decode(&self, message: &Envelope) -> Result<Told, MalformedMessage> {
        let told: TellOfOrder = message.open()?;
        let (notice, news) = events::notice(&told.notice, told.news.as_ref())?;
        let missing = || MalformedMessage(format!("{:?} is not about an order", told.notice));
        Ok(Told {
            id: message.id,
            user: contracts::user_id(&told.user_id)?,
            notice,
            news: news.ok_or_else(missing)?,
        })
    }

    async fn receive(&self, told: Vec<Told>) -> StoreResult<Vec<StoreResult<()>>> {
        tell(&self.0, told).await
    }
}
