//! A service's database, as its use cases see it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::observer::Observed;
use crate::outbox::Outbox;
use crate::record::{AnyRecord, Kind, Record, Value, record_of};
use crate::{
    Codec, Database, DeadLetter, DeadLetterPlace, Import, Leases, Observer, PointInTime, Scan,
    StoreError, StoreResult, Tx, WriteNumber,
};
use kernel::Timestamp;

/// Runs writes in transactions and reads single records. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Arc<dyn Database>,
    observer: Option<Arc<dyn Observer>>,
}

impl Store {
    /// The store on `database`.
    #[must_use]
    pub fn new(database: Arc<dyn Database>) -> Self {
        Self {
            database,
            observer: None,
        }
    }

    /// This store, whose writes tell `observer` what they save.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn Observer>) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// Runs `work` in a transaction and returns its result once that is durable. Writes that are queued at the same time are committed
    /// together; one that fails is undone and does not affect the others. See [`Tx`] for what `work` may do.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Unavailable`] if the store cannot be reached or is overloaded.
    pub async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let result = Arc::new(Mutex::new(None));
        let slot = result.clone();
        let (number, observer) = (WriteNumber::next(), self.observer.clone());
        let written = self
            .database
            .write(Box::new(move |tx| {
                let value = match &observer {
                    None => work(tx)?,
                    Some(observer) => work(&mut Tx::new(&mut Observed {
                        engine: tx.engine(),
                        observer: &**observer,
                        write: number,
                    }))?,
                };
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            }))
            .await;
        if let Some(observer) = &self.observer {
            observer.ended(number);
        }
        written?;
        let value = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| StoreError::Unavailable("the write did not run".to_owned()))
    }

    /// The committed record `key`. Concurrent reads may share a query.
    ///
    /// # Errors
    /// A store error.
    pub async fn get<R: Record>(&self, key: &R::Key) -> StoreResult<Option<Arc<R>>> {
        let found = self
            .database
            .get(Kind::of::<R>(), Box::new(key.clone()))
            .await?;
        found.map(record_of::<R>).transpose()
    }

    /// At most `limit` committed records whose indexed `field` is `value`, in any order.
    ///
    /// # Errors
    /// A store error.
    pub async fn find_by<R: Record>(
        &self,
        field: &'static str,
        value: impl Into<Value>,
        limit: usize,
    ) -> StoreResult<Vec<Arc<R>>> {
        let found = self
            .database
            .find_by(Kind::of::<R>(), field, value.into(), limit)
            .await?;
        found.into_iter().map(record_of::<R>).collect()
    }

    /// The records that exist, in the order of `keys`.
    ///
    /// # Errors
    /// A store error.
    pub async fn get_many<R: Record>(&self, keys: &[R::Key]) -> StoreResult<Vec<Arc<R>>> {
        let found = futures_util::future::try_join_all(keys.iter().map(|key| self.get::<R>(key)));
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// Deletes a bounded number of inbox rows and stored answers that have expired at `now`. Returns whether more may be left.
    ///
    /// # Errors
    /// A store error.
    pub async fn forget(&self, now: Timestamp) -> StoreResult<bool> {
        self.database.forget(now).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not.
    pub async fn ping(&self) -> StoreResult<()> {
        self.database.ping().await
    }

    /// Whether the database takes writes: its disk has room and is not read-only, its primary commits. Cheap while writes succeed. After one
    /// was refused, or none was tried for a minute, it writes a little itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not.
    pub async fn check_writes(&self) -> StoreResult<()> {
        self.database.check_writes().await
    }

    /// At most `most` messages that the relay gave up. See [`DeadLetters`](crate::DeadLetters).
    pub(crate) async fn dead_letters_after(
        &self,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> StoreResult<Vec<DeadLetter>> {
        self.database.dead_letters(after, most).await
    }

    /// The committed messages, for the relay.
    #[must_use]
    pub fn outbox(&self) -> Arc<dyn Outbox> {
        self.database.outbox()
    }

    /// Leases that the service's replicas share. None if there can be only one replica.
    #[must_use]
    pub fn leases(&self) -> Option<Arc<dyn Leases>> {
        self.database.leases()
    }

    /// The kinds of records, each after those that it refers to.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        self.database.kinds()
    }

    /// All committed records of `kind`, for a backup or a move: at the moment `at`, or, if it is None, while nothing writes.
    ///
    /// # Errors
    /// A store error.
    pub fn scan(&self, kind: Kind, at: Option<PointInTime>) -> StoreResult<Scan> {
        self.database.scan(kind, at)
    }

    /// The present moment, for scans of this database and of others on the same servers.
    ///
    /// # Errors
    /// A store error.
    pub async fn moment(&self) -> StoreResult<PointInTime> {
        self.database.moment().await
    }

    /// How the engine keeps a record as one piece. None if it does not.
    #[must_use]
    pub fn codec(&self) -> Option<Arc<dyn Codec>> {
        self.database.codec()
    }

    /// This store, for an import. Use it before anything else has used the store.
    #[must_use]
    pub fn for_import(self) -> Self {
        self.database.for_import();
        self
    }

    /// Adds the records of an import, and saves with them how far it has come.
    ///
    /// # Errors
    /// A store error; [`StoreError::Duplicate`] if a record is there already.
    pub async fn import(
        &self,
        kind: Kind,
        records: Vec<AnyRecord>,
        progress: Import,
    ) -> StoreResult<()> {
        self.write(move |tx| {
            for record in &records {
                tx.insert_any(kind, record.clone())?;
            }
            tx.put(progress.clone())
        })
        .await
    }
}
