//! One namespace, controlled with an operator's commands.

use e2e::operated::{PATIENCE, command, given};
use e2e::within;
use serde_json::Value;

/// Longer than a successful rollout takes.
const ROLLOUT: &str = "--timeout=300s";

/// A namespace in which everything is up.
pub(crate) struct Namespace {
    kubectl: String,
}

impl Namespace {
    /// The namespace behind the program that `MARKETPLACE_KUBECTL` names: kubectl with the context and the namespace.
    pub(crate) fn from_env() -> Self {
        let given = |name| given(name, "scripts/test-cluster");
        let _ = given("MARKETPLACE_URL");
        Self {
            kubectl: given("MARKETPLACE_KUBECTL"),
        }
    }

    async fn kubectl(&self, arguments: &[&str]) -> String {
        command(&self.kubectl, arguments).await
    }

    /// Scales a deployment, and waits until its replicas are available.
    pub(crate) async fn scale(&self, deployment: &str, count: usize) {
        let replicas = format!("--replicas={count}");
        self.kubectl(&["scale", "deployment", deployment, &replicas])
            .await;
        self.rolled_out(deployment).await;
    }

    /// Replaces every pod by a new one, as an upgrade does.
    pub(crate) async fn roll(&self, deployment: &str) {
        self.kubectl(&["rollout", "restart", "deployment", deployment])
            .await;
        self.rolled_out(deployment).await;
    }

    /// Force-deletes a pod, as when its node is lost; its process has about a second left. Waits until as many
    /// other pods as before are ready.
    pub(crate) async fn lose_a_pod(&self, deployment: &str) {
        let before = self.ready_pods(deployment).await;
        let victim = before.first().unwrap();
        self.kubectl(&["delete", "pod", victim, "--grace-period=0", "--force"])
            .await;
        within(PATIENCE, "another pod in its place", async || {
            let now = self.ready_pods(deployment).await;
            (now.len() >= before.len() && !now.contains(victim)).then_some(())
        })
        .await;
    }

    async fn rolled_out(&self, deployment: &str) {
        let name = format!("deployment/{deployment}");
        self.kubectl(&["rollout", "status", &name, ROLLOUT]).await;
    }

    /// The pods that are ready and not terminating.
    async fn ready_pods(&self, deployment: &str) -> Vec<String> {
        let label = format!("--selector=app.kubernetes.io/name={deployment}");
        let pods = self
            .kubectl(&["get", "pods", &label, "--output=json"])
            .await;
        let pods: Value = serde_json::from_str(&pods).unwrap();
        let is_ready = |pod: &&Value| {
            let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
            pod.pointer("/metadata/deletionTimestamp").is_none()
                && conditions.is_some_and(|all| {
                    all.iter()
                        .any(|one| text(one, "/type") == "Ready" && text(one, "/status") == "True")
                })
        };
        let items = pods.pointer("/items").and_then(Value::as_array).unwrap();
        items
            .iter()
            .filter(is_ready)
            .map(|pod| text(pod, "/metadata/name").to_owned())
            .collect()
    }

    /// The log of all gateways of the last given number of seconds.
    pub(crate) async fn gateway_log(&self, seconds: u64) -> String {
        let since = format!("--since={seconds}s");
        let gateways = "--selector=app.kubernetes.io/name=gateway";
        self.kubectl(&["logs", gateways, &since, "--tail=-1"]).await
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
