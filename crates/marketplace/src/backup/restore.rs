//! Restoring a backup to a data directory.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::archive::unpack;
use super::manifest::Manifest;
use super::staging::Staging;
use crate::data_dir::DataDir;

/// Restores the backup `from`, a directory or an archive, to `to`, a new or empty directory. Returns the backup's manifest.
///
/// # Errors
/// If the backup is damaged or not whole, or the directory is in use or cannot be written; then nothing is left in it.
pub(crate) fn restore(from: &Path, to: &Path) -> anyhow::Result<Manifest> {
    ensure!(
        !DataDir::at(to).is_served(),
        "a marketplace serves the data directory {}; restore into another one",
        to.display()
    );
    let metadata = std::fs::metadata(from);
    let metadata = metadata.with_context(|| format!("there is no backup {}", from.display()))?;
    let staging = Staging::begin(to)?;
    let manifest = if metadata.is_dir() {
        copy(from, staging.path())?
    } else {
        unpack(from, staging.path())?
    };
    DataDir::existing(staging.path()).context("the backup is not whole")?;
    staging.finish()?;
    Ok(manifest)
}

/// Restores the files that the manifest in `from` lists.
fn copy(from: &Path, to: &Path) -> anyhow::Result<Manifest> {
    let manifest = Manifest::in_directory(from)?;
    for entry in &manifest.files {
        let file = File::open(from.join(&entry.path));
        let file = file.with_context(|| format!("the backup is damaged: {}", entry.path))?;
        entry.restore(file, to)?;
    }
    Ok(manifest)
}
