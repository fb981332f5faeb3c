//! What is closed to others: the files of a data directory, and in production whatever invites misuse.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::directory::Directory;
use crate::run::run;
use crate::serving::Serving;

fn all_below(path: &Path, found: &mut Vec<PathBuf>) {
    found.push(path.to_owned());
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            all_below(&entry.unwrap().path(), found);
        }
    }
}

#[test]
fn all_that_a_server_writes_is_its_owners_alone_also_in_an_open_directory() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().to_owned();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let _serving = Serving::on(data, "umask 022", |_| {});
    let mut found = Vec::new();
    all_below(&path, &mut found);
    assert!(found.len() >= 6, "{found:?}");
    for path in found {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} {mode:o}", path.display());
    }
}

#[test]
fn a_signing_key_that_others_can_read_is_refused_at_start() {
    let directory = Directory::new();
    let key = directory.path().join("signing-key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = directory.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("644"), "{refused:?}");
}

#[test]
fn production_refuses_what_invites_misuse_by_name() {
    let directory = Directory::new();
    let production = [
        ("MARKETPLACE__PROFILE", "production"),
        ("MARKETPLACE__WALLET__TOPUPS", "trusted"),
    ];
    let data = directory.path().to_str().unwrap();
    let serve = ["serve", "--data-dir", data];
    let local = [&serve[..], &["--listen", "127.0.0.1:0"]].concat();
    for (arguments, variable, says) in [
        ([&local[..], &["--demo"]].concat(), None, "--demo"),
        (
            local.clone(),
            Some(("MARKETPLACE__USERS__BCRYPT_COST", "4")),
            "users.bcrypt_cost",
        ),
        (
            local.clone(),
            Some(("MARKETPLACE__USERS__SECOND_FACTOR", "optional")),
            "users.second_factor",
        ),
        (
            [&serve[..], &["--listen", "0.0.0.0:0"]].concat(),
            None,
            "server.listen",
        ),
    ] {
        let environment: Vec<_> = production.into_iter().chain(variable).collect();
        let refused = run(&arguments, &environment);
        assert_eq!(refused.code, Some(2), "{arguments:?}: {refused:?}");
        assert!(refused.stderr.contains(says), "{refused:?}");
    }
}
