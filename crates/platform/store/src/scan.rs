//! Reads all records of a kind, outside transactions: for backups and moves to another engine.

use tokio::sync::mpsc;

use crate::record::AnyRecord;
use crate::{StoreError, StoreResult};

/// All records of one kind, in an order that is the same each time, in batches of bounded size. Its producer is one batch ahead.
pub struct Scan(mpsc::Receiver<StoreResult<Vec<AnyRecord>>>);

impl Scan {
    /// A scan, and what produces it.
    #[must_use]
    pub fn new() -> (Producer, Self) {
        let (batches, received) = mpsc::channel(1);
        let producer = Producer {
            batches,
            batch: Vec::new(),
            bytes: 0,
        };
        (producer, Self(received))
    }

    /// The next batch. None after the last one.
    ///
    /// # Errors
    /// A store error; [`StoreError::Corrupt`] for a record that does not decode.
    pub async fn next(&mut self) -> StoreResult<Option<Vec<AnyRecord>>> {
        match self.0.recv().await {
            Some(Ok(batch)) if batch.is_empty() => Ok(None),
            Some(batch) => batch.map(Some),
            // A producer that panicked must not look like the end.
            None => Err(StoreError::Unavailable("the scan was given up".to_owned())),
        }
    }
}

/// Collects the records of a [`Scan`] into batches.
pub struct Producer {
    batches: mpsc::Sender<StoreResult<Vec<AnyRecord>>>,
    batch: Vec<AnyRecord>,
    bytes: usize,
}

impl Producer {
    /// Most records in a batch.
    const RECORDS: usize = 500;
    /// Size from which a batch is full: well below what one command of a database may have.
    const BYTES: usize = 4 << 20;

    /// Adds a record of about `bytes`. Returns a batch to send, if it is full.
    #[must_use]
    pub fn add(&mut self, record: AnyRecord, bytes: usize) -> Option<Vec<AnyRecord>> {
        self.batch.push(record);
        self.bytes += bytes;
        let is_full = self.batch.len() >= Self::RECORDS || self.bytes >= Self::BYTES;
        is_full.then(|| {
            self.bytes = 0;
            std::mem::take(&mut self.batch)
        })
    }

    /// Sends a batch.
    ///
    /// # Errors
    /// If the reader of the scan is gone.
    pub async fn send(&self, batch: Vec<AnyRecord>) -> StoreResult<()> {
        self.batches.send(Ok(batch)).await.map_err(|_| left())
    }

    /// Does the same on a thread of the producer's own.
    ///
    /// # Errors
    /// As [`Producer::send`].
    pub fn send_blocking(&self, batch: Vec<AnyRecord>) -> StoreResult<()> {
        self.batches.blocking_send(Ok(batch)).map_err(|_| left())
    }

    /// Sends what is left, and that it is all, or why it is not.
    pub async fn end(self, outcome: StoreResult<()>) {
        for last in self.rest(outcome) {
            // The reader may be gone.
            drop(self.batches.send(last).await);
        }
    }

    /// Does the same on a thread of the producer's own.
    pub fn end_blocking(self, outcome: StoreResult<()>) {
        for last in self.rest(outcome) {
            drop(self.batches.blocking_send(last));
        }
    }

    fn rest(&self, outcome: StoreResult<()>) -> Vec<StoreResult<Vec<AnyRecord>>> {
        match outcome {
            Err(error) => vec![Err(error)],
            Ok(()) if self.batch.is_empty() => vec![Ok(Vec::new())],
            Ok(()) => vec![Ok(self.batch.clone()), Ok(Vec::new())],
        }
    }
}

fn left() -> StoreError {
    StoreError::Unavailable("nobody reads the scan any more".to_owned())
}

/// A moment at which several databases on the same servers can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointInTime {
    /// Seconds since the epoch.
    pub seconds: u32,
    /// The operation within that second.
    pub increment: u32,
}
