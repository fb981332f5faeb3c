//! The signing keys on disk: created at the first start, readable by its owner only, and written atomically.

use std::fmt::Display;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;

use crate::secret::random;
use crate::{KeyError, KeySet, SigningKey};

impl KeySet {
    /// Reads the keys at `path`, or creates one there if the file is missing. Creation is atomic, with mode 0600, and durable before this
    /// returns. Any number of processes may do so at once, on any hosts that share the file: all end up with the same key.
    ///
    /// # Errors
    /// If the file has anything but private Ed25519 keys, can be read by others, or cannot be created.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        if let Some(keys) = load(path)? {
            return Ok(keys);
        }
        make(
            path,
            Self::from(SigningKey::generate()?).to_text()?.as_bytes(),
        )?;
        // Read back what is there now: another process may have created its key first.
        Self::load(path)
    }

    /// Reads the keys at `path`.
    ///
    /// # Errors
    /// As [`KeySet::load_or_create`], and if the file is missing.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        load(path)?.ok_or_else(|| wrong(path, &ErrorKind::NotFound))
    }

    /// Puts these keys in the place of those at `path`: who reads the file sees either all of the old ones or all of the new ones.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let (draft, text) = (draft(path)?, self.to_text()?);
        replace(path, &draft, text.as_bytes()).map_err(|error| wrong(path, &error))
    }

    /// Copies the keys in the file `from` to the file `to`, unless they are there already.
    ///
    /// # Errors
    /// [`KeyError::File`] if `from` holds no keys, `to` holds others, or it cannot be written.
    pub fn copy(from: &Path, to: &Path) -> Result<(), KeyError> {
        let keys = Self::load(from)?;
        if load(to)?.is_none() {
            make(to, keys.to_text()?.as_bytes())?;
        }
        if Self::load(to)?.verification_keys() == keys.verification_keys() {
            Ok(())
        } else {
            let origin = from.display();
            Err(wrong(
                to,
                &format!("it holds another key than {origin}; move it away first"),
            ))
        }
    }
}

pub(crate) fn wrong(path: &Path, reason: &dyn Display) -> KeyError {
    KeyError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn load(path: &Path) -> Result<Option<KeySet>, KeyError> {
    let Some(text) = read(path)? else {
        return Ok(None);
    };
    let keys = KeySet::from_text(&text).map_err(|error| wrong(path, &error))?;
    Ok(Some(keys))
}

/// The text of a file that only its owner can read. None if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, KeyError> {
    let wrong = |reason: &dyn Display| wrong(path, reason);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(&error)),
    };
    let metadata = file.metadata().map_err(|error| wrong(&error))?;
    if exposed(metadata.uid(), metadata.mode()) {
        return Err(wrong(&format!(
            "its mode is {:03o}, so others can use it; set it to 600 (or, if it is root's, to 640)",
            metadata.mode() & 0o777
        )));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)
        .map_err(|error| wrong(&error))?;
    Ok(Some(text))
}

/// Makes the file at `path` with this content, unless another process was first.
pub(crate) fn make(path: &Path, content: &[u8]) -> Result<(), KeyError> {
    create(path, &draft(path)?, content).map_err(|error| wrong(path, &error))
}

/// Whether unintended users can access a file with this owner and mode. A file owned by root may be readable by its group: container
/// orchestrators hand secrets to non-root processes that way (Kubernetes: `fsGroup`). `PostgreSQL` has the same rule.
fn exposed(owner: u32, mode: u32) -> bool {
    let allowed = if owner == 0 { 0o740 } else { 0o700 };
    mode & 0o777 & !allowed != 0
}

/// A file name that no other process writes to. A process id would not do: replicas in containers often share one.
fn draft(path: &Path) -> Result<PathBuf, KeyError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", URL_SAFE_NO_PAD.encode(random::<12>()?)));
    Ok(name.into())
}

