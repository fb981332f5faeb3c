//! Where blobs are, as a setting names it: a directory, or `s3://BUCKET/PREFIX`.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Directory, SharedBlobs};

/// Begins the name of a bucket.
const S3: &str = "s3://";

/// Checks the name of a place.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check(place: &str) -> Result<(), String> {
    match place.strip_prefix(S3) {
        _ if place.is_empty() => {
            Err("it is empty; it has to be a directory or s3://BUCKET/PREFIX".to_owned())
        }
        Some(bucket) if bucket.is_empty() || bucket.starts_with('/') => Err(format!(
            "it is {place}; after s3:// it has to name a bucket"
        )),
        Some(_) if !cfg!(feature = "s3") => Err(format!(
            "it is {place}; this build cannot use S3: it was compiled without the feature `s3`"
        )),
        Some(_) | None => Ok(()),
    }
}

/// Opens the store of blobs at `place`. For a bucket, the environment variables of AWS have the credentials, the region and the endpoint.
///
/// # Errors
/// A sentence if the place makes no sense, or these variables do not.
pub fn open(place: &str) -> Result<SharedBlobs, String> {
    check(place)?;
    #[cfg(feature = "s3")]
    if let Some(bucket) = place.strip_prefix(S3) {
        return Ok(Arc::new(super::s3::Bucket::open(bucket)?));
    }
    Ok(Arc::new(Directory::at(PathBuf::from(place))))
}
