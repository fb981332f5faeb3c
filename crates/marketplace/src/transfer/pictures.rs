//! The pictures of products in a backup of the databases. They are written after the records: until an hour after its last use, a picture
//! that a record names is there.

use std::fs::DirBuilder;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use blobs::{BlobStore, Directory, name_of};
use kernel::{BlobName, Timestamp};

use super::Backup;
use crate::backup::manifest::Entry;
use crate::backup::staging::{create_private, parent};
use crate::data_dir::BLOBS;

/// Pictures listed at a time.
const BATCH: usize = 500;

/// Writes all of `pictures` to the directory of a backup.
pub(super) async fn write(pictures: &dyn BlobStore, dir: &Path) -> anyhow::Result<Vec<Entry>> {
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let batch = pictures.list(after.as_ref(), BATCH).await?;
        for stored in &batch {
            // The sweep may have been faster: then no record names it.
            let Some(bytes) = pictures.get(&stored.name).await? else {
                continue;
            };
            let path = format!("{BLOBS}/{}", Directory::relative(&stored.name).display());
            let place = dir.join(&path);
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700).create(parent(&place))?;
            let mut file = create_private(&place)?;
            file.write_all(&bytes)
                .and_then(|()| file.sync_all())
                .with_context(|| path.clone())?;
            entries.push(Entry {
                path,
                bytes: u64::try_from(bytes.len())?,
                records: None,
                sha256: stored.name.digest().to_owned(),
            });
        }
        if batch.len() < BATCH {
            return Ok(entries);
        }
        after = batch.into_iter().next_back().map(|stored| stored.name);
    }
}

/// Stores the pictures of a backup again.
///
/// # Errors
/// If there are any and no place for them, or if one cannot be stored.
pub(crate) async fn pictures_back(
    backup: &Backup,
    to: Option<&dyn BlobStore>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let pictures = backup.manifest.files.iter();
    for entry in pictures.filter(|entry| Path::new(&entry.path).starts_with(BLOBS)) {
        let Some(to) = to else {
            bail!(
                "the backup has pictures; set catalogue.image_store to the place that they go to"
            );
        };
        let name = Path::new(&entry.path)
            .file_name()
            .and_then(|name| name.to_str());
        let name: BlobName = name
            .unwrap_or_default()
            .parse()
            .with_context(|| entry.path.clone())?;
        let bytes =
            std::fs::read(backup.dir.join(&entry.path)).with_context(|| entry.path.clone())?;
        ensure!(
            name_of(&bytes, "").digest() == name.digest(),
            "the backup is damaged: {} is not what its name says",
            entry.path
        );
        to.put(&name, bytes.into(), now).await?;
    }
    Ok(())
}