/// Writes `draft` completely and syncs it to disk, then links it into place. The link fails if another process was first: link(2) is
/// atomic, also over NFS, where `O_EXCL` was not always.
fn create(path: &Path, draft: &Path, content: &[u8]) -> std::io::Result<()> {
    let directory = directory_of(path);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let written = write_new(draft, content).and_then(|()| match fs::hard_link(draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = match fs::remove_file(draft) {
        // The draft was never created; `written` holds the reason.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    };
    written.and(removed)?;
    File::open(directory)?.sync_all()
}

/// Writes `draft` completely and syncs it to disk, then renames it, which replaces what is at `path`.
fn replace(path: &Path, draft: &Path, content: &[u8]) -> std::io::Result<()> {
    write_new(draft, content)?;
    fs::rename(draft, path)?;
    File::open(directory_of(path))?.sync_all()
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn write_new(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VerificationKeys;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Barrier;

    #[test]
    fn the_first_start_makes_a_key_and_the_next_ones_use_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deeper/signing-key.pem");
        let first = KeySet::load_or_create(&path).unwrap();
        let second = KeySet::load_or_create(&path).unwrap();
        assert_eq!(first.verification_keys(), second.verification_keys());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "no draft stays behind: {left:?}");
    }

    #[test]
    fn a_key_is_copied_once_and_never_over_another_one() {
        let dir = tempfile::tempdir().unwrap();
        let [first, copy, other] =
            ["first.pem", "copy/key.pem", "other.pem"].map(|name| dir.path().join(name));
        KeySet::copy(&first, &copy).unwrap_err();
        let keys = KeySet::load_or_create(&first).unwrap().verification_keys();
        for _ in 0..2 {
            KeySet::copy(&first, &copy).unwrap();
            assert_eq!(
                KeySet::load_or_create(&copy).unwrap().verification_keys(),
                keys
            );
        }
        drop(KeySet::load_or_create(&other).unwrap());
        let refusal = KeySet::copy(&other, &copy).unwrap_err().to_string();
        assert!(refusal.contains("holds another key"), "{refusal}");
        assert_eq!(
            KeySet::load_or_create(&copy).unwrap().verification_keys(),
            keys
        );
    }

    #[test]
    fn saved_keys_take_the_place_of_the_others_and_stay_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        let mut keys = KeySet::load_or_create(&path).unwrap();
        let now = kernel::Timestamp::from_millis(1_800_000_000_000);
        keys.announce(SigningKey::generate().unwrap(), now).unwrap();
        keys.save(&path).unwrap();
        assert_eq!(KeySet::load(&path).unwrap().listed(), keys.listed());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        drop(KeySet::load_or_create(&path).unwrap());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = KeySet::load_or_create(&path).unwrap_err().to_string();
        assert!(
            error.contains("644") && error.contains("key.pem"),
            "{error}"
        );
    }

    #[test]
    fn a_group_may_read_a_key_that_root_owns_and_no_other() {
        for (owner, mode, refused) in [
            (0, 0o100_440, false),
            (0, 0o100_640, false),
            (0, 0o100_660, true),
            (0, 0o100_444, true),
            (65532, 0o100_600, false),
            (65532, 0o100_400, false),
            (65532, 0o100_440, true),
        ] {
            assert_eq!(exposed(owner, mode), refused, "{owner} {mode:o}");
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        write_new(&path, b"something precious").unwrap();
        assert!(KeySet::load_or_create(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"something precious");
    }

    #[test]
    fn a_key_that_came_first_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        for content in ["first", "second"] {
            create(&path, &draft(&path).unwrap(), content.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn replicas_that_start_at_once_on_a_new_file_end_up_with_one_key() {
        const REPLICAS: usize = 12;
        let dir = tempfile::tempdir().unwrap();
        for round in 0..10 {
            let path = dir.path().join(format!("{round}/key.pem"));
            let start = Barrier::new(REPLICAS);
            let keys: Vec<VerificationKeys> = std::thread::scope(|scope| {
                let replica = || {
                    start.wait();
                    KeySet::load_or_create(&path).map(|key| key.verification_keys())
                };
                let replicas: Vec<_> = (0..REPLICAS).map(|_| scope.spawn(replica)).collect();
                let keys = replicas
                    .into_iter()
                    .map(|replica| replica.join().unwrap().unwrap());
                keys.collect()
            });
            let kept = KeySet::load_or_create(&path).unwrap().verification_keys();
            assert!(keys.iter().all(|key| *key == kept), "{keys:?}");
            let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
            assert_eq!(left, 1, "no draft stays behind");
        }
    }
}
