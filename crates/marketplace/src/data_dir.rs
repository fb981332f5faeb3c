//! The data directory: one file per service, the signing key, and a lock that keeps a second server out.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use host::service::StoreConfig;

/// A data directory.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The directory at `path`, created if missing.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let dir = Self(path.to_owned());
        std::fs::create_dir_all(path).with_context(|| dir.unusable())?;
        Ok(dir)
    }

    /// The directory at `path`, which must hold a marketplace.
    ///
    /// # Errors
    /// If it does not.
    pub fn existing(path: &Path) -> anyhow::Result<Self> {
        let dir = Self(path.to_owned());
        let files = [dir.users(), dir.products(), dir.orders(), dir.wallet()];
        ensure!(
            files.iter().all(|file| file.is_file()),
            "there is no marketplace in {}; name the directory with --data-dir",
            path.display()
        );
        Ok(dir)
    }

    /// Locks the directory for one serving process, until the file is dropped. The operating system releases the lock when the process
    /// ends, however it ends.
    ///
    /// # Errors
    /// If another process holds the lock.
    pub fn lock(&self) -> anyhow::Result<File> {
        let file = File::create(self.0.join("lock")).with_context(|| self.unusable())?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => bail!(
                "another marketplace serves the data directory {}; stop it, or choose another one with --data-dir",
                self.0.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| self.unusable()),
        }
    }

    fn unusable(&self) -> String {
        format!("the data directory {} cannot be used", self.0.display())
    }

    /// The user service's file.
    #[must_use]
    pub fn users(&self) -> PathBuf {
        self.0.join("users.db")
    }

    /// The product service's file.
    #[must_use]
    pub fn products(&self) -> PathBuf {
        self.0.join("products.db")
    }

    /// The order service's file.
    #[must_use]
    pub fn orders(&self) -> PathBuf {
        self.0.join("orders.db")
    }

    /// The wallet service's file.
    #[must_use]
    pub fn wallet(&self) -> PathBuf {
        self.0.join("wallet.db")
    }

    /// The file with the key that signs access tokens.
    #[must_use]
    pub fn signing_key(&self) -> PathBuf {
        self.0.join("signing-key.pem")
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
