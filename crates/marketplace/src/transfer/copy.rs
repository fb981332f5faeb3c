//! Brings one service's records into an empty store, in batches, each with a note of how far it has come. Killed and started again, it
//! goes on from that note. When all are there, both sides are read again and compared.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use kernel::Timestamp;
use store::{Codec, Import, Kind, Scan, Store, StoreResult};

use super::tally::Tally;

/// Where records come from. It does not change meanwhile.
pub(crate) trait Source {
    /// The kinds of records that it has.
    fn kinds(&self) -> Vec<Kind>;
    /// All records of a kind, always in the same order.
    fn scan(&self, kind: Kind) -> StoreResult<Scan>;
}

impl Source for Store {
    fn kinds(&self) -> Vec<Kind> {
        self.kinds()
    }

    fn scan(&self, kind: Kind) -> StoreResult<Scan> {
        self.scan(kind, None)
    }
}

/// Brings all records of `source`, which is called `from`, into `to`, and verifies them. Returns what there is. An import that was finished
/// before is left alone; then there is nothing to return.
///
/// # Errors
/// If `to` holds anything that is not of an unfinished import from there, something fails, or what arrived is not what was sent.
pub(crate) async fn bring(
    source: &dyn Source,
    to: &Store,
    from: &str,
    codec: &dyn Codec,
) -> anyhow::Result<Option<Vec<Tally>>> {
    let kinds = to.kinds();
    let mut known = source.kinds();
    known.retain(|kind| !kinds.contains(kind));
    ensure!(known.is_empty(), "it cannot hold {known:?}");
    let Some(mut import) = begin(to, from).await? else {
        return Ok(None);
    };
    let mut sent = Vec::new();
    for (place, kind) in kinds.iter().enumerate() {
        let current = kinds.iter().position(|kind| kind.name == import.kind);
        let done = match current.map(|current| place.cmp(&current)) {
            // All of it.
            Some(std::cmp::Ordering::Less) => i64::MAX,
            Some(std::cmp::Ordering::Equal) => import.records,
            Some(std::cmp::Ordering::Greater) | None => 0,
        };
        sent.push(bring_kind(source, to, *kind, done, &mut import, codec).await?);
    }
    for tally in &sent {
        let arrived = count(to, tally.kind, codec).await?;
        ensure!(
            arrived == *tally,
            "{} of {} records of the kind {:?} were sent, and {} arrived, or not as they were: the source has changed meanwhile; \
             drop what was brought and begin again",
            tally.records,
            from,
            tally.kind.name,
            arrived.records
        );
    }
    Ok(Some(sent))
}

/// Declares that everything is there: from now on the service may start.
///
/// # Errors
/// A store error.
pub(crate) async fn finish(to: &Store, now: Timestamp) -> anyhow::Result<()> {
    let import = to.get::<Import>(&Import::ID.to_owned()).await?;
    let mut import = Arc::unwrap_or_clone(import.context("there is no import to finish")?);
    import.finished_at.get_or_insert(now);
    Ok(to.write(move |tx| tx.put(import.clone())).await?)
}

/// The import to go on with. None if it is finished.
async fn begin(to: &Store, from: &str) -> anyhow::Result<Option<Import>> {
    if let Some(import) = to.get::<Import>(&Import::ID.to_owned()).await? {
        ensure!(
            import.source == from,
            "it holds what was brought from {}, not from {from}",
            import.source
        );
        let import = Arc::unwrap_or_clone(import);
        return Ok(import.finished_at.is_none().then_some(import));
    }
    for kind in to.kinds() {
        if to.scan(kind, None)?.next().await?.is_some() {
            bail!("it is not empty: there is a {}", kind.name);
        }
    }
    let import = Import::begin(from);
    let noted = import.clone();
    to.write(move |tx| tx.put(noted.clone())).await?;
    Ok(Some(import))
}

/// Brings the records of a kind of which `done` are there.
async fn bring_kind(
    source: &dyn Source,
    to: &Store,
    kind: Kind,
    done: i64,
    import: &mut Import,
    codec: &dyn Codec,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::of(kind);
    let mut scan = source.scan(kind)?;
    let mut seen: i64 = 0;
    while let Some(batch) = scan.next().await? {
        for record in &batch {
            tally.add(codec, record)?;
        }
        let mut fresh = Vec::with_capacity(batch.len());
        for record in batch {
            seen += 1;
            if seen > done {
                fresh.push(record);
            }
        }
        if !fresh.is_empty() {
            kind.name.clone_into(&mut import.kind);
            import.records = seen;
            to.import(kind, fresh, import.clone()).await?;
        }
    }
    Ok(tally)
}

/// What `store` has of a kind.
pub(super) async fn count(store: &Store, kind: Kind, codec: &dyn Codec) -> StoreResult<Tally> {
    let mut tally = Tally::of(kind);
    let mut scan = store.scan(kind, None)?;
    while let Some(batch) = scan.next().await? {
        for record in &batch {
            tally.add(codec, record)?;
        }
    }
    Ok(tally)
}
