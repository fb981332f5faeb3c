//! Long reads of more than one collection, all as they were at one moment.

use std::marker::PhantomData;

use chassis::mongo::bson::Document;
use chassis::mongo::bson::raw::RawDocumentBuf;
use chassis::mongo::mongodb::{ClientSession, Database, SessionCursor};
use chassis::mongo::{Mongo, decode};
use chassis::store::StoreResult;
use serde::de::DeserializeOwned;

/// A moment. The server keeps it for five minutes, unless it is told to keep more (`minSnapshotHistoryWindowInSeconds`).
pub(super) struct Snapshot {
    database: Database,
    session: ClientSession,
}

impl Snapshot {
    /// The moment of the first read.
    pub(super) async fn take(store: &Mongo) -> StoreResult<Self> {
        let database = store.database().await?;
        let session = database.client().start_session().snapshot(true).await?;
        Ok(Self { database, session })
    }

    /// What an aggregation of `collection` gives, one row at a time.
    pub(super) async fn rows<T: DeserializeOwned>(
        &mut self,
        collection: &'static str,
        stages: Vec<Document>,
    ) -> StoreResult<Rows<T>> {
        let cursor = self
            .database
            .collection::<RawDocumentBuf>(collection)
            .aggregate(stages)
            .allow_disk_use(true)
            .with_type::<RawDocumentBuf>()
            .session(&mut self.session)
            .await?;
        Ok(Rows {
            collection,
            cursor,
            row: PhantomData,
        })
    }
}

/// The rows of one aggregation.
pub(super) struct Rows<T> {
    collection: &'static str,
    cursor: SessionCursor<RawDocumentBuf>,
    row: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Rows<T> {
    /// The next one.
    pub(super) async fn next(&mut self, snapshot: &mut Snapshot) -> StoreResult<Option<T>> {
        if self.cursor.advance(&mut snapshot.session).await? {
            decode(self.collection, self.cursor.current()).map(Some)
        } else {
            Ok(None)
        }
    }
}
