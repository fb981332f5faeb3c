//! Compares the contracts of this checkout with those of the last release, `proto-contracts/released.binpb`. During a rolling
//! upgrade both releases run on one broker, so each has to read what the other writes.
//!
//! `scripts/record-release` writes that file: it runs this test with `MARKETPLACE_RECORD=1`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod breaking;

use std::path::{Path, PathBuf};

use breaking::breaking_changes;
use prost::Message as _;
use prost_types::FileDescriptorSet;

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-contracts")
}

/// The `.proto` files under `root`, sorted.
fn proto_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "proto") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The descriptors of all contracts under `root`, without comments and positions.
fn compile(root: &Path) -> FileDescriptorSet {
    let mut compiler = protox::Compiler::new([root]).unwrap();
    compiler.open_files(proto_files(root)).unwrap();
    compiler.file_descriptor_set()
}

#[test]
fn the_contracts_are_compatible_with_those_of_the_last_release() {
    let current = compile(&contracts());
    let file = contracts().join("released.binpb");
    if std::env::var_os("MARKETPLACE_RECORD").is_some() {
        std::fs::write(&file, current.encode_to_vec()).unwrap();
    }
    let released = FileDescriptorSet::decode(&*std::fs::read(&file).unwrap()).unwrap();
    assert!(!released.file.is_empty(), "{} is empty", file.display());
    let broken = breaking_changes(&released, &current);
    assert!(broken.is_empty(), "{broken:#?}");
}
