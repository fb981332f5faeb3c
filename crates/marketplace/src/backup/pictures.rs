//! The pictures of products in a backup: files that never change, each named after its contents.
//!
//! They are copied after the stores, and only those that the copied stores name. None of them is deleted meanwhile: the sweep lets a picture
//! live for an hour after its last use. On the same file system a picture is linked and takes no room.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use blobs::Directory;
use kernel::BlobName;

use super::manifest::Entry;
use super::staging::{parent, sync};
use crate::data_dir::{BLOBS, DataDir};

/// The pictures of a backup.
pub(super) struct Copied {
    pub(super) entries: Vec<Entry>,
    /// Those that the stores name and that were not there.
    pub(super) missing: usize,
}

/// Copies the pictures that the stores in `copies` name from `from`.
pub(super) fn copy(
    from: &Directory,
    copies: &DataDir,
    go_on: &dyn Fn() -> bool,
) -> anyhow::Result<Copied> {
    let named = product_service::named_blobs(&copies.read(&copies.products())?)?;
    let to = copies.path().join(BLOBS);
    let mut done = Copied {
        entries: Vec::new(),
        missing: 0,
    };
    for name in &named {
        ensure!(go_on(), "the backup was stopped");
        let place = to.join(Directory::relative(name));
        if !has_linked(&from.path(name), &place, name)? {
            tracing::warn!(%name, "a picture is missing, and so it is in the backup");
            done.missing += 1;
            continue;
        }
        let path = format!("{BLOBS}/{}", Directory::relative(name).display());
        done.entries.push(Entry {
            path,
            bytes: fs::metadata(&place)?.len(),
            records: None,
            // A restore compares it with the contents.
            sha256: name.digest().to_owned(),
        });
    }
    if to.is_dir() {
        for shard in fs::read_dir(&to)? {
            sync(&shard?.path())?;
        }
        sync(&to)?;
    }
    Ok(done)
}

/// Links the file, or copies it where it cannot be linked. Returns false if there is none.
fn has_linked(from: &Path, to: &Path, name: &BlobName) -> anyhow::Result<bool> {
    let unwritable = || format!("the picture {name} cannot be backed up");
    let mut builder = DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(parent(to))
        .with_context(unwritable)?;
    match fs::hard_link(from, to) {
        Ok(()) => return Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        // Another file system, or one without links.
        Err(_) => {}
    }
    match fs::copy(from, to) {
        Ok(_) => {
            File::open(to)
                .and_then(|file| file.sync_all())
                .with_context(unwritable)?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(unwritable),
    }
}
