//! For tests that do to an installation under load what operators do, and faults: what they need whatever it runs on.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

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

/// What the script that runs a test has put into the environment.
///
/// # Panics
/// If it is not there: then the test was run by something else.
#[must_use]
pub fn given(name: &str, by: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: this test is run by {by}, which sets it"))
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

/// Ends the load, checks everything that the clients were told, and the books by what `audit` comes to.
///
/// # Panics
/// If anything is not as the clients were told, or the books are not right.
pub async fn check(client: &Client, busy: Busy, audit: impl FnOnce() -> Run) {
    let paid = busy.stop().await.finish_and_check(client).await;
    assert!(paid > 0, "somebody bought something");
    let audit = audit();
    assert_eq!(audit.code, Some(0), "{audit:?}");
    println!("{paid} orders were answered as paid");
}

/// The audit by the program that `MARKETPLACE_AUDIT` names.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn audit_given() -> Run {
    audit_by_program().expect("MARKETPLACE_AUDIT is set by whoever runs this")
}

/// Waits until each of `replicas` gets its part of the orders from now on. `log` gives the gateway's log of the last so many seconds.
///
/// # Panics
/// If one does not.
pub async fn shared_by(replicas: usize, log: impl AsyncFn(u64) -> String) {
    let begun = Instant::now();
    within(
        PATIENCE,
        "each replica gets its part of the orders",
        async || {
            let log = log(begun.elapsed().as_secs().max(1)).await;
            let parts = answered_by("/api/orders/create", &log);
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
