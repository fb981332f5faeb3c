//! The data directory: one file per service, the signing key, and a lock that keeps a second server out.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use host::service::StoreConfig;

/// A data directory.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

/// Locks the directory for one serving process. The operating system releases the lock when the process ends, however it ends.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be created or read.
    #[error("the data directory {path} cannot be used: {error}")]
    Unusable {
        /// The path.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// Another process is serving it.
    #[error(
        "another marketplace serves the data directory {0}; stop it, or choose another one with --data-dir"
    )]
    InUse(PathBuf),
    /// It holds no marketplace.
    #[error("there is no marketplace in {0}; name the directory with --data-dir")]
    Empty(PathBuf),
}

impl DataDir {
    /// The directory at `path`, created if missing.
    ///
    /// # Errors
    /// [`DataDirError::Unusable`].
    pub fn create(path: &Path) -> Result<Self, DataDirError> {
        std::fs::create_dir_all(path).map_err(|error| DataDirError::Unusable {
            path: path.to_owned(),
            error,
        })?;
        Ok(Self(path.to_owned()))
    }

    /// The directory at `path`, which must hold a marketplace.
    ///
    /// # Errors
    /// [`DataDirError::Empty`].
    pub fn existing(path: &Path) -> Result<Self, DataDirError> {
        let dir = Self(path.to_owned());
        let files = [dir.users(), dir.products(), dir.orders(), dir.wallet()];
        if files.iter().all(|file| file.is_file()) {
            Ok(dir)
        } else {
            Err(DataDirError::Empty(path.to_owned()))
        }
    }

    /// Locks the directory for this process.
    ///
    /// # Errors
    /// [`DataDirError::InUse`] if another process holds the lock.
    pub fn lock(&self) -> Result<ServeLock, DataDirError> {
        let unusable = |error| DataDirError::Unusable {
            path: self.0.clone(),
            error,
        };
        let file = File::create(self.0.join("lock")).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(ServeLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(self.0.clone())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
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
        assert!(matches!(dir.lock(), Err(DataDirError::InUse(_))));
        drop(lock);
        assert!(dir.lock().is_ok());
    }

    #[test]
    fn a_directory_without_a_marketplace_is_not_one() {
        let temp = tempfile::tempdir().unwrap();
        assert!(matches!(
            DataDir::existing(temp.path()),
            Err(DataDirError::Empty(_))
        ));
    }
}
