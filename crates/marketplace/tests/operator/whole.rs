//! A data directory whose stores are not all there is refused, by every command and with what to do: a missing store would be created
//! anew, and each balance in it would be 0.

use std::fs::File;
use std::path::{Path, PathBuf};

use marketplace::DataDir;

use crate::directory::Directory;

const COMMANDS: [&[&str]; 5] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["audit"],
    &["grant", "ada@example.com", "admin"],
    &["messages", "list"],
    &["backup", "--to", "/tmp/marketplace-half-a-directory"],
];

type Store = fn(&DataDir) -> PathBuf;
const STORES: [(Store, &str); 4] = [
    (DataDir::users, "users.db"),
    (DataDir::products, "products.db"),
    (DataDir::orders, "orders.db"),
    (DataDir::wallet, "wallet.db"),
];

/// Breaks each store with `harm`. Every command must refuse with the store's name and `sentence`, and leave the store as it is.
fn refused(harm: impl Fn(&Path, &Directory), sentence: &str) {
    for (store, name) in STORES {
        let directory = Directory::new();
        let path = store(&directory.dir);
        harm(&path, &directory);
        let before = std::fs::read(&path).ok();
        for command in COMMANDS {
            let run = directory.run(command);
            assert_eq!(run.code, Some(2), "{command:?} {run:?}");
            for part in ["is not whole", name, sentence, "marketplace restore"] {
                assert!(run.stderr.contains(part), "{part}: {command:?} {run:?}");
            }
            assert_eq!(std::fs::read(&path).ok(), before, "{command:?}");
        }
    }
}

#[test]
fn a_store_that_is_missing_is_not_made_anew() {
    refused(|path, _| std::fs::remove_file(path).unwrap(), "is missing");
}

#[test]
fn a_store_that_is_empty_is_not_taken_for_a_new_one() {
    refused(|path, _| drop(File::create(path).unwrap()), "is empty");
}

#[test]
fn the_store_of_another_service_is_refused() {
    let harm = |path: &Path, directory: &Directory| {
        let (users, orders) = (directory.dir.users(), directory.dir.orders());
        let other = if path == users { orders } else { users };
        std::fs::copy(other, path).unwrap();
    };
    refused(harm, "holds something else than the store of that name");
}

#[test]
fn what_is_no_database_is_refused() {
    let harm = |path: &Path, _: &Directory| std::fs::write(path, [7; 9_000]).unwrap();
    refused(harm, "cannot be used");
}

#[test]
fn a_log_without_its_store_is_refused() {
    let harm = |path: &Path, _: &Directory| {
        std::fs::rename(path, path.with_extension("db-wal")).unwrap();
    };
    refused(harm, "is missing");
}

#[test]
fn a_first_start_that_was_cut_off_is_finished_by_the_next() {
    let directory = Directory::new();
    std::fs::remove_file(directory.dir.wallet()).unwrap();
    File::create(directory.dir.orders()).unwrap();
    File::create(directory.path().join(".new")).unwrap();
    let audit = directory.run(&["audit"]);
    assert_eq!(audit.code, Some(2), "{audit:?}");
    assert!(audit.stderr.contains("start it again"), "{audit:?}");
    directory.build();
    let audit = directory.run(&["audit"]);
    assert_eq!(audit.code, Some(0), "{audit:?}");
    assert!(!directory.path().join(".new").exists());
}

#[test]
fn without_its_signing_key_a_directory_gets_a_new_one() {
    let directory = Directory::new();
    let key = directory.path().join("signing-key.pem");
    let old = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    directory.build();
    assert_ne!(std::fs::read(&key).unwrap(), old);
}
