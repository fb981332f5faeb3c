//! Streams of documents, all as they were at one moment.

use std::marker::PhantomData;

use chassis::mongo::bson::Document;
use chassis::mongo::bson::raw::RawDocumentBuf;
use chassis::mongo::decode;
use chassis::mongo::mongodb::options::SessionOptions;
use chassis::mongo::mongodb::{ClientSession, Database, SessionCursor};
use chassis::store::StoreResult;
use serde::de::DeserializeOwned;

/// One moment of a database: that of the first read.
pub(super) struct Snapshot {
    database: Database,
    session: ClientSession,
}

impl Snapshot {
    pub(super) async fn open(database: &Database) -> StoreResult<Self> {
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

    /// The documents of `collection` that fit `filter`, in the order of `sort`.
    pub(super) async fn find<T>(
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

    /// What `pipeline` makes of `collection`. What it sorts may go to the server's disk.
    pub(super) async fn aggregate<T>(
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
pub(super) struct Rows<T> {
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
    pub(super) async fn next(&mut self, snapshot: &mut Snapshot) -> StoreResult<Option<T>> {
        if !self.cursor.advance(&mut snapshot.session).await? {
            return Ok(None);
        }
        decode(self.collection, self.cursor.current()).map(Some)
    }
}
