//! For tests that operate an installation, or inject faults, under load: helpers that are independent of what it runs on.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Client;
use crate::crew::{Busy, Crew};
use crate::launch::{Run, audit_by_program};
use crate::person::Person;
use crate::shape::within;

/// Enough responses to expose anything that is broken.
pub const SOME: usize = 60;

/// How long an installation may take to carry out a command.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Runs an operator's command without blocking the running clients. Returns its output.
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

/// A person with a role that they have been given by `grant`, which runs `marketplace` with the arguments that it gets. They have it from
/// the next login on, so they are logged in again.
///
/// # Panics
/// If the role is not given.
pub async fn granted(
    client: &Client,
    person: &Person,
    role: &str,
    grant: impl FnOnce(&[&str]) -> Run,
) -> Person {
    let run = grant(&["grant", &person.email, role]);
    assert_eq!(run.code, Some(0), "{run:?}");
    client.log_in(&person.email, &person.password).await
}

/// Reads a variable that the script which runs a test has set.
///
/// # Panics
/// If the variable is not set: the test was not started by that script.
#[must_use]
pub fn given(name: &str, by: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: this test is run by {by}, which sets it"))
}

/// Clients that have started ordering.
///
/// # Panics
/// If they receive no responses.
pub async fn load(client: &Client) -> Busy {
    let busy = Crew::gather(client).await.start(client);
    busy.answered(SOME, PATIENCE).await;
    busy
}

/// Ends the load. Checks every response that the clients received, and the result of `audit`.
///
/// # Panics
/// If anything contradicts a response, or the audit fails.
pub async fn check(client: &Client, busy: Busy, audit: impl FnOnce() -> Run) {
    let paid = busy.stop().await.finish_and_check(client).await;
    assert!(paid > 0, "somebody bought something");
    let audit = audit();
    assert_eq!(audit.code, Some(0), "{audit:?}");
    println!("{paid} orders were answered as paid");
}

/// The audit, by the program that `MARKETPLACE_AUDIT` names.
///
/// # Panics
/// If the variable names no program.
#[must_use]
pub fn audit_given() -> Run {
    audit_by_program().expect("MARKETPLACE_AUDIT is set by the runner of the suite")
}

/// Waits until each of `replicas` gets its share of new orders. `log` returns the gateway's log of the last given number of seconds.
///
/// # Panics
/// If a replica does not.
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

/// How many requests for `path` each upstream address has answered, according to the gateway's log.
fn answered_by(path: &str, log: &str) -> BTreeMap<String, usize> {
    let mut parts = BTreeMap::new();
    for line in log.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        // After a retry there are two addresses; the last one answered.
        let word = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let upstream = word("upstream");
        let address = upstream.rsplit([',', ' ']).next().unwrap_or_default();
        if word("path") == path && !address.is_empty() {
            *parts.entry(address.to_owned()).or_default() += 1;
        }
    }
    parts
}
