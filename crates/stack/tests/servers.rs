//! The servers of a stack: start, inspect, kill, restart and stop them, and touch nothing else.

use std::process::{Command, Stdio};

use stack::{Found, Name, Only, Options, Stack};

fn servers(dir: &std::path::Path) -> Options {
    let mut options = Options::for_tests(dir);
    options.shape.only = Some(Only::Servers);
    options
}

fn lives(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_start_are_told_about_come_back_when_killed_and_down_stops_exactly_them() {
    let dir = tempfile::tempdir().unwrap();
    // A foreign process, in its own session, in the same directory.
    let mut stranger = Command::new("setsid")
        .args(["sleep", "600"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut stack = Stack::up(servers(dir.path())).await.unwrap();
    assert_eq!(stack.found(), Found::Nothing);
    let names = [Name::Mongo(0), Name::Epmd, Name::Rabbit];
    assert_eq!(stack.names(), names);
    for process in stack.processes().await {
        assert_eq!(process.ready, Ok(()), "{process:?}");
        assert!(
            process.pid.is_some_and(lives) && process.log.is_file(),
            "{process:?}"
        );
    }
    assert_eq!(stack.mongo_primary().await, Some(Name::Mongo(0)));
    let client = mongodb::Client::with_uri_str(stack.mongo_uri())
        .await
        .unwrap();
    let notes = client
        .database("test")
        .collection::<mongodb::bson::Document>("notes");
    notes
        .insert_one(mongodb::bson::doc! {"kept": true})
        .await
        .unwrap();

    // A second `up` finds the stack and changes nothing; one with different options is rejected.
    let again = Stack::up(servers(dir.path())).await.unwrap();
    assert_eq!(
        (again.found(), again.pid(Name::Rabbit)),
        (Found::Everything, stack.pid(Name::Rabbit))
    );
    drop(again);
    let mut other = servers(dir.path());
    other.shape.members = 3;
    let refusal = Stack::up(other).await.unwrap_err().to_string();
    assert!(
        refusal.contains("--members 1") && refusal.contains("down"),
        "{refusal}"
    );

    for name in names {
        let before = stack.pid(name).unwrap();
        stack.kill(name).unwrap();
        assert!(!lives(before) && stack.pid(name).is_none());
        let seen = stack.processes().await;
        assert!(
            seen.iter()
                .any(|process| process.name == name && process.ready.is_err()),
            "{seen:?}"
        );
        stack.start(name).unwrap();
        stack.wait_ready(name).await.unwrap();
        assert_ne!(stack.pid(name), Some(before));
    }
    assert_eq!(
        notes.count_documents(mongodb::bson::doc! {}).await.unwrap(),
        1,
        "what was written is there"
    );

    let pids: Vec<i32> = names.iter().map(|name| stack.pid(*name).unwrap()).collect();
    stack.down().unwrap();
    assert!(!pids.iter().any(|pid| lives(*pid)), "{pids:?}");
    assert!(Stack::open(dir.path()).unwrap().is_none());
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger lives");
    stranger.kill().unwrap();
    stranger.wait().unwrap();

    // Restarted on other ports, the data is still there. Dropping the stack stops it.
    let stack = Stack::up(servers(dir.path())).await.unwrap();
    let client = mongodb::Client::with_uri_str(stack.mongo_uri())
        .await
        .unwrap();
    let notes = client
        .database("test")
        .collection::<mongodb::bson::Document>("notes");
    assert_eq!(
        notes.count_documents(mongodb::bson::doc! {}).await.unwrap(),
        1
    );
    let pids: Vec<i32> = names.iter().map(|name| stack.pid(*name).unwrap()).collect();
    assert!(Stack::wipe(dir.path()).is_err(), "not while it runs");
    drop(stack);
    assert!(!pids.iter().any(|pid| lives(*pid)), "{pids:?}");
    Stack::wipe(dir.path()).unwrap();
    assert!(!dir.path().join("data").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_members_another_becomes_primary_when_the_primary_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = servers(dir.path());
    options.shape.members = 3;
    let mut stack = Stack::up(options).await.unwrap();
    let first = stack.mongo_primary().await.unwrap();
    stack.kill(first).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(15);
    let second = loop {
        if let Some(primary) = stack.mongo_primary().await {
            break primary;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "no primary within 15 s"
        );
    };
    assert_ne!(first, second);
    stack.start(first).unwrap();
    stack.wait_ready(first).await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_named_and_nothing_is_left_running() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = servers(dir.path());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = taken.local_addr().unwrap().port();
    (options.port, options.base) = (1, base);
    let refusal = Stack::up(options).await.unwrap_err().to_string();
    for part in [&base.to_string(), "mongo-0", "--port 0"] {
        assert!(refusal.contains(part), "{refusal}");
    }
    assert!(
        Stack::open(dir.path())
            .unwrap()
            .is_none_or(|stack| stack.pid(Name::Mongo(0)).is_none())
    );
}
