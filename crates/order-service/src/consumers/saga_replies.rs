//! What the wallet and the product service say about orders: a batch of replies, applied in one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{BatchHandler, Outcome};
use contracts::Envelope;
use store::StoreResult;

use crate::app::{App, settle_orders};
use crate::events;
use crate::store::Inbound;

/// Hands replies to the saga.
pub(crate) struct SagaReplies(pub(crate) Arc<App>);

#[async_trait]
impl BatchHandler for SagaReplies {
    async fn handle_all(&self, batch: &[Arc<Envelope>]) -> StoreResult<Vec<Outcome>> {
        let mut inbound = Vec::with_capacity(batch.len());
        let outcomes = batch
            .iter()
            .map(|envelope| match events::open(envelope) {
                Ok((order, message)) => {
                    inbound.push(Inbound {
                        order,
                        id: Some(envelope.id),
                        message,
                    });
                    Outcome::Done
                }
                Err(error) => Outcome::Reject(error.to_string()),
            })
            .collect();
        settle_orders(&self.0, inbound).await?;
        Ok(outcomes)
    }
}
