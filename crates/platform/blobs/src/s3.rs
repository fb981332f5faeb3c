//! Blobs in a bucket of S3, or of what speaks like it: `PREFIX/abcd….jpg`.
//!
//! The environment has what the vendor's own tools read: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`,
//! and `AWS_ALLOW_HTTP=true` for an endpoint without TLS. A bucket deletes whatever it is told to, however new: see [`Bucket::delete`].

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use kernel::{BlobName, Timestamp};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore as _};
use store::{StoreError, StoreResult};

use super::{BlobStore, Stored};

/// A prefix in a bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    store: AmazonS3,
    prefix: Path,
}

impl Bucket {
    /// Opens `BUCKET/PREFIX`. Nothing is asked of the bucket yet.
    pub(super) fn open(place: &str) -> Result<Self, String> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        Ok(Self {
            store: builder
                .build()
                .map_err(|error| format!("it is {place}; {error}"))?,
            prefix: Path::parse(prefix.trim_end_matches('/'))
                .map_err(|error| format!("it is {place}; {error}"))?,
        })
    }

    fn path(&self, name: &BlobName) -> Path {
        self.prefix.child(name.as_str())
    }
}

#[async_trait]
impl BlobStore for Bucket {
    async fn put(&self, name: &BlobName, bytes: Bytes, _now: Timestamp) -> StoreResult<()> {
        // Also if it is there: then it counts as new.
        let put = self.store.put(&self.path(name), bytes.into()).await;
        put.map(drop).map_err(failed)
    }

    async fn get(&self, name: &BlobName) -> StoreResult<Option<Bytes>> {
        match found(self.store.get(&self.path(name)).await)? {
            Some(answer) => answer.bytes().await.map(Some).map_err(failed),
            None => Ok(None),
        }
    }

    async fn touch(&self, name: &BlobName, now: Timestamp) -> StoreResult<()> {
        match self.get(name).await? {
            Some(bytes) => self.put(name, bytes, now).await,
            None => Ok(()),
        }
    }

    /// There is no deletion on a condition: a blob that is stored again between the question how old it is and its deletion is lost. That
    /// takes an upload of the same contents within milliseconds, an hour or more after they were last used.
    async fn delete(&self, name: &BlobName, before: Timestamp) -> StoreResult<bool> {
        let path = self.path(name);
        match found(self.store.head(&path).await)? {
            Some(meta) if stored_at(&meta) < before => {
                found(self.store.delete(&path).await).map(|deleted| deleted.is_some())
            }
            Some(_) | None => Ok(false),
        }
    }

    async fn list(&self, after: Option<&BlobName>, limit: usize) -> StoreResult<Vec<Stored>> {
        let objects = match after {
            Some(after) => self
                .store
                .list_with_offset(Some(&self.prefix), &self.path(after)),
            None => self.store.list(Some(&self.prefix)),
        };
        let blobs = objects.try_filter_map(async |meta| {
            let name = meta.location.filename().and_then(|name| name.parse().ok());
            let at = stored_at(&meta);
            Ok(name.map(|name| Stored { name, at }))
        });
        blobs.take(limit).try_collect().await.map_err(failed)
    }

    async fn tidy(&self, _before: Timestamp) -> StoreResult<()> {
        // An object is there whole or not at all.
        Ok(())
    }
}

fn stored_at(meta: &ObjectMeta) -> Timestamp {
    Timestamp::from_millis(meta.last_modified.timestamp_millis())
}

/// None for what is not there.
fn found<T>(outcome: object_store::Result<T>) -> StoreResult<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn failed(error: Error) -> StoreError {
    StoreError::Unavailable(format!("the bucket of blobs: {error}"))
}
