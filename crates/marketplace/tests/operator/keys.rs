//! `marketplace keys`: a key is next, then active, then retired, in a file that OpenSSL reads.

use std::path::Path;

use crate::directory::Directory;

/// The states that a command printed, the active key first.
fn states(printed: &str) -> Vec<&str> {
    let lines = printed.lines();
    lines
        .filter_map(|line| line.split(' ').nth(1))
        .filter(|word| ["active", "next", "retired"].contains(word))
        .collect()
}

fn ids(printed: &str) -> Vec<&str> {
    let lines = printed.lines();
    lines.filter_map(|line| line.split(' ').next()).collect()
}

#[test]
fn keys_are_generated_rotated_and_listed() {
    let directory = Directory::new();
    let listed = || directory.run(&["keys", "list"]).stdout;
    let first = listed();
    assert_eq!(states(&first), ["active"], "{first}");
    let none = directory.run(&["keys", "rotate"]);
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.stderr.contains("generate one first"), "{none:?}");

    let generated = directory.run(&["keys", "generate"]);
    assert_eq!(generated.code, Some(0), "{generated:?}");
    assert_eq!(states(&listed()), ["active", "next"]);
    let again = directory.run(&["keys", "generate"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    let early = directory.run(&["keys", "rotate"]);
    assert_eq!(early.code, Some(2), "{early:?}");
    assert!(early.stderr.contains("--now"), "{early:?}");

    let rotated = directory.run(&["keys", "rotate", "--now"]);
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    let now = listed();
    assert_eq!(states(&now), ["active", "retired"], "{now}");
    assert_eq!(ids(&now)[1], ids(&first)[0]);
    assert_openssl_reads(&directory.path().join("signing-key.pem"));

    directory.run(&["keys", "generate"]);
    let dropped = directory.run(&["keys", "rotate", "--now", "--drop-earlier"]);
    assert_eq!(dropped.code, Some(0), "{dropped:?}");
    assert_eq!(states(&listed()), ["active"]);
    // The file is still whole.
    directory.build();
}

/// The key that signs, as other tools see it: PKCS #8, version 1.
fn assert_openssl_reads(file: &Path) {
    let openssl = std::process::Command::new("openssl")
        .args(["pkey", "-noout", "-in"])
        .arg(file)
        .output()
        .unwrap();
    assert!(openssl.status.success(), "{openssl:?}");
}

#[test]
fn a_file_that_holds_no_keys_is_left_as_it_is() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("precious");
    std::fs::write(&file, "something precious").unwrap();
    let path = file.to_str().unwrap();
    let directory = Directory::new();
    for command in ["generate", "rotate", "list"] {
        let refused = directory.run(&["keys", command, "--file", path]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("precious"), "{refused:?}");
    }
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "something precious"
    );
}
