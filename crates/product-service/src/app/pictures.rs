//! Where the pictures of images are, and who makes them.

use std::sync::Arc;

use blobs::SharedBlobs;
use bytes::Bytes;
use images::{Picture, Refused, pictures_of};
use kernel::{BlobName, Timestamp};
use platform_http::{Cores, NotDone, Place};
use store::StoreResult;

use crate::domain::StoredPicture;

/// Uploads that are read, or wait to be decoded, at once. Each takes up to the size of a file in memory.
const QUEUE: usize = 8;
/// Uploads that are decoded at once. Each takes up to some hundred megabytes (`images::MAX_PIXELS`).
const THREADS: usize = 2;

/// The pictures of all images. Cheap to clone; clones share the queue.
#[derive(Clone)]
pub(crate) struct Pictures {
    /// Where they are kept. None: this marketplace keeps none.
    pub(crate) blobs: Option<SharedBlobs>,
    /// What their addresses begin with.
    pub(crate) url: Arc<str>,
    cores: Cores,
}

impl Pictures {
    pub(crate) fn new(blobs: Option<SharedBlobs>, url: &str) -> Self {
        Self {
            blobs,
            url: url.into(),
            cores: Cores::new(QUEUE, THREADS),
        }
    }

    /// A place for an upload. Take it before the upload is read.
    pub(crate) fn place(&self) -> Result<Place, NotDone> {
        self.cores.place()
    }

    /// Makes the pictures of a file.
    pub(crate) async fn make(
        &self,
        place: Place,
        file: Bytes,
    ) -> Result<Result<Vec<Picture>, Refused>, NotDone> {
        self.cores.run(place, move || pictures_of(&file)).await
    }
}

/// Stores `pictures`, the narrowest first. No row names them yet: what is stored and never named is swept.
pub(super) async fn keep(
    blobs: &SharedBlobs,
    pictures: Vec<Picture>,
    now: Timestamp,
) -> StoreResult<Vec<StoredPicture>> {
    let mut kept = Vec::with_capacity(pictures.len());
    for picture in pictures {
        let blob = blobs::name_of(&picture.bytes, picture.format.extension());
        blobs.put(&blob, picture.bytes.into(), now).await?;
        kept.push(StoredPicture {
            blob,
            width: picture.width,
            height: picture.height,
        });
    }
    Ok(kept)
}

/// The contents of a picture.
pub(crate) async fn picture(pictures: &Pictures, name: &BlobName) -> StoreResult<Option<Bytes>> {
    match &pictures.blobs {
        Some(blobs) => blobs.get(name).await,
        None => Ok(None),
    }
}
