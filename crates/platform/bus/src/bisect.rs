//! One bad message never fails its neighbours: a batch whose transaction fails is halved until the bad one stands alone.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::Envelope;

use super::{Handler, Outcome, one_each};
use store::{StoreError, StoreResult};

/// Handles a whole batch in one transaction, or not at all.
#[async_trait]
pub trait BatchHandler: Send + Sync {
    /// Commits the effects of the batch and returns one outcome for each message; an error means that nothing was committed.
    async fn handle_all(&self, batch: &[Arc<Envelope>]) -> StoreResult<Vec<Outcome>>;
}

/// Makes a [`Handler`] of a [`BatchHandler`].
pub struct Bisecting<H>(pub H);

#[async_trait]
impl<H: BatchHandler> Handler for Bisecting<H> {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        // Depth first, left half on top, so that outcomes come in the order of the messages.
        let mut todo: Vec<&[Arc<Envelope>]> = vec![&batch];
        while let Some(part) = todo.pop() {
            match self.0.handle_all(part).await {
                Ok(some) => outcomes.extend(one_each(some, part.len())),
                Err(StoreError::Unavailable(reason)) => {
                    // Smaller batches do not bring a store back.
                    outcomes.extend(part.iter().map(|_| Outcome::Retry(reason.clone())));
                }
                Err(error) if part.len() < 2 => outcomes.push(Outcome::Retry(error.to_string())),
                Err(_) => {
                    let (left, right) = part.split_at(part.len() / 2);
                    todo.push(right);
                    todo.push(left);
                }
            }
        }
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use contracts::Kind;
    use kernel::{MessageId, OrderId, SystemIds, Timestamp};

    struct RefusesNamed(&'static str);

    #[async_trait]
    impl BatchHandler for RefusesNamed {
        async fn handle_all(&self, batch: &[Arc<Envelope>]) -> StoreResult<Vec<Outcome>> {
            if batch.iter().any(|message| message.name == "forgotten") {
                return Ok(batch.iter().skip(1).map(|_| Outcome::Done).collect());
            }
            if batch.iter().any(|message| message.name == self.0) {
                return Err(StoreError::Corrupt("on purpose".to_owned()));
            }
            Ok(batch.iter().map(|_| Outcome::Done).collect())
        }
    }

    fn message(name: String) -> Arc<Envelope> {
        let ids = SystemIds::default();
        Arc::new(Envelope {
            id: MessageId::new(&ids),
            name,
            kind: Kind::Event,
            order: OrderId::new(&ids),
            time: Timestamp::from_millis(0),
            traceparent: None,
            body: Bytes::new(),
        })
    }

    #[tokio::test]
    async fn one_bad_message_among_many_fails_alone_and_outcomes_keep_their_places() {
        let batch = (0..100).map(|i| message(format!("m{i}"))).collect();
        let outcomes = Bisecting(RefusesNamed("m37")).handle(batch).await;
        assert_eq!(outcomes.len(), 100);
        for (i, outcome) in outcomes.iter().enumerate() {
            assert_eq!(
                matches!(outcome, Outcome::Retry(_)),
                i == 37,
                "{i}: {outcome:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_part_without_an_outcome_for_each_message_is_retried_and_shifts_no_other() {
        let names = ["forgotten", "a", "bad", "b"];
        let batch = names.map(|name| message(name.to_owned())).into();
        // All four: the outcomes that came may be anybody's.
        let outcomes = Bisecting(RefusesNamed("bad")).handle(batch).await;
        assert_eq!(outcomes.len(), 4);
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Outcome::Retry(_)))
        );
    }
}
