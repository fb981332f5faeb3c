//! A backup as one file: a tar archive with the manifest first, so that it is read from front to end.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use tar::{Archive, Builder, EntryType, Header};

use super::manifest::{Manifest, NAME};
use super::staging::create_private;

/// Writes the backup in `directory` to the archive `path`, durably.
///
/// # Errors
/// If it cannot be read or written.
pub(crate) fn pack(manifest: &Manifest, directory: &Path, path: &Path) -> anyhow::Result<()> {
    let mut archive = Builder::new(create_private(path)?);
    let names = manifest.files.iter().map(|entry| entry.path.as_str());
    let mut append = |name: &str| {
        let file = File::open(directory.join(name))?;
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o600);
        header.set_size(file.metadata()?.len());
        header.set_mtime(u64::try_from(manifest.taken_at.as_seconds()).unwrap_or(0));
        archive.append_data(&mut header, name, file)
    };
    std::iter::once(NAME)
        .chain(names)
        .try_for_each(&mut append)
        .and_then(|()| archive.into_inner()?.sync_all())
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Restores the files of the archive `path` to `directory`. Returns the manifest.
///
/// # Errors
/// If it is not the archive of a backup, or is damaged.
pub(crate) fn unpack(path: &Path, directory: &Path) -> anyhow::Result<Manifest> {
    let unreadable = || format!("{} is not the archive of a backup", path.display());
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut archive = Archive::new(file);
    let mut entries = archive.entries().with_context(unreadable)?;
    let first = entries.next().transpose().with_context(unreadable)?;
    let Some(first) = first.filter(|first| first.path_bytes() == NAME.as_bytes()) else {
        bail!("{}: it does not begin with {NAME}", unreadable());
    };
    let manifest = Manifest::read(first)?;
    let mut missing: BTreeMap<&str, _> = manifest
        .files
        .iter()
        .map(|entry| (entry.path.as_str(), entry))
        .collect();
    for entry in entries {
        let entry = entry.with_context(unreadable)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(expected) = missing.remove(name.as_str()) else {
            bail!("the backup is damaged: {NAME} does not list {name:?}");
        };
        ensure!(
            entry.header().entry_type() == EntryType::Regular,
            "the backup is damaged: {name} is no file"
        );
        expected.restore(entry, directory)?;
    }
    ensure!(
        missing.is_empty(),
        "the backup is damaged: it ends before {:?}",
        missing.into_keys().collect::<Vec<_>>()
    );
    Ok(manifest)
}
