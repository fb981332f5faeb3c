//! A backup of the databases: a directory with a file for each kind of record of each service, and a manifest with their sizes and
//! checksums. A file holds one BSON document after the other, as the tools of MongoDB write them.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use blobs::BlobStore;
use kernel::Timestamp;
use sha2::{Digest as _, Sha256};
use store::{Codec, Kind, PointInTime, Producer, Scan, Store, StoreError, StoreResult};

use super::copy::Source;
use crate::backup::manifest::{Entry, Manifest, NAME};
use crate::backup::staging::create_private;

/// Most bytes of a record: MongoDB's own limit.
const LONGEST: usize = 16 << 20;

fn file_name(service: &str, kind: Kind) -> String {
    format!("{service}.{}.bson", kind.name.replace(' ', "-"))
}

/// Writes what the stores have at one moment to the new directory `dir`, and then the pictures. The manifest comes last.
///
/// # Errors
/// If a store cannot be read or a file cannot be written.
pub(crate) async fn write(
    stores: &[(&'static str, Store)],
    pictures: Option<&dyn BlobStore>,
    dir: &Path,
    now: Timestamp,
) -> anyhow::Result<Manifest> {
    let (_, any) = stores.first().context("no store")?;
    let moment = any.moment().await?;
    let mut files = Vec::new();
    for (service, store) in stores {
        for kind in store.kinds() {
            let name = file_name(service, kind);
            let path = dir.join(&name);
            let written = write_kind(store, kind, moment, &path, name).await;
            files.push(written.with_context(|| format!("{}", path.display()))?);
        }
    }
    if let Some(pictures) = pictures {
        files.extend(super::pictures::write(pictures, dir).await?);
    }
    let manifest = Manifest::new(now, None, files);
    manifest.write(&dir.join(NAME))?;
    Ok(manifest)
}

async fn write_kind(
    store: &Store,
    kind: Kind,
    at: PointInTime,
    path: &Path,
    name: String,
) -> anyhow::Result<Entry> {
    let codec = store.codec().context("this engine has no such backup")?;
    let mut file = BufWriter::new(create_private(path)?);
    let mut scan = store.scan(kind, Some(at))?;
    let (mut hash, mut records, mut bytes) = (Sha256::new(), 0, 0);
    while let Some(batch) = scan.next().await? {
        for record in &batch {
            let document = codec.encode(kind, record)?;
            hash.update(&document);
            file.write_all(&document)?;
            records += 1;
            bytes += u64::try_from(document.len())?;
        }
    }
    file.into_inner()?.sync_all()?;
    Ok(Entry {
        path: name,
        records: Some(records),
        bytes,
        sha256: format!("{:x}", hash.finalize()),
    })
}

/// A backup that is read.
pub(crate) struct Backup {
    pub(super) dir: PathBuf,
    pub(crate) manifest: Manifest,
}

/// The records of one service in a backup.
pub(crate) struct OfService<'a> {
    backup: &'a Backup,
    service: &'static str,
    codec: Arc<dyn Codec>,
    kinds: Vec<Kind>,
}

impl Backup {
    /// The backup in `dir`, if each of its files is what was written.
    ///
    /// # Errors
    /// If it is not.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let manifest = Manifest::in_directory(dir)?;
        for listed in &manifest.files {
            let mut found = Entry::of(dir, &listed.path)?;
            found.records = listed.records;
            ensure!(
                found == *listed,
                "the backup is damaged: {} is not what was written",
                listed.path
            );
        }
        Ok(Self {
            dir: dir.to_owned(),
            manifest,
        })
    }

    /// What it holds of `service`, whose records are read as `store` keeps them.
    ///
    /// # Errors
    /// If `store` has no such form, or keeps records that have no file.
    pub(crate) fn of(&self, service: &'static str, store: &Store) -> anyhow::Result<OfService<'_>> {
        let codec = store.codec().context("this engine has no such backup")?;
        for kind in store.kinds() {
            let name = file_name(service, kind);
            let is_there = self.manifest.files.iter().any(|file| file.path == name);
            ensure!(is_there, "the backup has no {name}");
        }
        Ok(OfService {
            backup: self,
            service,
            codec,
            kinds: store.kinds(),
        })
    }
}

impl Source for OfService<'_> {
    fn kinds(&self) -> Vec<Kind> {
        self.kinds.clone()
    }

    fn scan(&self, kind: Kind) -> StoreResult<Scan> {
        let path = self.backup.dir.join(file_name(self.service, kind));
        let codec = self.codec.clone();
        let (mut producer, scan) = Scan::new();
        std::thread::Builder::new()
            .name("backup".to_owned())
            .spawn(move || {
                let outcome = read(&path, kind, &*codec, &mut producer);
                producer.end_blocking(outcome);
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(scan)
    }
}

fn read(path: &Path, kind: Kind, codec: &dyn Codec, producer: &mut Producer) -> StoreResult<()> {
    let unreadable =
        |error: std::io::Error| StoreError::Corrupt(format!("{}: {error}", path.display()));
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    while let Some(document) = next(&mut file).map_err(unreadable)? {
        let record = codec.decode(kind, &document)?;
        if let Some(full) = producer.add(record, document.len()) {
            producer.send_blocking(full)?;
        }
    }
    Ok(())
}

/// The next document: its first four bytes are its length.
fn next(file: &mut impl std::io::BufRead) -> std::io::Result<Option<Vec<u8>>> {
    if file.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    let size = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if !(length.len()..=LONGEST).contains(&size) {
        return Err(std::io::Error::other(format!("a document of {size} bytes")));
    }
    let mut document = vec![0; size];
    let (head, tail) = document.split_at_mut(length.len());
    head.copy_from_slice(&length);
    file.read_exact(tail)?;
    Ok(Some(document))
}
