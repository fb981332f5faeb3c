//! Long reads of whole collections for audits, consistent as of one moment, without blocking writes.

use std::marker::PhantomData;

use super::decode;
use mongodb::bson::Document;
use mongodb::bson::raw::RawDocumentBuf;
use mongodb::options::SessionOptions;
use mongodb::{ClientSession, Database, SessionCursor};
use serde::de::DeserializeOwned;
use store::StoreResult;

/// One moment of a database: that of the first read. A server keeps it for five minutes unless configured to keep it longer
/// (`minSnapshotHistoryWindowInSeconds`).
pub struct Snapshot {
    database: Database,
    session: ClientSession,
}

impl Snapshot {
    /// Opens a snapshot of `database`, whether or not its service runs.
    ///
    /// # Errors
    /// A store error if no server answers.
    pub async fn open(database: &Database) -> StoreResult<Self> {
        let options = SessionOptions::builder().snapshot(true).build();
        let session = database
            .client()
            .start_session()
            .with_options(options)
            .await?;
        Ok(Self {
            database: database.clone(),
            session,
        })
    }

    /// The documents of `collection` that match `filter`, sorted by `sort`.
    ///
    /// # Errors
    /// A store error.
    pub async fn find<T>(
        &mut self,
        collection: &'static str,
        filter: Document,
        sort: Document,
    ) -> StoreResult<Rows<T>> {
        let cursor = self
            .database
            .collection::<RawDocumentBuf>(collection)
            .find(filter)
            .sort(sort)
            .session(&mut self.session)
            .await?;
        Ok(Rows::new(collection, cursor))
    }

    /// The result of running `pipeline` on `collection`. Sorts may spill to the server's disk.
    ///
    /// # Errors
    /// A store error.
    pub async fn aggregate<T>(
        &mut self,
        collection: &'static str,
        pipeline: Vec<Document>,
    ) -> StoreResult<Rows<T>> {
        let cursor = self
            .database
            .collection::<RawDocumentBuf>(collection)
            .aggregate(pipeline)
            .allow_disk_use(true)
            .with_type::<RawDocumentBuf>()
            .session(&mut self.session)
            .await?;
        Ok(Rows::new(collection, cursor))
    }
}

/// Documents, one at a time.
pub struct Rows<T> {
    collection: &'static str,
    cursor: SessionCursor<RawDocumentBuf>,
    row: PhantomData<fn() -> T>,
}

impl<T> Rows<T> {
    fn new(collection: &'static str, cursor: SessionCursor<RawDocumentBuf>) -> Self {
        Self {
            collection,
            cursor,
            row: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Rows<T> {
    /// The next one; one that does not decode is an error.
    ///
    /// # Errors
    /// A store error.
    pub async fn next(&mut self, snapshot: &mut Snapshot) -> StoreResult<Option<T>> {
        if !self.cursor.advance(&mut snapshot.session).await? {
            return Ok(None);
        }
        decode(self.collection, self.cursor.current()).map(Some)
    }
}
