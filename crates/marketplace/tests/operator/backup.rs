//! `backup` and `restore` of a directory that no process serves, and the cases in which they refuse.

use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::directory::Directory;
use crate::run::{Run, run};

const KEY: &str = "signing-key.pem";
const WHOLE: [&str; 5] = ["orders.db", "products.db", KEY, "users.db", "wallet.db"];

/// The names and contents in a directory.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut contents: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap_or_default())
        })
        .collect();
    contents.sort();
    contents
}

fn names(directory: &Path) -> Vec<String> {
    let contents = contents(directory).into_iter();
    contents.map(|(name, _)| name).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn restore(from: &Path, to: &Path) -> Run {
    run(&["restore", text(from), "--data-dir", text(to)], &[])
}

fn refused(run: &Run, sentence: &str) {
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains(sentence), "{sentence}: {run:?}");
}

/// A marketplace and its backups: a directory and an archive.
struct World {
    marketplace: Directory,
    temp: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self {
            marketplace: Directory::new(),
            temp: tempfile::tempdir().unwrap(),
        };
        for backup in [world.directory(), world.archive()] {
            let made = world.marketplace.run(&["backup", "--to", text(&backup)]);
            assert_eq!(made.code, Some(0), "{made:?}");
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    fn directory(&self) -> PathBuf {
        self.path("backup")
    }

    fn archive(&self) -> PathBuf {
        self.path("backup.tar")
    }

    /// Asserts that the backup cannot be restored, and that nothing is left of the attempt.
    fn is_refused(&self, backup: &Path, sentence: &str) {
        let before = names(self.temp.path());
        refused(&restore(backup, &self.path("restored")), sentence);
        assert_eq!(names(self.temp.path()), before);
    }
}

#[test]
fn a_backup_is_restored_with_the_key_and_for_its_owner_only() {
    let world = World::new();
    let dir = world.marketplace.path();
    let mut left = names(dir);
    // No backup has the key of the console's cookies: without it, browsers log in again.
    left.retain(|name| name != "console.key");
    assert_eq!(left, WHOLE, "the marketplace is left as it was");
    let empty = world.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let new = world.path("new");
    for (backup, to) in [(world.directory(), &new), (world.archive(), &empty)] {
        let restored = restore(&backup, to);
        assert_eq!(restored.code, Some(0), "{restored:?}");
        assert_eq!(names(to), WHOLE);
        let key = |dir: &Path| std::fs::read(dir.join(KEY)).unwrap();
        assert_eq!(key(to), key(dir));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for name in names(to) {
            assert_eq!(mode(&to.join(&name)), 0o600, "{name}");
        }
        let audit = run(&["audit", "--data-dir", text(to)], &[]);
        assert_eq!(audit.code, Some(0), "{audit:?}");
        assert_eq!(names(to), WHOLE, "the audit leaves nothing behind");
    }
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&new), mode(&world.directory())), (0o700, 0o700));
    assert_eq!(mode(&world.archive()), 0o600);
}

#[test]
fn a_backup_into_a_place_that_will_not_do_is_refused_and_leaves_nothing() {
    let world = World::new();
    let (dir, full) = (world.marketplace.path(), world.path("full"));
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("mine"), "").unwrap();
    let before = (names(dir), names(world.temp.path()));
    for (to, sentence) in [
        (full.clone(), "is there already, and is no empty directory"),
        (
            full.join("mine"),
            "is there already, and is no empty directory",
        ),
        (world.archive(), "is there already"),
        (dir.join("backup"), "is in the data directory"),
        (dir.join("backup.tar"), "is in the data directory"),
        (dir.to_owned(), "is there already"),
        (world.path("no/where"), "there is no directory"),
        (full.join("mine/x"), "mine/x"),
    ] {
        let run = world.marketplace.run(&["backup", "--to", text(&to)]);
        refused(&run, sentence);
    }
    let to = world.path("x");
    let nowhere = run(
        &["backup", "--to", text(&to), "--data-dir", "/nowhere"],
        &[],
    );
    refused(&nowhere, "there is no marketplace in /nowhere");
    refused(&world.marketplace.run(&["backup"]), "--to");
    assert_eq!((names(dir), names(world.temp.path())), before);
    assert_eq!(names(&full), ["mine"]);
}

#[test]
fn a_backup_without_room_says_so_and_leaves_nothing() {
    let world = World::new();
    let before = names(world.temp.path());
    for to in [world.path("small"), world.path("small.tar")] {
        // No file may grow beyond 64 blocks: a write fails then, as it does on a full disk.
        let limited = Command::new("sh")
            .args([
                "-c",
                r#"trap '' XFSZ; ulimit -f 64; exec "$@""#,
                "sh",
                env!("CARGO_BIN_EXE_marketplace"),
                "backup",
                "--to",
                text(&to),
                "--data-dir",
                text(world.marketplace.path()),
            ])
            .output()
            .unwrap();
        let stderr = String::from_utf8(limited.stderr).unwrap();
        assert_eq!(limited.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("the backup cannot be written"), "{stderr}");
        assert_eq!(names(world.temp.path()), before);
    }
}

