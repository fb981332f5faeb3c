//! Handles the messages of a batch in one transaction: decodes each, hands over those that decode, and reports an outcome for each. One
//! bad message never fails its neighbours: [`Tx::each`](store::Tx::each) gives each a savepoint of its own.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::{Envelope, MalformedMessage};
use store::StoreResult;

use super::{Handler, Outcome};

/// Handles commands that arrive as messages.
#[async_trait]
pub trait Receiver: Send + Sync {
    /// What a message asks for.
    type Command: Send + Sync;

    /// Reads a message.
    ///
    /// # Errors
    /// If it does not decode. It never will, so it is dead-lettered at once.
    fn decode(&self, message: &Envelope) -> Result<Self::Command, MalformedMessage>;

    /// Commits the effects of the commands in one transaction and returns one result for each, in order.
    ///
    /// # Errors
    /// If nothing was committed; all messages are retried.
    async fn receive(&self, commands: Vec<Self::Command>) -> StoreResult<Vec<StoreResult<()>>>;
}

/// Adapts a [`Receiver`] to a [`Handler`].
pub struct Batched<R>(pub R);

#[async_trait]
impl<R: Receiver> Handler for Batched<R> {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let mut commands = Vec::with_capacity(batch.len());
        let outcomes: Vec<Option<Outcome>> = batch
            .iter()
            .map(|message| match self.0.decode(message) {
                Ok(command) => {
                    commands.push(command);
                    None
                }
                Err(malformed) => Some(Outcome::Reject(malformed.to_string())),
            })
            .collect();
        let count = commands.len();
        let results = if count == 0 {
            Vec::new()
        } else {
            let received = self.0.receive(commands).await;
            received.unwrap_or_else(|error| vec![Err(error); count])
        };
        let mut results = results.into_iter().map(|result| match result {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Retry(error.to_string()),
        });
        // If the number of outcomes does not match, the bus notices and retries all messages.
        outcomes
            .into_iter()
            .filter_map(|known| known.or_else(|| results.next()))
            .collect()
    }
}
