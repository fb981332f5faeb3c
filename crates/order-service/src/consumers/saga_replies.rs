//! What the wallet and the product service say about orders: a batch of replies, applied in one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use bus::Receiver;
use contracts::{Envelope, MalformedMessage};
use store::StoreResult;

use crate::app::{App, Inbound, apply_messages};
use crate::events;

/// Hands replies to the saga.
pub(crate) struct SagaReplies(pub(crate) Arc<App>);

#[async_trait]
impl Receiver for SagaReplies {
    type Command = Inbound;

    fn decode(&self, envelope: &Envelope) -> Result<Inbound, MalformedMessage> {
        let (order, message) = events::open(envelope)?;
        Ok(Inbound {
            order,
            id: Some(envelope.id),
            message,
        })
    }

    async fn receive(&self, replies: Vec<Inbound>) -> StoreResult<Vec<StoreResult<()>>> {
        let results = apply_messages(&self.0, replies).await?;
        Ok(results.into_iter().map(|result| result.map(drop)).collect())
    }
}
