//! Fetches from the user service which access tokens are revoked, every few seconds. Until the first answer, the process answers requests
//! that need a token with 503. While the user service is unavailable later, it keeps what it knows: a token that is revoked meanwhile is
//! refused here when the user service is back, or at the latest when it expires. The opposite would make every service as available as the
//! user service, and a token lives for minutes.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use auth::{REVOCATIONS_PATH, RevocationPage, RevocationPlace, Verifier, learn_revocations};
use bus::Tasks;
use kernel::{Backoff, SecretUri, Timestamp};
use platform_http::Readiness;
use reqwest::{Client, StatusCode, Url, redirect};
use tokio::time::sleep;

/// Timeout of a request to the user service.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Time between two looks. A revocation is known everywhere within this, the user service's own look and a request.
const PERIOD: Duration = Duration::from_secs(3);

/// Keeps `verifier` in step with what is revoked at the internal port at `address`, until `tasks` are drained. Returns at once. Must be
/// called on a tokio runtime.
///
/// # Errors
/// If `address` cannot be used.
pub(super) fn follow(address: &SecretUri, verifier: Verifier, tasks: &Tasks) -> anyhow::Result<()> {
    follow_every(PERIOD, address, verifier, tasks)
}

fn follow_every(
    period: Duration,
    address: &SecretUri,
    verifier: Verifier,
    tasks: &Tasks,
) -> anyhow::Result<()> {
    // Checked before the path is added: `http://` and a path would name the path's beginning as the host.
    let base = Url::parse(address.expose()).ok();
    let url = base
        .filter(|base| base.scheme() == "http" && base.has_host())
        .and_then(|base| {
            let base = base.as_str().trim_end_matches('/');
            Url::parse(&format!("{base}{REVOCATIONS_PATH}")).ok()
        })
        .with_context(|| format!("auth.revocations_url is \"{address}\"; it has to be the http:// URL of the user service's internal port"))?;
    let client = Client::builder()
        .timeout(TIMEOUT)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .context("the HTTP client that fetches revocations")?;
    let follower = Follower {
        client,
        url,
        address: address.clone(),
        verifier,
        period,
    };
    tasks.spawn(|stop| async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = follower.run() => {}
        }
    });
    Ok(())
}

struct Follower {
    client: Client,
    url: Url,
    /// The same, for the log.
    address: SecretUri,
    verifier: Verifier,
    period: Duration,
}

impl Follower {
    async fn run(self) {
        let mut backoff = Backoff::RECONNECT;
        let mut seen = Timestamp::default();
        loop {
            let read = |after| self.fetch(after);
            match learn_revocations(&self.verifier, &mut seen, read).await {
                Ok(()) => {
                    backoff = Backoff::RECONNECT;
                    sleep(self.period).await;
                }
                Err(error) => {
                    let retry = backoff.delay();
                    tracing::warn!(
                        url = %self.address,
                        error = self.address.hide_in(&format!("{error:#}")),
                        has_a_list = self.verifier.has_revocations(),
                        "the revoked tokens cannot be fetched; next try in {retry:?}"
                    );
                    sleep(retry).await;
                }
            }
        }
    }

    async fn fetch(&self, after: RevocationPlace) -> anyhow::Result<RevocationPage> {
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("at", &after.at.as_millis().to_string())
            .append_pair("id", &after.id.to_string());
        let answer = self.client.get(url).send().await?;
        if answer.status() != StatusCode::OK {
            bail!("the answer was {}", answer.status());
        }
        Ok(answer.json().await?)
    }
}

/// Whether it is known what is revoked, as a readiness check.
pub(super) struct Known(pub(super) Verifier);

#[async_trait]
impl Readiness for Known {
    fn name(&self) -> &'static str {
        "revoked tokens"
    }

    async fn check(&self) -> Result<(), String> {
        if self.0.has_revocations() {
            Ok(())
        } else {
            Err("have not been loaded yet".to_owned())
        }
    }
}
