//! Lists dead letters and sends them again, for operators.

use async_trait::async_trait;
use kernel::MessageId;
use uuid::Uuid;

use crate::{DeadLetter, Store, StoreResult};

/// A place in a list of dead letters: when one died, in milliseconds, and its message.
pub type DeadLetterPlace = (i64, Uuid);

impl DeadLetter {
    /// Its place in a list.
    #[must_use]
    pub fn place(&self) -> DeadLetterPlace {
        (self.died_at.as_millis(), self.envelope.id.as_uuid())
    }
}

/// Where dead letters are kept.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// At most `most` dead letters, the oldest first, after `after`.
    ///
    /// # Errors
    /// A store error, also where a broker keeps them.
    async fn dead_letters(
        &self,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> StoreResult<Vec<DeadLetter>>;

    /// Replays the dead letter `message`, or all of them if None. Returns how many.
    ///
    /// # Errors
    /// A store error, also where a broker keeps them. Those that were sent again before it stay so.
    async fn replay(&self, message: Option<MessageId>) -> StoreResult<usize>;
}

/// Dead letters that are handled together.
const BATCH: usize = 100;

/// Those of the outbox.
#[async_trait]
impl DeadLetters for Store {
    async fn dead_letters(
        &self,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> StoreResult<Vec<DeadLetter>> {
        self.dead_letters_after(after, most).await
    }

    async fn replay(&self, message: Option<MessageId>) -> StoreResult<usize> {
        let chosen = match message {
            Some(message) => vec![message],
            // All are found before the first is sent: one may die again at once.
            None => all(self).await?,
        };
        let mut replayed = 0;
        for batch in chosen.chunks(BATCH) {
            replayed += send_again(self, batch.to_vec()).await?;
        }
        Ok(replayed)
    }
}

async fn all(store: &Store) -> StoreResult<Vec<MessageId>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.dead_letters_after(after, BATCH).await?;
        found.extend(page.iter().map(|letter| letter.envelope.id));
        match page.last() {
            Some(last) if page.len() == BATCH => after = Some(last.place()),
            Some(_) | None => return Ok(found),
        }
    }
}

/// Moves dead letters back to the outbox. One that another operator has replayed meanwhile is passed over.
async fn send_again(store: &Store, messages: Vec<MessageId>) -> StoreResult<usize> {
    store
        .write(move |tx| {
            tx.want::<DeadLetter>(messages.iter().copied())?;
            let mut replayed = 0;
            for message in &messages {
                if let Some(letter) = tx.get::<DeadLetter>(message)? {
                    tx.delete::<DeadLetter>(message)?;
                    tx.send(letter.envelope.clone())?;
                    replayed += 1;
                }
            }
            Ok(replayed)
        })
        .await
}
