//! Backups of a data directory, served or not: the stores at one point in time, the pictures that they name, and the signing key, with a
//! manifest.
//!
//! A backup needs no server: it takes its snapshots past it (`store_sqlite::Moment`). The copies are audited before the backup gets its
//! name.

mod archive;
pub(crate) mod config;
pub(crate) mod manifest;
mod pictures;
mod restore;
mod schedule;
pub(crate) mod staging;

pub use config::{BackupConfig, Every};
pub(crate) use manifest::{Audit, Manifest};
pub(crate) use restore::restore;
pub(crate) use schedule::Schedule;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use blobs::Directory;
use host::lifecycle::runtime;
use host::settings::Settings;
use kernel::{Clock as _, SystemClock, Timestamp};
use store_sqlite::{Moment, check_pages};

use self::manifest::Entry;
use self::staging::{Staging, create_private, parent};
use crate::audit::{Files, Finding, check};
use crate::data_dir::{DataDir, SIGNING_KEY};
use crate::services::Services;

/// The archive within the directory that becomes it.
const ARCHIVE: &str = "archive.tar";

/// What is backed up.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) dir: DataDir,
    /// The signing key that the settings name.
    pub(crate) signing_key: PathBuf,
    /// Where the pictures are.
    pub(crate) pictures: Directory,
}

impl Source {
    /// The data directory that the settings name, which must hold a whole marketplace.
    ///
    /// # Errors
    /// If it does not.
    pub(crate) fn of(settings: &Settings, services: &Services) -> anyhow::Result<Self> {
        let dir = DataDir::existing(&settings.data_dir)?;
        let signing_key = dir.signing_key(settings);
        let catalogue = dir.catalogue(&services.catalogue)?;
        let pictures = Directory::at(catalogue.image_store.unwrap_or_default().into());
        Ok(Self {
            dir,
            signing_key,
            pictures,
        })
    }
}

/// A backup that was made.
pub(crate) struct Taken {
    pub(crate) manifest: Manifest,
    /// The audit of the copies.
    pub(crate) findings: Vec<Finding>,
    /// Pictures that the stores name and that were not there.
    pub(crate) missing: usize,
    /// How long writers waited.
    pub(crate) pause: Duration,
    pub(crate) took: Duration,
}

/// Backs `source` up to `to`: a new or empty directory, or an archive if the name ends in `.tar`. `go_on` is asked from time to time.
///
/// If the books violate an invariant, so does the backup, and it is made all the same: see [`Taken::findings`].
///
/// # Errors
/// If the backup cannot be made; then nothing is left of it.
pub(crate) fn take(source: &Source, to: &Path, go_on: &dyn Fn() -> bool) -> anyhow::Result<Taken> {
    let begun = Instant::now();
    outside(parent(to), &source.dir)?;
    let is_archive = to.extension().is_some_and(|extension| extension == "tar");
    ensure!(
        !(is_archive && to.exists()),
        "{} is there already; a backup is never written over",
        to.display()
    );
    let staging = Staging::begin(to)?;
    let copies = DataDir::at(staging.path());
    let taken_at = SystemClock.now();
    let pause = copy_stores(&source.dir, &copies, go_on)?;
    copy_key(&source.signing_key, &copies.path().join(SIGNING_KEY))?;
    let shown = pictures::copy(&source.pictures, &copies, go_on)?;
    let findings = audited(&copies)?;
    let manifest = described(taken_at, &findings, copies.path(), shown.entries)?;
    manifest.write(&copies.path().join(manifest::NAME))?;
    ensure!(go_on(), "the backup was stopped");
    if is_archive {
        archive::pack(&manifest, staging.path(), &staging.path().join(ARCHIVE))?;
        staging.finish_file(ARCHIVE)?;
    } else {
        staging.finish()?;
    }
    Ok(Taken {
        manifest,
        findings,
        missing: shown.missing,
        pause,
        took: begun.elapsed(),
    })
}

/// Refuses a directory within the data directory: a backup there would be lost with it.
fn outside(place: &Path, dir: &DataDir) -> anyhow::Result<()> {
    let (Ok(place), Ok(data)) = (place.canonicalize(), dir.path().canonicalize()) else {
        // One of them is missing: opening it reports that.
        return Ok(());
    };
    ensure!(
        !place.starts_with(&data),
        "{} is in the data directory, and would be lost with it; name another place, best on another disk",
        place.display()
    );
    Ok(())
}

/// Copies the stores as they are at one point in time. Returns how long writers waited.
fn copy_stores(
    dir: &DataDir,
    copies: &DataDir,
    go_on: &dyn Fn() -> bool,
) -> anyhow::Result<Duration> {
    let (from, to) = (dir.stores(), copies.stores());
    let moment = Moment::of(from.iter().map(PathBuf::as_path), |path| dir.read(path))?;
    for (snapshot, path) in moment.snapshots.into_iter().zip(&to) {
        create_private(path)?;
        snapshot
            .copy_to(path, go_on)
            .context("the backup cannot be written")?;
    }
    Ok(moment.pause)
}

/// Copies the signing key. Without one, the first start on the restored directory makes a new one.
fn copy_key(from: &Path, to: &Path) -> anyhow::Result<()> {
    let unreadable = || format!("the signing key {} cannot be backed up", from.display());
    match std::fs::read(from) {
        Ok(key) => {
            use std::io::Write as _;
            let mut file = create_private(to)?;
            file.write_all(&key)
                .and_then(|()| file.sync_all())
                .with_context(unreadable)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(unreadable),
    }
}

/// Checks the copies: their pages, and the books in them.
fn audited(copies: &DataDir) -> anyhow::Result<Vec<Finding>> {
    for path in copies.stores() {
        check_pages(&copies.read(&path)?).context("a store is damaged")?;
    }
    let books = Files::open(copies)?;
    Ok(runtime(1)?.block_on(check(&books))?)
}

/// The manifest of the backup in `directory`, which has `pictures` and some files of its own.
fn described(
    taken_at: Timestamp,
    findings: &[Finding],
    directory: &Path,
    pictures: Vec<Entry>,
) -> anyhow::Result<Manifest> {
    let clean = findings.iter().all(|finding| finding.violations.is_empty());
    let audit = if clean { Audit::Clean } else { Audit::Violated };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name();
        names
            .push(name.into_string().map_err(|name| {
                anyhow::anyhow!("{} cannot be part of a backup", name.display())
            })?);
    }
    names.sort();
    let files = names.iter().map(|name| Entry::of(directory, name));
    let mut files = files.collect::<anyhow::Result<Vec<_>>>()?;
    files.extend(pictures);
    Ok(Manifest::new(taken_at, Some(audit), files))
}
