//! Where a backup, or a restored directory, is written until it is complete: never under its final name.
//!
//! A directory that does not exist yet is written beside its place and renamed. One that exists may be the root of a volume, which cannot
//! be renamed: it is written into a directory within, whose entries are moved up at the end. As long as that directory is there, no
//! command takes the outer one for a marketplace or a backup.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use crate::data_dir::{INCOMPLETE, LOCK};

/// What an empty directory may hold: what an earlier run left, the lock of a `serve` that was refused, and what `mkfs` puts in the root of
/// a volume.
const NOTHING: [&str; 3] = [INCOMPLETE, LOCK, "lost+found"];

/// A directory that is being written. Dropping it unfinished removes what was written.
pub(crate) struct Staging {
    path: PathBuf,
    target: PathBuf,
    finished: bool,
    /// Locked, so that another process does not take it for one that was left behind.
    _lock: File,
}

impl Staging {
    /// A place for what is to become the directory, or the file, at `target`. What an earlier process left there unfinished is removed.
    ///
    /// # Errors
    /// If there is something at `target` other than an empty directory, or the place cannot be created.
    pub(crate) fn begin(target: &Path) -> anyhow::Result<Self> {
        let unusable = || format!("{} cannot be written", target.display());
        let path = match std::fs::metadata(target) {
            Ok(metadata) => {
                ensure!(
                    metadata.is_dir() && is_empty(target).with_context(unusable)?,
                    "{} is there already, and is no empty directory",
                    target.display()
                );
                target.join(INCOMPLETE)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => beside(target)?,
            Err(error) => return Err(error).with_context(unusable),
        };
        if path.exists() {
            drop(locked(&path)?);
            std::fs::remove_dir_all(&path).with_context(unusable)?;
        }
        let created = DirBuilder::new().mode(0o700).create(&path);
        created.with_context(unusable)?;
        Ok(Self {
            _lock: locked(&path)?,
            path,
            target: target.to_owned(),
            finished: false,
        })
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the directory in its place.
    ///
    /// # Errors
    /// If it cannot be moved there.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let moved = if self.path.starts_with(&self.target) {
            self.move_up()
        } else {
            put_in_place(&self.path, &self.target)
        };
        moved.with_context(|| format!("{} cannot be completed", self.target.display()))?;
        self.finished = true;
        Ok(())
    }

    /// Puts the file `name` in it in the place, instead of the directory.
    ///
    /// # Errors
    /// If it cannot be moved there.
    pub(crate) fn finish_file(self, name: &str) -> anyhow::Result<()> {
        std::fs::rename(self.path.join(name), &self.target)
            .and_then(|()| sync(parent(&self.target)))
            .with_context(|| format!("{} cannot be completed", self.target.display()))
        // Dropping removes the directory with what else it holds.
    }

    fn move_up(&self) -> std::io::Result<()> {
        let mut moved = Vec::new();
        let all = std::fs::read_dir(&self.path).and_then(|mut entries| {
            entries.try_for_each(|entry| {
                let entry = entry?;
                let place = self.target.join(entry.file_name());
                std::fs::rename(entry.path(), &place)?;
                moved.push(place);
                Ok(())
            })
        });
        if let Err(error) = all {
            // The way back; what failed first is reported.
            for place in moved {
                let name = place.file_name().unwrap_or_default();
                std::fs::rename(&place, self.path.join(name))?;
            }
            return Err(error);
        }
        sync(&self.target)?;
        std::fs::remove_dir(&self.path)?;
        sync(&self.target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.finished
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, "{} cannot be removed; the next run does it", self.path.display());
        }
    }
}

/// Creates a file that only its owner can read.
pub(crate) fn create_private(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let created = options.open(path);
    created.with_context(|| format!("{} cannot be created", path.display()))
}

/// Makes what was created or renamed in the directory durable.
pub(crate) fn sync(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Gives the directory `unfinished` the name `target`, durably.
pub(crate) fn put_in_place(unfinished: &Path, target: &Path) -> std::io::Result<()> {
    sync(unfinished)
        .and_then(|()| std::fs::rename(unfinished, target))
        .and_then(|()| sync(parent(target)))
}

/// The directory that `path` is in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Whether the name is that of a place beside a target.
pub(crate) fn is_beside(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(INCOMPLETE)
}

/// The name that `target` has until it is complete.
///
/// # Errors
/// If `target` names no directory to write, or the one that it is in does not exist.
pub(crate) fn beside(target: &Path) -> anyhow::Result<PathBuf> {
    let Some(name) = target.file_name() else {
        bail!("{} names no directory to write", target.display());
    };
    let directory = parent(target);
    ensure!(
        directory.is_dir(),
        "there is no directory {}",
        directory.display()
    );
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(INCOMPLETE);
    Ok(directory.join(beside))
}

/// Whether the directory is empty.
pub(crate) fn is_empty(directory: &Path) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        if !NOTHING.iter().any(|nothing| name == *nothing) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn locked(path: &Path) -> anyhow::Result<File> {
    let lock = File::open(path)?;
    if lock.try_lock().is_err() {
        bail!(
            "another process is writing {}; wait until it has ended",
            path.display()
        );
    }
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_target_is_there_whole_or_not_at_all() {
        let temp = tempfile::tempdir().unwrap();
        let (new, empty) = (temp.path().join("new"), temp.path().join("empty"));
        std::fs::create_dir(&empty).unwrap();
        for target in [&new, &empty] {
            let staging = Staging::begin(target).unwrap();
            std::fs::write(staging.path().join("a"), "half").unwrap();
            drop(staging);
            assert_eq!(names(temp.path()), ["empty"], "nothing is left");
            assert!(names(&empty).is_empty());
        }
        for target in [&new, &empty] {
            let staging = Staging::begin(target).unwrap();
            std::fs::write(staging.path().join("a"), "all").unwrap();
            assert!(!target.join("a").exists());
            staging.finish().unwrap();
            assert_eq!(names(target), ["a"]);
        }
        assert_eq!(names(temp.path()), ["empty", "new"]);
    }

    #[test]
    fn what_was_left_behind_is_replaced_and_what_is_in_use_is_not() {
        let temp = tempfile::tempdir().unwrap();
        let target = temp.path().join("new");
        let first = Staging::begin(&target).unwrap();
        let place = first.path().to_owned();
        let refused = Staging::begin(&target).err().unwrap().to_string();
        assert!(
            refused.starts_with("another process is writing"),
            "{refused}"
        );
        drop(first);
        // As after a crash: the lock is free.
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("left"), "behind").unwrap();
        Staging::begin(&target).unwrap().finish().unwrap();
        assert!(names(&target).is_empty());
    }

    #[test]
    fn what_is_there_is_never_written_over() {
        let temp = tempfile::tempdir().unwrap();
        let (full, file) = (temp.path().join("full"), temp.path().join("file"));
        std::fs::create_dir(&full).unwrap();
        std::fs::write(full.join("mine"), "").unwrap();
        std::fs::write(&file, "").unwrap();
        for target in [&full, &file] {
            let refused = Staging::begin(target).err().unwrap().to_string();
            assert!(refused.contains("is no empty directory"), "{refused}");
        }
        let nowhere = temp.path().join("no/where");
        let refused = Staging::begin(&nowhere).err().unwrap().to_string();
        assert!(refused.starts_with("there is no directory"), "{refused}");
        assert_eq!(names(temp.path()), ["file", "full"]);
    }
}
