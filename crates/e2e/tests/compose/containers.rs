//! The containers of one compose project, told what to do with the commands that an operator has.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use e2e::{Run, within};
use serde_json::Value;

/// Longest wait for a container to be well again.
const PATIENCE: Duration = Duration::from_secs(90);

/// A project that is up.
pub(crate) struct Compose {
    program: String,
    pub(crate) network: String,
}

/// One of its containers.
pub(crate) struct Container(String);

/// Runs a command without holding up the clients at work. What it prints.
async fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    let line = format!("{command:?}");
    let run = tokio::task::spawn_blocking(move || Run::of(&mut command))
        .await
        .unwrap();
    assert_eq!(run.code, Some(0), "{line}: {run:?}");
    run.stdout
}

impl Compose {
    /// The project of the program that `MARKETPLACE_COMPOSE` names: docker compose with the project and the file.
    pub(crate) fn from_env() -> Self {
        let named = |name: &str| {
            let value = std::env::var(name);
            assert!(
                value.is_ok(),
                "{name} is not set: this test is run by scripts/test-compose, which brings the containers up"
            );
            value.unwrap()
        };
        let _ = named("MARKETPLACE_URL");
        Self {
            program: named("MARKETPLACE_COMPOSE"),
            network: named("MARKETPLACE_COMPOSE_NETWORK"),
        }
    }

    /// Runs so many of these services, and waits until all are well.
    pub(crate) async fn scale(&self, services: &[(&str, usize)]) {
        let scales: Vec<String> = services
            .iter()
            .map(|(service, count)| format!("--scale={service}={count}"))
            .collect();
        let mut arguments = vec!["up", "-d", "--no-build", "--no-recreate"];
        arguments.extend(scales.iter().map(String::as_str));
        run(&self.program, &arguments).await;
        for (service, count) in services {
            let containers = self.containers(service).await;
            assert_eq!(containers.len(), *count, "{service}");
            for container in containers {
                container.healthy().await;
            }
        }
    }

    /// Starts the Prometheus of the profile observability. Where it answers.
    pub(crate) async fn observe(&self) -> String {
        run(
            &self.program,
            &["up", "-d", "--no-build", "--no-recreate", "prometheus"],
        )
        .await;
        let address = run(&self.program, &["port", "prometheus", "9090"]).await;
        format!("http://{}", address.trim())
    }

    /// The running containers of a service.
    pub(crate) async fn containers(&self, service: &str) -> Vec<Container> {
        let ids = run(&self.program, &["ps", "-q", service]).await;
        ids.lines().map(|id| Container(id.to_owned())).collect()
    }

    /// Now, as the gateway's log has it.
    pub(crate) async fn now(&self) -> String {
        run("date", &["--utc", "+%Y-%m-%dT%H:%M:%SZ"])
            .await
            .trim()
            .to_owned()
    }

    /// How many requests for `path` each address behind the gateway has answered since then.
    pub(crate) async fn answered_by(&self, path: &str, since: &str) -> BTreeMap<String, usize> {
        let gateway = self.containers("gateway").await.swap_remove(0);
        let log = run("docker", &["logs", "--since", since, &gateway.0]).await;
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
}

impl Container {
    /// SIGTERM, which it obeys when it has finished what it had begun.
    pub(crate) async fn stop(&self) {
        run("docker", &["stop", "-t", "45", &self.0]).await;
    }

    /// SIGKILL.
    pub(crate) async fn kill(&self) {
        run("docker", &["kill", &self.0]).await;
    }

    /// Starts it again, and waits until it is well.
    pub(crate) async fn start(&self) {
        run("docker", &["start", &self.0]).await;
        self.healthy().await;
    }

    /// Takes it off the network.
    pub(crate) async fn disconnect(&self, network: &str) {
        run("docker", &["network", "disconnect", network, &self.0]).await;
    }

    /// Puts it back under its service's name, and waits until it is well.
    pub(crate) async fn connect(&self, network: &str, service: &str) {
        let arguments = ["network", "connect", "--alias", service, network, &self.0];
        run("docker", &arguments).await;
        self.healthy().await;
    }

    async fn healthy(&self) {
        within(PATIENCE, "a container that is well", async || {
            let state = run(
                "docker",
                &["inspect", "--format", "{{.State.Health.Status}}", &self.0],
            )
            .await;
            (state.trim() == "healthy").then_some(())
        })
        .await;
    }
}
