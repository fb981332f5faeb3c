//! Waits until a process is ready.

use std::time::{Duration, Instant};

use super::Stack;
use crate::error::StackError;
use crate::name::Name;
use crate::process::{LOOK, tail};
use crate::rabbit;

/// How long a process may take to become ready. A RabbitMQ node is slow to start on a busy machine.
const START: Duration = Duration::from_mins(2);

impl Stack {
    /// Waits until a process is ready.
    ///
    /// # Errors
    /// If it ends, or is not ready within two minutes. The error includes the end of its log.
    pub async fn wait_ready(&self, name: Name) -> Result<(), StackError> {
        self.wait(name, async || self.check(name).await).await
    }

    pub(super) async fn wait(
        &self,
        name: Name,
        check: impl AsyncFn() -> Result<(), String>,
    ) -> Result<(), StackError> {
        let log = self.dir.log(name);
        let deadline = Instant::now() + START;
        loop {
            let Err(reason) = check().await else {
                return Ok(());
            };
            if self.pid(name).is_none() {
                return Err(StackError::Ended {
                    name,
                    tail: tail(&log),
                    log,
                });
            }
            if Instant::now() >= deadline {
                return Err(StackError::NotReady {
                    name,
                    seconds: START.as_secs(),
                    reason,
                    tail: tail(&log),
                    log,
                });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether a process is ready.
    pub(super) async fn check(&self, name: Name) -> Result<(), String> {
        let ports = &self.state.ports;
        match name {
            Name::Mongo(member) => match ports.mongo.get(member) {
                Some(port) => self.members().check(*port).await,
                None => Err("there is no such member".to_owned()),
            },
            Name::Epmd => rabbit::check_epmd(ports).await,
            Name::Rabbit => rabbit::check(ports, self.state.shape.tls).await,
            Name::Gateway => {
                self.expect_200(&format!("{}/healthz", self.gateway_url()))
                    .await
            }
            Name::Service(service, replica) => match self.internal_url(service, replica) {
                Some(url) => self.expect_200(&format!("{url}/readyz")).await,
                None => Err("there is no such replica".to_owned()),
            },
        }
    }

    async fn expect_200(&self, url: &str) -> Result<(), String> {
        let answer = self
            .http
            .get(url)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        if status.as_u16() == 200 {
            return Ok(());
        }
        let body = answer.text().await.unwrap_or_default();
        Err(format!("{url} answers {status}: {body}"))
    }
}
