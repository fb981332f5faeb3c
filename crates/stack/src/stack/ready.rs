//! Waits until a process is ready.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::Stack;
use crate::name::Name;
use crate::process::{LOOK, tail};

/// How long a process may take to become ready. A RabbitMQ node is slow to start on a busy machine.
const START: Duration = Duration::from_mins(2);

impl Stack {
    /// Waits until a process is ready.
    ///
    /// # Errors
    /// If it ends, or is not ready within two minutes. The error includes the end of its log.
    pub async fn wait_ready(&self, name: Name) -> anyhow::Result<()> {
        self.wait(name, async || self.check(name).await).await
    }

    /// Waits until the gateway finds a ready replica of each service. It leaves one that did not answer out for a moment.
    pub(super) async fn wait_reachable(&self) -> anyhow::Result<()> {
        let has_services = |name: &Name| matches!(name, Name::Service(..));
        if !self.names().iter().any(has_services) {
            return Ok(());
        }
        let url = format!("{}/readyz", self.gateway_url());
        self.wait(Name::Gateway, async || self.check_url(&url).await)
            .await
    }

    pub(super) async fn wait(
        &self,
        name: Name,
        check: impl AsyncFn() -> Result<(), String>,
    ) -> anyhow::Result<()> {
        let log = self.dir.log(name);
        let end = || format!("the end of its log, {}:\n{}", log.display(), tail(&log));
        let deadline = Instant::now() + START;
        loop {
            let Err(reason) = check().await else {
                return Ok(());
            };
            if self.pid(name).is_none() {
                bail!("{name} ended while it was waited for; {}", end());
            }
            if Instant::now() >= deadline {
                let seconds = START.as_secs();
                bail!(
                    "{name} was not ready within {seconds} s ({reason}); {}",
                    end()
                );
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether a process is ready.
    pub(super) async fn check(&self, name: Name) -> Result<(), String> {
        let url = match name {
            Name::Mongo(member) => return self.check_member(member).await,
            Name::Epmd => return self.check_epmd().await,
            Name::Rabbit => return self.check_rabbit().await,
            Name::Gateway => format!("{}/healthz", self.gateway_url()),
            Name::Service(service, replica) => {
                let port = self.ports().internal(service, replica);
                format!("http://127.0.0.1:{port}/readyz")
            }
        };
        self.check_url(&url).await
    }

    async fn check_url(&self, url: &str) -> Result<(), String> {
        let answer = self.http.get(url).send().await;
        let answer = answer.map_err(|error| error.to_string())?;
        let status = answer.status();
        if status.as_u16() == 200 {
            return Ok(());
        }
        let body = answer.text().await.unwrap_or_default();
        Err(format!("{url} answers {status}: {body}"))
    }
}
