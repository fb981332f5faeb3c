//! The manifest of a backup: what it holds, with checksums, and what made it. It is written last, so that a directory without one is no
//! backup. It may list any files, so that more kinds of them can join the stores and the key.

use std::fs::{DirBuilder, File};
use std::io::{Read, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path};

use anyhow::{Context as _, ensure};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::staging::create_private;

/// Its name in a backup.
pub(crate) const NAME: &str = "manifest.json";
/// The format that this program writes. It reads no later one.
const FORMAT: u32 = 1;
/// Bytes copied at a time.
const CHUNK: usize = 1 << 20;

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    /// Version of the program that made it.
    pub(crate) version: String,
    /// All that was answered before this time is in it.
    pub(crate) taken_at: Timestamp,
    /// The audit's verdict on the copies. None of databases: their audit needs a server, so it follows the restore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) audit: Option<Audit>,
    /// Everything in the backup but this manifest.
    pub(crate) files: Vec<Entry>,
}

/// The verdict of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Audit {
    /// Every invariant holds.
    Clean,
    /// One or more are violated, in the books themselves.
    Violated,
}

/// A file in a backup.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its path, relative to the backup; slashes separate directories.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// How many records it holds, if it is a file of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) records: Option<u64>,
    /// SHA-256 of its contents, in hexadecimal digits.
    pub(crate) sha256: String,
}

impl Manifest {
    pub(crate) fn new(taken_at: Timestamp, audit: Option<Audit>, files: Vec<Entry>) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at,
            audit,
            files,
        }
    }

    /// Reads the manifest of the backup in `directory`.
    ///
    /// # Errors
    /// If there is none that this program can read.
    pub(crate) fn in_directory(directory: &Path) -> anyhow::Result<Self> {
        let file = File::open(directory.join(NAME));
        let file = file
            .with_context(|| format!("there is no backup in {}: no {NAME}", directory.display()))?;
        Self::read(file)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// If it is not one that this program can read.
    pub(crate) fn read(mut from: impl Read) -> anyhow::Result<Self> {
        let mut text = String::new();
        from.read_to_string(&mut text)
            .with_context(|| format!("{NAME} cannot be read"))?;
        let manifest: Self = serde_json::from_str(&text)
            .with_context(|| format!("{NAME} is not the manifest of a backup"))?;
        ensure!(
            manifest.format <= FORMAT,
            "the backup was made by version {} of this program, in a format that this version does not know; use that one",
            manifest.version
        );
        for entry in &manifest.files {
            ensure!(
                Path::new(&entry.path)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_))),
                "{NAME} lists {:?}, which is not in the backup",
                entry.path
            );
        }
        Ok(manifest)
    }

    /// Writes it to `path`, durably.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut file = create_private(path)?;
        let text = serde_json::to_string_pretty(self)?;
        writeln!(file, "{text}")
            .and_then(|()| file.sync_all())
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// The size of all files together.
    pub(crate) fn bytes(&self) -> u64 {
        self.files
            .iter()
            .fold(0, |sum, entry| sum.saturating_add(entry.bytes))
    }
}

impl Entry {
    /// The file `path` in `directory`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn of(directory: &Path, path: &str) -> anyhow::Result<Self> {
        let file = File::open(directory.join(path));
        let (bytes, sha256) = file
            .and_then(|file| copy(file, std::io::sink()))
            .with_context(|| format!("{path} cannot be read"))?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
            records: None,
            sha256,
        })
    }

    /// Writes the file's contents, read from `from`, to its place in `directory`, durably.
    ///
    /// # Errors
    /// If they cannot be read or written, or are not those that were backed up.
    pub(crate) fn restore(&self, from: impl Read, directory: &Path) -> anyhow::Result<()> {
        let path = directory.join(&self.path);
        if let Some(parent) = path.parent() {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700).create(parent)?;
        }
        let mut file = create_private(&path)?;
        let (bytes, sha256) =
            copy(from, &mut file).with_context(|| format!("{} cannot be copied", self.path))?;
        ensure!(
            bytes == self.bytes && sha256 == self.sha256,
            "the backup is damaged: the checksum of {} does not match its contents",
            self.path
        );
        file.sync_all()
            .with_context(|| format!("{} cannot be written", path.display()))
    }
}

/// Copies everything. Returns its length and checksum.
fn copy(mut from: impl Read, mut to: impl std::io::Write) -> std::io::Result<(u64, String)> {
    let mut chunk = vec![0; CHUNK];
    let (mut bytes, mut hash) = (0_u64, Sha256::new());
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => chunk.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(read);
        to.write_all(read)?;
        bytes = bytes.saturating_add(u64::try_from(read.len()).unwrap_or(u64::MAX));
    }
    Ok((bytes, format!("{:x}", hash.finalize())))
}
