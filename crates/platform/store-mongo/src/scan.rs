//! Reads all records of a kind, for backups and moves.

use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Document, Timestamp, doc};
use mongodb::options::{ReadConcern, SessionOptions};
use mongodb::{Client, ClientSession, Database};
use store::{Kind, PointInTime, Producer, Scan, StoreError, StoreResult};

use super::layout::Layout;
use super::mongo::Mongo;

/// Starts a scan: at a moment, or of what a majority has committed.
pub(super) fn start(store: &Mongo, kind: Kind, at: Option<PointInTime>) -> StoreResult<Scan> {
    let layout = store.records.layout(kind)?;
    let store = store.clone();
    let (mut producer, scan) = Scan::new();
    tokio::spawn(async move {
        let outcome = match store.database().await {
            Ok(database) => feed(&database, layout, at, &mut producer).await,
            Err(error) => Err(error),
        };
        producer.end(outcome).await;
    });
    Ok(scan)
}

async fn feed(
    database: &Database,
    layout: Layout,
    at: Option<PointInTime>,
    producer: &mut Producer,
) -> StoreResult<()> {
    let collection = database.collection::<RawDocumentBuf>(layout.collection);
    let find = collection
        .find(Document::new())
        .sort((layout.scan_order)())
        .allow_disk_use(true);
    let Some(at) = at else {
        let mut cursor = find.read_concern(ReadConcern::majority()).await?;
        while cursor.advance().await? {
            add(layout, cursor.current(), producer).await?;
        }
        return Ok(());
    };
    let mut session = session(database.client(), Some(at)).await?;
    let mut cursor = find.session(&mut session).await?;
    while cursor.advance(&mut session).await? {
        add(layout, cursor.current(), producer).await?;
    }
    Ok(())
}

async fn add(layout: Layout, document: &RawDocument, producer: &mut Producer) -> StoreResult<()> {
    for record in (layout.decode_all)(document)? {
        if let Some(full) = producer.add(record, document.as_bytes().len()) {
            producer.send(full).await?;
        }
    }
    Ok(())
}

/// The moment that a snapshot has which begins now. A server can read at it for five minutes, unless it is configured to keep the past
/// for longer (`minSnapshotHistoryWindowInSeconds`).
pub(super) async fn moment(database: &Database) -> StoreResult<PointInTime> {
    let mut session = session(database.client(), None).await?;
    // The first read sets it.
    database
        .collection::<Document>("imports")
        .find_one(doc! {})
        .session(&mut session)
        .await?;
    let at = session.snapshot_time().ok_or_else(|| {
        StoreError::Unavailable("the server did not say at which moment it read".to_owned())
    })?;
    Ok(PointInTime {
        seconds: at.time,
        increment: at.increment,
    })
}

async fn session(client: &Client, at: Option<PointInTime>) -> StoreResult<ClientSession> {
    let options = SessionOptions::builder()
        .snapshot(true)
        .snapshot_time(at.map(|at| Timestamp {
            time: at.seconds,
            increment: at.increment,
        }))
        .build();
    Ok(client.start_session().with_options(options).await?)
}
