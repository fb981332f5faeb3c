//! The data directory: one file per service, the signing key, and a lock that keeps a second server out.
//!
//! The stores belong together, so a directory is checked as a whole before any of them is opened: a missing or empty store would otherwise
//! be created anew, and every balance would be 0.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use host::service::StoreConfig;
use host::settings::Settings;
use kernel::Timestamp;
use rusqlite::Connection;
use store::{StoreError, StoreResult};
use store_sqlite::{log_of, open_at_rest, open_read_only};

/// Marks a directory whose stores are being created for the first time.
const NEW: &str = ".new";
/// Marks a directory whose shop was moved to databases.
const MOVED: &str = "moved";
/// What a restore, or a backup, writes until it is complete.
pub(crate) const INCOMPLETE: &str = ".incomplete";
/// The signing key's name in a data directory, and in a backup.
pub(crate) const SIGNING_KEY: &str = "signing-key.pem";
/// The directory of the products' pictures in a data directory, and in a backup.
pub(crate) const BLOBS: &str = "blobs";
/// Held by the process that serves; it stays behind.
pub(crate) const LOCK: &str = "lock";
/// How long a start waits for the lock: others hold it for an instant, to see whether it is taken.
const LOCK_WAIT: Duration = Duration::from_millis(500);

/// A data directory.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The directory at `path`, unchecked.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The directory at `path`, created if missing. Only its owner can read it; an earlier release may have made it for all to read.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let dir = Self::at(path);
        let mut builder = DirBuilder::new();
        let created = builder.recursive(true).mode(0o700).create(path);
        created
            .and_then(|()| close_to_others(path))
            .with_context(|| dir.unusable())?;
        Ok(dir)
    }

    /// The directory at `path`, which must hold a whole marketplace.
    ///
    /// # Errors
    /// If it does not.
    pub fn existing(path: &Path) -> anyhow::Result<Self> {
        let dir = Self::at(path);
        ensure!(
            dir.check()?,
            "there is no marketplace in {}; name the directory with --data-dir",
            path.display()
        );
        ensure!(
            !dir.is_new(),
            "the first start on {} was cut off; start it again with `marketplace serve`",
            path.display()
        );
        Ok(dir)
    }

    /// Checks the directory before its stores are opened to be served. If it is new, it is marked as such until [`DataDir::opened`], so
    /// that a first start that is cut off half-way can be repeated. Returns whether it holds a marketplace.
    ///
    /// # Errors
    /// If it is not whole, with what to do.
    pub(crate) fn open(&self) -> anyhow::Result<bool> {
        let moved = self.0.join(MOVED);
        ensure!(
            !moved.exists(),
            "the shop in {} was moved to MongoDB; served here as well, it would spend the same money twice. If the databases are gone for \
             good, remove {}",
            self.0.display(),
            moved.display()
        );
        let begun = self.check()?;
        if !begun {
            File::create(self.0.join(NEW))
                .and_then(|mark| mark.sync_all())
                .and_then(|()| self.sync())
                .with_context(|| self.unusable())?;
        }
        Ok(begun && !self.is_new())
    }

    /// Marks the directory as moved, durably: it is never served again.
    ///
    /// # Errors
    /// If the mark cannot be written.
    #[cfg(feature = "distributed")]
    pub(crate) fn mark_moved(&self) -> anyhow::Result<()> {
        File::create(self.0.join(MOVED))
            .and_then(|mark| mark.sync_all())
            .and_then(|()| self.sync())
            .with_context(|| self.unusable())
    }

    /// All stores are open, and so they exist.
    ///
    /// # Errors
    /// If the mark of a new directory cannot be removed.
    pub(crate) fn opened(&self) -> anyhow::Result<()> {
        if self.is_new() {
            std::fs::remove_file(self.0.join(NEW))
                .and_then(|()| self.sync())
                .with_context(|| self.unusable())?;
        }
        Ok(())
    }

    /// Returns whether there are stores. Those of a new directory need not be complete.
    fn check(&self) -> anyhow::Result<bool> {
        let incomplete = self.0.join(INCOMPLETE);
        ensure!(
            !incomplete.exists(),
            "a restore into {} was cut off; run it again, or remove {}",
            self.0.display(),
            incomplete.display()
        );
        let stores = self.stores();
        if !stores
            .iter()
            .any(|path| path.exists() || log_of(path).exists())
        {
            return Ok(false);
        }
        if self.is_new() {
            return Ok(true);
        }
        for path in &stores {
            let fault = match std::fs::metadata(path) {
                Ok(metadata) if metadata.len() == 0 => "is empty".to_owned(),
                Ok(_) => match self.read(path) {
                    Ok(_) => continue,
                    Err(StoreError::Corrupt(fault)) => format!("cannot be used ({fault})"),
                    Err(error) => return Err(error).with_context(|| self.unusable()),
                },
                Err(error) if error.kind() == ErrorKind::NotFound => "is missing".to_owned(),
                Err(error) => return Err(error).with_context(|| self.unusable()),
            };
            bail!(
                "the data directory {} is not whole: {} {fault}. Its four stores belong together: put this one back, or restore all of \
                 them from a backup into a new directory (marketplace restore)",
                self.0.display(),
                path.file_name().unwrap_or_default().display()
            );
        }
        Ok(true)
    }

    fn is_new(&self) -> bool {
        self.0.join(NEW).exists()
    }

    /// Makes what was created or renamed in it durable.
    fn sync(&self) -> std::io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    /// Opens a store for reading. A directory that is not served is left as it is.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(crate) fn read(&self, path: &Path) -> StoreResult<Connection> {
        if self.is_served() {
            open_read_only(path)
        } else {
            open_at_rest(path)
        }
    }

    /// Whether a process holds the lock.
    pub(crate) fn is_served(&self) -> bool {
        File::open(self.lock_file())
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Locks the directory for one serving process, until the file is dropped. The operating system releases the lock when the process
    /// ends, however it ends.
    ///
    /// # Errors
    /// If another process holds the lock.
    pub fn lock(&self) -> anyhow::Result<File> {
        let file = File::create(self.lock_file()).with_context(|| self.unusable())?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_WAIT => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => bail!(
                    "another marketplace serves the data directory {}; stop it, or choose another one with --data-dir",
                    self.0.display()
                ),
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| self.unusable());
                }
            }
        }
    }

    fn lock_file(&self) -> PathBuf {
        self.0.join(LOCK)
    }

    fn unusable(&self) -> String {
        format!("the data directory {} cannot be used", self.0.display())
    }

    /// The directory's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The files of all services, in the order in which a backup locks them.
    pub(crate) fn stores(&self) -> [PathBuf; 4] {
        [self.users(), self.products(), self.orders(), self.wallet()]
    }

    /// The file of the service with this name.
    #[must_use]
    pub fn file(&self, service: &str) -> PathBuf {
        self.0.join(format!("{service}.db"))
    }

    /// When a store was last written, by the machine's clock of then. None for a new directory.
    #[must_use]
    pub fn last_written(&self) -> Option<Timestamp> {
        let stores = self.stores();
        let logs = stores.each_ref().map(|store| log_of(store));
        let written = stores.iter().chain(&logs).filter_map(|file| {
            let written = file.metadata().ok()?.modified().ok()?;
            written.duration_since(UNIX_EPOCH).ok()
        });
        Some(Timestamp::from_millis(0).plus(written.max()?))
    }

    /// The user service's file.
    #[must_use]
    pub fn users(&self) -> PathBuf {
        self.file("users")
    }

    /// The product service's file.
    #[must_use]
    pub fn products(&self) -> PathBuf {
        self.file("products")
    }

    /// The order service's file.
    #[must_use]
    pub fn orders(&self) -> PathBuf {
        self.file("orders")
    }

    /// The wallet service's file.
    #[must_use]
    pub fn wallet(&self) -> PathBuf {
        self.file("wallet")
    }

    /// The settings of the product service on this directory, in which the pictures are unless they name another place.
    ///
    /// # Errors
    /// If the directory's path is no text.
    pub(crate) fn catalogue(
        &self,
        config: &product_service::Config,
    ) -> anyhow::Result<product_service::Config> {
        let mut config = config.clone();
        if config.image_store.is_none() {
            let blobs = self.0.join(BLOBS);
            let path = blobs.to_str().with_context(|| self.unusable())?;
            config.image_store = Some(path.to_owned());
        }
        let is_bucket = config
            .image_store
            .iter()
            .any(|place| place.starts_with("s3://"));
        ensure!(
            !is_bucket,
            "catalogue.image_store: the embedded mode keeps pictures in a directory"
        );
        Ok(config)
    }

    /// The file with the key that signs access tokens: in the directory, unless the settings name another one.
    pub(crate) fn signing_key(&self, settings: &Settings) -> PathBuf {
        let elsewhere = settings.auth.signing_key_file.clone();
        elsewhere.unwrap_or_else(|| self.0.join(SIGNING_KEY))
    }
}

/// Takes the permissions of everybody but the owner from a directory. Who does not own it has to leave it as it is.
fn close_to_others(path: &Path) -> std::io::Result<()> {
    let mut permissions = std::fs::metadata(path)?.permissions();
    let closed = permissions.mode() & !0o077;
    if permissions.mode() == closed {
        return Ok(());
    }
    permissions.set_mode(closed);
    match std::fs::set_permissions(path, permissions) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

/// The SQLite store at `path`.
#[must_use]
pub fn sqlite(path: PathBuf) -> StoreConfig {
    StoreConfig::Sqlite { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_served_by_one_process_at_a_time() {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::create(&temp.path().join("a/b")).unwrap();
        let lock = dir.lock().unwrap();
        let refusal = dir.lock().unwrap_err().to_string();
        assert!(
            refusal.starts_with("another marketplace serves"),
            "{refusal}"
        );
        drop(lock);
        assert!(dir.lock().is_ok());
    }

    #[test]
    fn a_directory_without_a_marketplace_is_not_one() {
        let temp = tempfile::tempdir().unwrap();
        let refusal = DataDir::existing(temp.path()).unwrap_err().to_string();
        assert!(
            refusal.starts_with("there is no marketplace in"),
            "{refusal}"
        );
    }
}
