//! Directories that get their name when they are complete.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// How names of directories end that are not complete.
pub(crate) const UNFINISHED: &str = "unfinished";

/// The name that `path`, which must be free, has until it is complete.
///
/// # Errors
/// If something is there.
pub(crate) fn beside(path: &Path) -> anyhow::Result<PathBuf> {
    let is_free = !path.exists() || (path.is_dir() && fs::read_dir(path)?.next().is_none());
    ensure!(
        is_free,
        "{} is not empty; name a new directory",
        path.display()
    );
    let mut name = path
        .file_name()
        .with_context(|| format!("{} names no directory", path.display()))?
        .to_owned();
    name.push(".");
    name.push(UNFINISHED);
    Ok(path.with_file_name(name))
}

/// Gives a directory its name, durably.
///
/// # Errors
/// If it cannot get it.
pub(crate) fn put_in_place(unfinished: &Path, path: &Path) -> anyhow::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    fs::rename(unfinished, path)
        .and_then(|()| fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all())
        .with_context(|| format!("{} cannot get its name", path.display()))
}
