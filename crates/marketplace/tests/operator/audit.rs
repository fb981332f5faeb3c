//! `audit` only reads: it works where nothing can be written, and leaves a crashed directory as it is.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;

use crate::directory::Directory;
use crate::run::run;

const STORES: [&str; 4] = ["users.db", "products.db", "orders.db", "wallet.db"];

/// What the audit finds in the log of a crashed directory: a stock book entry without a product.
const ORPHAN: &str =
    "INSERT INTO stock_entries VALUES (zeroblob(16), 1, zeroblob(16), 5, 0, zeroblob(16), NULL)";

/// A copy of the directory as a crash leaves it: the last commit of each store is only in its log. The index of the log is not copied.
fn crashed(directory: &Directory) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in STORES {
        let store = Connection::open(directory.path().join(name)).unwrap();
        let commit = if name == "products.db" {
            ORPHAN
        } else {
            "CREATE TABLE last_commit (x)"
        };
        store.execute_batch(commit).unwrap();
        let log = format!("{name}-wal");
        for name in [name, &log] {
            std::fs::copy(directory.path().join(name), copy.path().join(name)).unwrap();
        }
        if name == "users.db" {
            // A store that was not written since the start.
            std::fs::write(copy.path().join(log), "").unwrap();
        }
    }
    copy
}

/// Names, times and contents, without the indexes of logs, which readers share in memory.
fn state(directory: &Path) -> Vec<(String, i64, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut state: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let modified = entry.metadata().unwrap().mtime_nsec();
            (name, modified, std::fs::read(entry.path()).unwrap())
        })
        .filter(|(name, ..)| !name.ends_with("-shm"))
        .collect();
    state.sort();
    state
}

/// Runs the audit as somebody who may read the directory and no more.
fn audit_without_writing(directory: &Path) -> Output {
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    };
    for entry in std::fs::read_dir(directory).unwrap() {
        set(&entry.unwrap().path(), 0o444);
    }
    set(directory, 0o555);
    let before = state(directory);
    // The binary's own directory may be closed to others.
    let place = tempfile::tempdir().unwrap();
    set(place.path(), 0o755);
    let binary = place.path().join("marketplace");
    std::fs::copy(env!("CARGO_BIN_EXE_marketplace"), &binary).unwrap();
    let mut command = Command::new(binary);
    if std::fs::metadata(directory).unwrap().uid() == 0 {
        // root may write whatever the modes say, so the audit runs as nobody.
        command.uid(65_534).gid(65_534);
    }
    let output = command
        .args(["audit", "--data-dir", directory.to_str().unwrap()])
        .current_dir(place.path())
        .output()
        .unwrap();
    assert_eq!(state(directory), before);
    set(directory, 0o755);
    output
}

#[test]
fn a_directory_that_may_only_be_read_is_audited() {
    let directory = Directory::new();
    std::fs::remove_file(directory.path().join("signing-key.pem")).unwrap();
    let audit = audit_without_writing(directory.path());
    assert_eq!(audit.status.code(), Some(0), "{audit:?}");
}

#[test]
fn a_crashed_directory_that_may_only_be_read_is_audited_with_what_is_in_its_logs() {
    let copy = crashed(&Directory::new());
    let audit = audit_without_writing(copy.path());
    assert_eq!(audit.status.code(), Some(1), "{audit:?}");
    let printed = String::from_utf8(audit.stdout).unwrap();
    assert!(
        printed.contains("1 stock book entries without a product"),
        "{printed}"
    );
}

#[test]
fn a_crashed_directory_is_left_as_it_is() {
    let copy = crashed(&Directory::new());
    let before = state(copy.path());
    assert_eq!(before.len(), 2 * STORES.len());
    let path = copy.path().to_str().unwrap();
    for (command, code) in [
        (["audit"].as_slice(), 1),
        (["messages", "list"].as_slice(), 0),
    ] {
        let run = run(&[command, &["--data-dir", path]].concat(), &[]);
        assert_eq!(run.code, Some(code), "{run:?}");
        assert_eq!(state(copy.path()), before, "{command:?}");
    }
}

#[test]
fn a_directory_that_was_stopped_is_left_as_it_is() {
    let directory = Directory::new();
    let before = state(directory.path());
    let run = directory.run(&["audit"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(state(directory.path()), before);
}