#[test]
fn a_damaged_directory_is_not_restored() {
    let world = World::new();
    let orders = world.directory().join("orders.db");
    let whole = std::fs::read(&orders).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for bytes in [flipped.as_slice(), &whole[..whole.len() - 1]] {
        std::fs::write(&orders, bytes).unwrap();
        world.is_refused(
            &world.directory(),
            "the checksum of orders.db does not match",
        );
    }
    std::fs::remove_file(&orders).unwrap();
    world.is_refused(&world.directory(), "the backup is damaged: orders.db");
    std::fs::write(&orders, &whole).unwrap();

    let manifest = world.directory().join("manifest.json");
    let listed = std::fs::read_to_string(&manifest).unwrap();
    for (from, to, sentence) in [
        ("orders.db", "../orders.db", "which is not in the backup"),
        ("orders.db", "/etc/orders.db", "which is not in the backup"),
        (
            r#""format": 1"#,
            r#""format": 2"#,
            "in a format that this version does not know",
        ),
        ("{", "", "is not the manifest of a backup"),
    ] {
        assert!(listed.contains(from), "{listed}");
        std::fs::write(&manifest, listed.replacen(from, to, 1)).unwrap();
        world.is_refused(&world.directory(), sentence);
    }
    std::fs::remove_file(&manifest).unwrap();
    world.is_refused(&world.directory(), "there is no backup in");
    world.is_refused(&world.path("nowhere"), "there is no backup");
}

#[test]
fn a_damaged_archive_is_not_restored() {
    let world = World::new();
    let archive = std::fs::read(world.archive()).unwrap();
    let damaged = world.path("damaged.tar");
    let mut flipped = archive.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for (bytes, sentence) in [
        (flipped.as_slice(), "does not match"),
        (&archive[..archive.len() / 2], ""),
        (&archive[..0], "is not the archive of a backup"),
        (
            b"no archive at all".as_slice(),
            "is not the archive of a backup",
        ),
    ] {
        std::fs::write(&damaged, bytes).unwrap();
        world.is_refused(&damaged, sentence);
    }
}

#[test]
fn a_backup_that_lacks_a_store_is_not_restored() {
    let world = World::new();
    let manifest = world.directory().join("manifest.json");
    let listed = std::fs::read(&manifest).unwrap();
    let mut listed: serde_json::Value = serde_json::from_slice(&listed).unwrap();
    let files = listed["files"].as_array_mut().unwrap();
    files.retain(|file| file["path"] != "wallet.db");
    std::fs::write(&manifest, listed.to_string()).unwrap();
    world.is_refused(&world.directory(), "wallet.db is missing");
}

#[test]
fn a_directory_that_is_in_use_or_not_empty_is_not_restored_over() {
    let world = World::new();
    let dir = world.marketplace.path();
    let before = contents(dir);
    refused(
        &restore(&world.directory(), dir),
        "is there already, and is no empty directory",
    );
    assert_eq!(contents(dir), before);
    let lock = world.marketplace.dir.lock().unwrap();
    refused(
        &restore(&world.directory(), dir),
        "a marketplace serves the data directory",
    );
    drop(lock);
}

#[test]
fn a_restore_that_was_cut_off_is_no_marketplace_and_is_run_again() {
    let world = World::new();
    let to = world.path("restored");
    std::fs::create_dir_all(to.join(".incomplete")).unwrap();
    File::create(to.join(".incomplete/users.db")).unwrap();
    let elsewhere = world.path("elsewhere");
    for command in [
        ["serve", "--listen=127.0.0.1:0"].as_slice(),
        &["audit"],
        &["backup", "--to", text(&elsewhere)],
    ] {
        let run = run(&[command, &["--data-dir", text(&to)]].concat(), &[]);
        refused(&run, "was cut off; run it again");
    }
    let again = restore(&world.directory(), &to);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(names(&to)[1..], WHOLE[..], "beside the lock of `serve`");
}

#[test]
fn the_key_that_the_settings_keep_elsewhere_is_backed_up_too() {
    let (marketplace, temp) = (Directory::new(), tempfile::tempdir().unwrap());
    let (key, to) = (temp.path().join("key.pem"), temp.path().join("backup"));
    std::fs::write(&key, "of another place").unwrap();
    let settings = [("MARKETPLACE__AUTH__SIGNING_KEY_FILE", text(&key))];
    let dir = text(marketplace.path());
    let made = run(&["backup", "--to", text(&to), "--data-dir", dir], &settings);
    assert_eq!(made.code, Some(0), "{made:?}");
    let saved = std::fs::read_to_string(to.join(KEY)).unwrap();
    assert_eq!(saved, "of another place");
}

#[test]
fn scheduled_backups_without_a_good_place_or_number_are_refused_at_start() {
    let marketplace = Directory::new();
    let inside = marketplace.path().join("backups");
    std::fs::create_dir(&inside).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    for (arguments, sentence) in [
        (
            ["--backup-to", "/nowhere"].as_slice(),
            "there is no directory /nowhere",
        ),
        (
            ["--backup-to", text(&inside)].as_slice(),
            "is in the data directory",
        ),
        (["--every", "1h"].as_slice(), "name it with --backup-to"),
        (
            ["--backup-to", "/tmp", "--every", "1 hour"].as_slice(),
            "backup.every",
        ),
        (
            ["--backup-to", "/tmp", "--every", "0s"].as_slice(),
            "between 1s and 365d",
        ),
        (
            ["--backup-to", "/tmp", "--keep", "0"].as_slice(),
            "the setting backup.keep (from --keep) is wrong: it is 0",
        ),
        (
            ["--backup-to", "/tmp", "--keep=-1"].as_slice(),
            "backup.keep",
        ),
    ] {
        let run = marketplace.run(&[serve.as_slice(), arguments].concat());
        refused(&run, sentence);
    }
}
