//! For tests that do to an installation under load what operators do, and faults: what they all need.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::client::Client;
use crate::crew::{Busy, Crew};
use crate::launch::{Run, audit_by_program};
use crate::shape::within;

/// Enough answers to have met whatever is wrong.
pub const SOME: usize = 60;

/// How long an installation may take for whatever it is told to do.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Runs an operator's command without holding up the clients at work. What it prints.
///
/// # Panics
/// If it fails.
pub async fn command(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    let line = format!("{command:?}");
    let run = tokio::task::spawn_blocking(move || Run::of(&mut command))
        .await
        .expect("a command that runs");
    assert_eq!(run.code, Some(0), "{line}: {run:?}");
    run.stdout
}

/// Clients that have begun to order.
///
/// # Panics
/// If they are not answered.
pub async fn load(client: &Client) -> Busy {
    let busy = Crew::gather(client).await.start(client);
    busy.answered(SOME, PATIENCE).await;
    busy
}

/// Ends the load, checks everything that the clients were told, and the books with the program that `MARKETPLACE_AUDIT` names.
///
/// # Panics
/// If anything is not as the clients were told, or there is no such program.
pub async fn check(client: &Client, busy: Busy) {
    let paid = busy.stop().await.finish_and_check(client).await;
    assert!(paid > 0, "somebody bought something");
    let audit = audit_by_program().expect("MARKETPLACE_AUDIT is set by whoever runs this");
    assert_eq!(audit.code, Some(0), "{audit:?}");
    println!("{paid} orders were answered as paid");
}

/// Now, as the gateway's log has it.
pub async fn now() -> String {
    let printed = command("date", &["--utc", "+%Y-%m-%dT%H:%M:%SZ"]).await;
    printed.trim().to_owned()
}

/// Waits until each of `replicas` gets its part of the orders, by what `log` gives of the gateway's log.
///
/// # Panics
/// If one does not.
pub async fn shared_by(replicas: usize, log: impl AsyncFn() -> String) {
    within(
        PATIENCE,
        "each replica gets its part of the orders",
        async || {
            let parts = answered_by("/api/orders/create", &log().await);
            let all: usize = parts.values().sum();
            let each_enough = parts.values().all(|part| part * 10 >= all);
            (parts.len() == replicas && all > SOME && each_enough).then_some(())
        },
    )
    .await;
}

/// How many requests for `path` each address behind the gateway has answered, by its log.
fn answered_by(path: &str, log: &str) -> BTreeMap<String, usize> {
    let mut parts = BTreeMap::new();
    for line in log.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        // After a second attempt there are two addresses; the last one answered.
        let word = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let upstream = word("upstream");
        let address = upstream.rsplit([',', ' ']).next().unwrap_or_default();
        if word("path") == path && !address.is_empty() {
            *parts.entry(address.to_owned()).or_default() += 1;
        }
    }
    parts
}
