//! What an operator does with the binary: list and replay messages, print the configuration, start on a file of the future.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; it writes into the databases past the program, as no part of it does"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use kernel::{MessageId, OrderId, SystemClock, SystemIds};
use marketplace::{DataDir, Marketplace, Settings};
use rusqlite::Connection;

/// What a command came to.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the binary with this environment and no other settings.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marketplace"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MARKETPLACE__")) {
        command.env_remove(name);
    }
    let output = command
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A data directory with empty stores, which nobody serves.
struct Directory {
    temp: tempfile::TempDir,
    dir: DataDir,
}

/// The services that send messages, and their files.
fn senders(dir: &DataDir) -> [(&'static str, PathBuf); 3] {
    [
        ("order-service", dir.orders()),
        ("wallet-service", dir.wallet()),
        ("product-service", dir.products()),
    ]
}

impl Directory {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::create(temp.path()).unwrap();
        drop(Marketplace::build(&Settings::default(), &dir, Arc::new(SystemClock)).unwrap());
        Self { temp, dir }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let path = self.temp.path().to_str().unwrap();
        run(&[arguments, &["--data-dir", path]].concat(), &[])
    }

    /// Puts a dead letter into the file `path`.
    fn bury(path: &Path, reason: &str) -> MessageId {
        let ids = SystemIds::default();
        let (id, order) = (MessageId::new(&ids), OrderId::new(&ids));
        Connection::open(path)
            .unwrap()
            .execute(
                "INSERT INTO dead_letters (message_id, name, kind, order_id, time, traceparent, body, attempts, reason, died_at)
                 VALUES (?1, 'marketplace.wallet.v1.DebitForOrder', 0, ?2, 1700000000000, NULL, x'0A', 6, ?3, 1700000900000)",
                (id.as_bytes(), order.as_bytes(), reason),
            )
            .unwrap();
        id
    }

    /// The ids in a table of the file `path`.
    fn ids(path: &Path, table: &str) -> Vec<Vec<u8>> {
        let file = Connection::open(path).unwrap();
        let mut rows = file
            .prepare(&format!(
                "SELECT message_id FROM {table} ORDER BY message_id"
            ))
            .unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
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
        .map(|(service, path)| (*service, Directory::bury(path, "the till was closed")))
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
    let (chosen, other) = (Directory::bury(&path, "one"), Directory::bury(&path, "two"));
    let replay = directory.run(&["messages", "replay", "--id", &chosen.to_string()]);
    assert_eq!(
        (replay.code, replay.stdout.as_str()),
        (Some(0), "1 messages will be sent again.\n"),
        "{replay:?}"
    );
    assert_eq!(Directory::ids(&path, "outbox"), bytes(&[chosen]));
    assert_eq!(Directory::ids(&path, "dead_letters"), bytes(&[other]));
}

#[test]
fn replay_without_an_id_puts_all_messages_of_all_services_back() {
    let directory = Directory::new();
    let buried: Vec<(PathBuf, [MessageId; 2])> = senders(&directory.dir)
        .into_iter()
        .map(|(_, path)| {
            let ids = [Directory::bury(&path, "one"), Directory::bury(&path, "two")];
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
        assert_eq!(Directory::ids(&path, "outbox"), bytes(&ids));
        assert!(Directory::ids(&path, "dead_letters").is_empty());
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
    let buried = Directory::bury(&path, "one");
    let unknown = MessageId::new(&SystemIds::default()).to_string();
    let replay = directory.run(&["messages", "replay", "--id", &unknown]);
    assert_eq!(replay.code, Some(1), "{replay:?}");
    assert!(Directory::ids(&path, "outbox").is_empty());
    assert_eq!(Directory::ids(&path, "dead_letters"), bytes(&[buried]));

    let no_id = directory.run(&["messages", "replay", "--id", "yesterday's"]);
    assert!(no_id.code.is_some_and(|code| code > 1), "{no_id:?}");
    assert!(no_id.stderr.contains("yesterday's"), "{no_id:?}");
    assert_eq!(Directory::ids(&path, "dead_letters"), bytes(&[buried]));
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

#[test]
fn the_printed_configuration_is_toml_that_loads_as_what_it_was() {
    let set = [
        ("MARKETPLACE__CURRENCY", "EUR"),
        ("MARKETPLACE__CATALOGUE__PUBLIC", "true"),
        ("MARKETPLACE__ORDERS__WAIT_SECONDS", "7"),
        ("MARKETPLACE__WALLET__TOPUPS", "trusted"),
        ("MARKETPLACE__WALLET__COMMISSION_BASIS_POINTS", "250"),
        ("MARKETPLACE__LOG__FILTER", "warn,chassis=\"debug\""),
    ];
    for environment in [&[][..], &set[..]] {
        let printed = run(&["config"], environment);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &printed.stdout).unwrap();
        let again = run(&["config", "--config", file.path().to_str().unwrap()], &[]);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert_eq!(again.stdout, printed.stdout);
    }
}

#[test]
fn a_file_of_a_later_version_is_refused_in_words_and_left_as_it_is() {
    for file in [
        DataDir::users,
        DataDir::products,
        DataDir::orders,
        DataDir::wallet,
    ] {
        let directory = Directory::new();
        let path = file(&directory.dir);
        let version = |path: &Path| -> i64 {
            let file = Connection::open(path).unwrap();
            file.query_row("PRAGMA user_version", [], |row| row.get(0))
                .unwrap()
        };
        let future = version(&path) + 1;
        let database = Connection::open(&path).unwrap();
        database
            .pragma_update(None, "user_version", future)
            .unwrap();
        drop(database);

        let refused = directory.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        let name = path.file_name().unwrap().to_str().unwrap();
        for part in [name, "was written by a later version of this program"] {
            assert!(refused.stderr.contains(part), "{part}: {refused:?}");
        }
        assert_eq!(version(&path), future);
    }
}
