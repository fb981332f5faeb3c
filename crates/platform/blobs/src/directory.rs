//! Blobs as files: `ab/abcd….jpg`. Several processes may share the directory.
//!
//! A file appears whole or not at all: it is written elsewhere, synced and renamed. Its time of modification is when it was last stored.
//! A deletion never takes a blob that is being stored again: the file is first renamed out of the way, and put back if it was touched
//! meanwhile. The process that touched it then checks that it is still in place, and otherwise writes it again. One of the two always
//! sees the other.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{BlobName, Timestamp};
use store::{StoreError, StoreResult};
use tokio::task::spawn_blocking;

use super::{BlobStore, Stored};

/// Where files are written before they get their names.
const INCOMING: &str = "incoming";
/// Where files are for the moment in which they are deleted.
const OUTGOING: &str = "outgoing";

/// A directory of blobs.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The blobs in `root`. It is created when the first one is stored; then only its owner can read it.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The file of `name`, relative to the directory.
    #[must_use]
    pub fn relative(name: &BlobName) -> PathBuf {
        let shard = name.as_str().get(..2).unwrap_or_default();
        Path::new(shard).join(name.as_str())
    }

    /// The file of `name`.
    #[must_use]
    pub fn path(&self, name: &BlobName) -> PathBuf {
        self.root.join(Self::relative(name))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> std::io::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let this = self.clone();
        let done = spawn_blocking(move || work(&this)).await;
        let failed = |error: &dyn std::fmt::Display| {
            StoreError::Unavailable(format!("the directory of blobs: {error}"))
        };
        done.map_err(|error| failed(&error))?
            .map_err(|error| failed(&error))
    }

    fn write(&self, name: &BlobName, bytes: &[u8], now: Timestamp) -> std::io::Result<()> {
        if self.touched(name, now)? {
            return Ok(());
        }
        let place = self.path(name);
        let shard = place.parent().unwrap_or(&self.root);
        for directory in [&self.root.join(INCOMING), shard] {
            create(directory)?;
        }
        let unique = RandomState::new().hash_one(name);
        let incoming = self
            .root
            .join(INCOMING)
            .join(format!("{name}.{unique:016x}"));
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&incoming)?;
        let written = file
            .write_all(bytes)
            .and_then(|()| file.set_modified(system(now)))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&incoming, &place));
        if let Err(error) = written {
            // The first error is the one to report; what cannot be removed now is tidied up later.
            if let Err(left) = fs::remove_file(&incoming) {
                tracing::warn!(%left, "{} is left behind", incoming.display());
            }
            return Err(error);
        }
        sync(shard)
    }

    /// Whether the blob is there; if so, it counts as stored at `now`.
    fn touched(&self, name: &BlobName, now: Timestamp) -> std::io::Result<bool> {
        let place = self.path(name);
        let Some(file) = found(OpenOptions::new().append(true).open(&place))? else {
            return Ok(false);
        };
        file.set_modified(system(now))?;
        // It may have been renamed since it was opened, before it had its new time.
        Ok(found(fs::metadata(&place))?.is_some())
    }

    fn remove(&self, name: &BlobName, before: Timestamp) -> std::io::Result<bool> {
        let place = self.path(name);
        match found(fs::metadata(&place))? {
            Some(metadata) if metadata.modified()? < system(before) => {}
            Some(_) | None => return Ok(false),
        }
        create(&self.root.join(OUTGOING))?;
        let outgoing = self.root.join(OUTGOING).join(name.as_str());
        if found(fs::rename(&place, &outgoing))?.is_none() {
            return Ok(false);
        }
        if fs::metadata(&outgoing)?.modified()? >= system(before) {
            self.put_back(name, &outgoing)?;
            return Ok(false);
        }
        fs::remove_file(&outgoing)?;
        Ok(true)
    }

    fn put_back(&self, name: &BlobName, outgoing: &Path) -> std::io::Result<()> {
        let place = self.path(name);
        // Another process may have stored it meanwhile: the contents are the same.
        fs::rename(outgoing, &place)?;
        sync(place.parent().unwrap_or(&self.root))
    }

    fn names(&self, after: Option<&BlobName>, limit: usize) -> std::io::Result<Vec<Stored>> {
        let first = after.map_or("", |after| after.as_str().get(..2).unwrap_or_default());
        let mut shards = entries(&self.root)?;
        shards.retain(|shard| shard.len() == 2 && shard.as_str() >= first);
        let mut listed = Vec::new();
        for shard in shards {
            let directory = self.root.join(shard);
            for entry in entries(&directory)? {
                let Ok(name) = entry.parse::<BlobName>() else {
                    tracing::warn!("{} is no blob", directory.join(entry).display());
                    continue;
                };
                if listed.len() == limit {
                    return Ok(listed);
                }
                if after.is_some_and(|after| name <= *after) {
                    continue;
                }
                // It may have been deleted meanwhile.
                if let Some(metadata) = found(fs::metadata(directory.join(entry)))? {
                    let at = timestamp(metadata.modified()?);
                    listed.push(Stored { name, at });
                }
            }
        }
        Ok(listed)
    }

    fn tidied(&self, before: Timestamp) -> std::io::Result<()> {
        for entry in entries(&self.root.join(OUTGOING))? {
            if let Ok(name) = entry.parse::<BlobName>() {
                self.put_back(&name, &self.root.join(OUTGOING).join(entry))?;
            }
        }
        for entry in entries(&self.root.join(INCOMING))? {
            let path = self.root.join(INCOMING).join(entry);
            let Some(metadata) = found(fs::metadata(&path))? else {
                continue;
            };
            if metadata.modified()? < system(before) {
                found(fs::remove_file(path))?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl BlobStore for Directory {
    async fn put(&self, name: &BlobName, bytes: Bytes, now: Timestamp) -> StoreResult<()> {
        let name = name.clone();
        self.run(move |this| this.write(&name, &bytes, now)).await
    }

    async fn get(&self, name: &BlobName) -> StoreResult<Option<Bytes>> {
        let path = self.path(name);
        self.run(move |_| Ok(found(fs::read(path))?.map(Bytes::from)))
            .await
    }

    async fn touch(&self, name: &BlobName, now: Timestamp) -> StoreResult<()> {
        let name = name.clone();
        self.run(move |this| this.touched(&name, now).map(drop))
            .await
    }

    async fn delete(&self, name: &BlobName, before: Timestamp) -> StoreResult<bool> {
        let name = name.clone();
        self.run(move |this| this.remove(&name, before)).await
    }

    async fn list(&self, after: Option<&BlobName>, limit: usize) -> StoreResult<Vec<Stored>> {
        let after = after.cloned();
        self.run(move |this| this.names(after.as_ref(), limit))
            .await
    }

    async fn tidy(&self, before: Timestamp) -> StoreResult<()> {
        self.run(move |this| this.tidied(before)).await
    }
}

/// None for what is not there.
fn found<T>(outcome: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names in a directory, sorted. None are in one that does not exist.
fn entries(directory: &Path) -> std::io::Result<Vec<String>> {
    let Some(read) = found(fs::read_dir(directory))? else {
        return Ok(Vec::new());
    };
    let names = read.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<std::io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

/// Creates the directory, if it does not exist, and those that it is in; durably.
fn create(directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory)?;
    directory.parent().map_or(Ok(()), sync)
}

/// Makes what was created or renamed in the directory durable.
fn sync(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}

fn system(at: Timestamp) -> SystemTime {
    let since = Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or(0));
    UNIX_EPOCH + since
}

fn timestamp(at: SystemTime) -> Timestamp {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(0).plus(since)
}
