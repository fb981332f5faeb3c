//! The containers of one compose project, controlled with an operator's commands.

use e2e::operated::{PATIENCE, command, given};
use e2e::within;

/// A running project.
pub(crate) struct Compose {
    program: String,
    pub(crate) network: String,
}

/// One of its containers.
pub(crate) struct Container(String);

impl Compose {
    /// The project behind the program that `MARKETPLACE_COMPOSE` names: docker compose with the project and the file.
    pub(crate) fn from_env() -> Self {
        let given = |name| given(name, "scripts/test-compose");
        let _ = given("MARKETPLACE_URL");
        Self {
            program: given("MARKETPLACE_COMPOSE"),
            network: given("MARKETPLACE_COMPOSE_NETWORK"),
        }
    }

    /// Scales these services, and waits until all are healthy.
    pub(crate) async fn scale(&self, services: &[(&str, usize)]) {
        let scales: Vec<String> = services
            .iter()
            .map(|(service, count)| format!("--scale={service}={count}"))
            .collect();
        let mut arguments = vec!["up", "-d", "--no-build", "--no-recreate"];
        arguments.extend(scales.iter().map(String::as_str));
        command(&self.program, &arguments).await;
        for (service, count) in services {
            let containers = self.containers(service).await;
            assert_eq!(containers.len(), *count, "{service}");
            for container in containers {
                container.healthy().await;
            }
        }
    }

    /// Starts the Prometheus of the observability profile. Returns its address.
    pub(crate) async fn observe(&self) -> String {
        command(
            &self.program,
            &["up", "-d", "--no-build", "--no-recreate", "prometheus"],
        )
        .await;
        let address = command(&self.program, &["port", "prometheus", "9090"]).await;
        format!("http://{}", address.trim())
    }

    /// The running containers of a service.
    pub(crate) async fn containers(&self, service: &str) -> Vec<Container> {
        let ids = command(&self.program, &["ps", "-q", service]).await;
        ids.lines().map(|id| Container(id.to_owned())).collect()
    }

    /// The gateway's log of the last given number of seconds.
    pub(crate) async fn gateway_log(&self, seconds: u64) -> String {
        let gateway = self.containers("gateway").await.swap_remove(0);
        let since = format!("--since={seconds}s");
        command("docker", &["logs", &since, &gateway.0]).await
    }
}

impl Container {
    /// Sends SIGTERM; the container ends once it has finished its work in flight.
    pub(crate) async fn stop(&self) {
        command("docker", &["stop", "-t", "45", &self.0]).await;
    }

    /// Sends SIGKILL.
    pub(crate) async fn kill(&self) {
        command("docker", &["kill", &self.0]).await;
    }

    /// Starts it again, and waits until it is healthy.
    pub(crate) async fn start(&self) {
        command("docker", &["start", &self.0]).await;
        self.healthy().await;
    }

    /// Disconnects it from the network.
    pub(crate) async fn disconnect(&self, network: &str) {
        command("docker", &["network", "disconnect", network, &self.0]).await;
    }

    /// Reconnects it under its service's name, and waits until it is healthy.
    pub(crate) async fn connect(&self, network: &str, service: &str) {
        let arguments = ["network", "connect", "--alias", service, network, &self.0];
        command("docker", &arguments).await;
        self.healthy().await;
    }

    async fn healthy(&self) {
        within(PATIENCE, "a container that is well", async || {
            let state = command(
                "docker",
                &["inspect", "--format", "{{.State.Health.Status}}", &self.0],
            )
            .await;
            (state.trim() == "healthy").then_some(())
        })
        .await;
    }
}
