//! Blobs: files that never change, each named after its contents ([`BlobName`]). What they are, and who names them, is not known here.
//!
//! A blob is written before the row that names it, and removed when no row has named it for a while: a row never names a blob that is not
//! there. Two stores pass one contract: a directory, which replicas may share, and a bucket of S3 (feature `s3`).

mod directory;
mod place;
#[cfg(feature = "s3")]
mod s3;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{BlobName, Timestamp};
use sha2::{Digest as _, Sha256};
use store::StoreResult;

pub use directory::Directory;
pub use place::{check, open};

/// A store of blobs.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores `bytes` under `name`, which must be theirs ([`name_of`]), durably and as a whole. One that is there already stays, and counts
    /// as stored at `now`.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be stored.
    async fn put(&self, name: &BlobName, bytes: Bytes, now: Timestamp) -> StoreResult<()>;

    /// The contents of `name`. None if there is no such blob.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be read.
    async fn get(&self, name: &BlobName) -> StoreResult<Option<Bytes>>;

    /// Lets `name` count as stored at `now`, if it is there.
    ///
    /// # Errors
    /// `Unavailable` if that cannot be noted.
    async fn touch(&self, name: &BlobName, now: Timestamp) -> StoreResult<()>;

    /// Deletes `name` if it was stored before `before`. Returns whether it did.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be deleted.
    async fn delete(&self, name: &BlobName, before: Timestamp) -> StoreResult<bool>;

    /// At most `limit` blobs in the order of their names, from the one after `after` on.
    ///
    /// # Errors
    /// `Unavailable` if they cannot be listed.
    async fn list(&self, after: Option<&BlobName>, limit: usize) -> StoreResult<Vec<Stored>>;

    /// Removes what interrupted writes and deletions before `before` have left. For one process at a time.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be removed.
    async fn tidy(&self, before: Timestamp) -> StoreResult<()>;
}

/// A blob in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub name: BlobName,
    /// When it was last stored or touched.
    pub at: Timestamp,
}

/// A store that several parts of a process share.
pub type SharedBlobs = Arc<dyn BlobStore>;

/// The name of `bytes`.
#[must_use]
pub fn name_of(bytes: &[u8], extension: &'static str) -> BlobName {
    BlobName::of_digest(Sha256::digest(bytes).into(), extension)
}

/// Copies every blob of `from` into `to`. Returns how many there are. Repeating it is harmless.
///
/// # Errors
/// The first error of either store.
pub async fn copy_all(
    from: &dyn BlobStore,
    to: &dyn BlobStore,
    now: Timestamp,
) -> StoreResult<usize> {
    /// Blobs listed at a time.
    const BATCH: usize = 500;
    let (mut count, mut after) = (0, None);
    loop {
        let batch = from.list(after.as_ref(), BATCH).await?;
        for stored in &batch {
            if let Some(bytes) = from.get(&stored.name).await? {
                to.put(&stored.name, bytes, now).await?;
                count += 1;
            }
        }
        if batch.len() < BATCH {
            return Ok(count);
        }
        after = batch.into_iter().next_back().map(|stored| stored.name);
    }
}
