//! docs/SECURITY.md: each attack that it lists has tests, and each of these exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const DOCUMENT: &str = include_str!("../../../../docs/SECURITY.md");

/// The rows of the table below `heading`, without its first two.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = DOCUMENT.split_once(heading).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|'));
    lines
        .skip(2)
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The names of all functions in the sources below `directory`.
fn functions(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).filter_map(|rest| {
                let name = rest
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next();
                name.map(str::to_owned)
            });
            found.extend(names);
        }
    }
}

#[test]
fn each_attack_that_is_listed_has_tests_that_exist() {
    let mut known = BTreeSet::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    functions(&crates, &mut known);
    let rows = rows("## Attacks and tests");
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        let [attack, _, tests] = row.as_slice() else {
            panic!("{row:?} has not three columns");
        };
        let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "{attack} has no test");
        for test in tests {
            assert!(known.contains(test), "{attack}: there is no test {test}");
        }
    }
}
