//! `messages list` and `messages replay`, on files.

use std::path::{Path, PathBuf};

use kernel::{MessageId, OrderId, SystemIds};
use marketplace::DataDir;
use rusqlite::Connection;

use crate::directory::Directory;
use crate::run::run;

/// The services that send messages, and their files.
fn senders(dir: &DataDir) -> [(&'static str, PathBuf); 3] {
    [
        ("order-service", dir.orders()),
        ("wallet-service", dir.wallet()),
        ("product-service", dir.products()),
    ]
}

/// Puts a dead letter into the file `path`.
fn bury(path: &Path, reason: &str) -> MessageId {
    let ids = SystemIds::default();
    let (id, order) = (MessageId::new(&ids), OrderId::new(&ids));
    Connection::open(path)
        .unwrap()
        .execute(
            "INSERT INTO dead_letters (id, name, kind, subject, time, traceparent, body, attempts, reason, died_at)
             VALUES (?1, 'marketplace.wallet.v1.DebitForOrder', 0, ?2, 1700000000000, NULL, x'0A', 6, ?3, 1700000900000)",
            (id.as_bytes(), order.as_bytes(), reason),
        )
        .unwrap();
    id
}

/// The ids in a table of the file `path`.
fn ids_in(path: &Path, table: &str) -> Vec<Vec<u8>> {
    let file = Connection::open(path).unwrap();
    let mut rows = file
        .prepare(&format!("SELECT id FROM {table} ORDER BY id"))
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn bytes(ids: &[MessageId]) -> Vec<Vec<u8>> {
    let mut bytes: Vec<Vec<u8>> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
    bytes.sort();
    bytes
}

#[test]
fn messages_that_were_given_up_are_listed_with_their_sender_their_name_and_the_reason() {
    let directory = Directory::new();
    let empty = directory.run(&["messages", "list"]);
    assert_eq!(
        (empty.code, empty.stdout.as_str()),
        (Some(0), "0 messages were given up.\n")
    );
    let buried: Vec<(&str, MessageId)> = senders(&directory.dir)
        .iter()
        .map(|(service, path)| (*service, bury(path, "the till was closed")))
        .collect();
    let list = directory.run(&["messages", "list"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    for (service, id) in buried {
        let line = list
            .stdout
            .lines()
            .find(|line| line.contains(&id.to_string()))
            .unwrap_or_else(|| panic!("no line for {id}: {list:?}"));
        for part in [
            service,
            "marketplace.wallet.v1.DebitForOrder",
            "attempts=6",
            "the till was closed",
            "2023-11-14T22:28:20.000Z",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
    assert!(
        list.stdout.ends_with("3 messages were given up.\n"),
        "{list:?}"
    );
}

#[test]
fn replay_of_one_message_puts_it_back_into_the_outbox_under_its_id_and_leaves_the_others() {
    let directory = Directory::new();
    let path = directory.dir.wallet();
    let (chosen, other) = (bury(&path, "one"), bury(&path, "two"));
    let replay = directory.run(&["messages", "replay", "--id", &chosen.to_string()]);
    assert_eq!(
        (replay.code, replay.stdout.as_str()),
        (Some(0), "1 messages will be sent again.\n"),
        "{replay:?}"
    );
    assert_eq!(ids_in(&path, "outbox"), bytes(&[chosen]));
    assert_eq!(ids_in(&path, "dead_letters"), bytes(&[other]));
}

#[test]
fn replay_without_an_id_puts_all_messages_of_all_services_back() {
    let directory = Directory::new();
    let buried: Vec<(PathBuf, [MessageId; 2])> = senders(&directory.dir)
        .into_iter()
        .map(|(_, path)| {
            let ids = [bury(&path, "one"), bury(&path, "two")];
            (path, ids)
        })
        .collect();
    let replay = directory.run(&["messages", "replay"]);
    assert_eq!(
        (replay.code, replay.stdout.as_str()),
        (Some(0), "6 messages will be sent again.\n"),
        "{replay:?}"
    );
    for (path, ids) in buried {
        assert_eq!(ids_in(&path, "outbox"), bytes(&ids));
        assert!(ids_in(&path, "dead_letters").is_empty());
    }
    let nothing_left = directory.run(&["messages", "replay"]);
    assert_eq!(
        (nothing_left.code, nothing_left.stdout.as_str()),
        (Some(0), "0 messages will be sent again.\n")
    );
}

#[test]
fn replay_of_a_message_that_is_not_there_exits_1_and_changes_nothing() {
    let directory = Directory::new();
    let path = directory.dir.orders();
    let buried = bury(&path, "one");
    let unknown = MessageId::new(&SystemIds::default()).to_string();
    let replay = directory.run(&["messages", "replay", "--id", &unknown]);
    assert_eq!(replay.code, Some(1), "{replay:?}");
    assert!(ids_in(&path, "outbox").is_empty());
    assert_eq!(ids_in(&path, "dead_letters"), bytes(&[buried]));

    let no_id = directory.run(&["messages", "replay", "--id", "yesterday's"]);
    assert!(no_id.code.is_some_and(|code| code > 1), "{no_id:?}");
    assert!(no_id.stderr.contains("yesterday's"), "{no_id:?}");
    assert_eq!(ids_in(&path, "dead_letters"), bytes(&[buried]));
}

#[test]
fn a_directory_without_a_marketplace_has_no_messages_and_none_is_made() {
    let temp = tempfile::tempdir().unwrap();
    let nowhere = temp.path().join("nowhere");
    for command in ["list", "replay"] {
        let refused = run(
            &["messages", command, "--data-dir", nowhere.to_str().unwrap()],
            &[],
        );
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(
            refused.stderr.contains("there is no marketplace in"),
            "{refused:?}"
        );
    }
    assert!(!nowhere.exists());
}
