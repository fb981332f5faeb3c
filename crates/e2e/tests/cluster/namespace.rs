//! One namespace, told what to do with the commands that an operator has.

use e2e::operated::command;

/// Longer than a rollout takes that goes well: a pod is given a minute to end.
const ROLLOUT: &str = "--timeout=300s";

/// A namespace where everything is up.
pub(crate) struct Namespace {
    kubectl: String,
}

impl Namespace {
    /// The namespace of the program that `MARKETPLACE_KUBECTL` names: kubectl with the namespace.
    pub(crate) fn from_env() -> Self {
        let named = |name: &str| {
            let value = std::env::var(name);
            assert!(
                value.is_ok(),
                "{name} is not set: this test is run by scripts/test-cluster"
            );
            value.unwrap()
        };
        let _ = named("MARKETPLACE_URL");
        Self {
            kubectl: named("MARKETPLACE_KUBECTL"),
        }
    }

    async fn kubectl(&self, arguments: &[&str]) -> String {
        command(&self.kubectl, arguments).await
    }

    /// How many replicas a deployment is to have.
    pub(crate) async fn replicas(&self, deployment: &str) -> usize {
        let path = "--output=jsonpath={.spec.replicas}";
        let printed = self.kubectl(&["get", "deployment", deployment, path]).await;
        printed.trim().parse().unwrap()
    }

    /// Runs so many replicas, and waits until they are available.
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

    /// SIGKILL: no preStop, no drain.
    pub(crate) async fn kill_a_pod(&self, deployment: &str) {
        let label = format!("app.kubernetes.io/name={deployment}");
        let running = "--field-selector=status.phase=Running";
        let pods = self
            .kubectl(&[
                "get",
                "pods",
                "--selector",
                &label,
                running,
                "--output=name",
            ])
            .await;
        let victim = pods.lines().next().unwrap();
        self.kubectl(&["delete", victim, "--grace-period=0", "--force"])
            .await;
        self.rolled_out(deployment).await;
    }

    async fn rolled_out(&self, deployment: &str) {
        let name = format!("deployment/{deployment}");
        self.kubectl(&["rollout", "status", &name, ROLLOUT]).await;
    }

    /// The log of all gateways since then.
    pub(crate) async fn gateway_log(&self, since: &str) -> String {
        let since = format!("--since-time={since}");
        let gateways = "--selector=app.kubernetes.io/name=gateway";
        self.kubectl(&["logs", gateways, &since, "--tail=-1"]).await
    }
}
