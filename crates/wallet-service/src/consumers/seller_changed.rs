//! `SellerChanged`: whether a seller is suspended. A queue of its own, so that no payment waits behind it.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::sellers::SellerStatus;
use contracts::user::SellerChanged;
use contracts::{Envelope, MalformedMessage};
use store::StoreResult;

use super::{MAX_BATCH, name};
use crate::app::{self, App};
use crate::domain::Seller;

/// Name of the queue of what sellers are.
pub const SELLERS_QUEUE: &str = "wallet.sellers";

/// The subscription for what sellers are.
pub(crate) fn sellers(app: App) -> Subscription {
    Subscription {
        queue: SELLERS_QUEUE,
        messages: vec![name::<SellerChanged>()],
        handler: Arc::new(Batched(Sellers(app))),
        max_batch: MAX_BATCH,
    }
}

struct Sellers(App);

#[async_trait]
impl Receiver for Sellers {
    type Command = Seller;

    fn decode(&self, message: &Envelope) -> Result<Seller, MalformedMessage> {
        let changed: SellerChanged = message.open()?;
        let status = SellerStatus::of(&changed.status);
        let unknown = || MalformedMessage(format!("{:?} is no status of a seller", changed.status));
        Ok(Seller {
            user: contracts::user_id(&changed.seller_id)?,
            is_suspended: status.ok_or_else(unknown)? == SellerStatus::Suspended,
            version: changed.version,
        })
    }

    async fn receive(&self, sellers: Vec<Seller>) -> StoreResult<Vec<StoreResult<()>>> {
        app::keep_sellers(&self.0, sellers).await
    }
}
