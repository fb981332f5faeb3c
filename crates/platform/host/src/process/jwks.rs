//! Fetches the keys that verify access tokens from the user service and keeps them up to date (RFC 7517). Without keys, the process
//! answers requests that need a token with 503. It becomes ready when the keys arrive, and keeps the keys it has while the user service
//! is unavailable.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use async_trait::async_trait;
use auth::{JwkSet, VerificationKeys, Verifier};
use bus::Tasks;
use kernel::{Backoff, SecretUri};
use platform_http::Readiness;
use reqwest::{Client, StatusCode, Url, redirect};
use tokio::time::{Instant, sleep, sleep_until};

/// Timeout of a request to the user service.
const TIMEOUT: Duration = Duration::from_secs(2);

/// When to fetch the keys.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Delays after failures.
    backoff: Backoff,
    /// Minimum time between two successful fetches. It bounds the fetches that forged key ids can cause.
    least: Duration,
    /// Maximum time between two successful fetches. A removed key is accepted for at most this long.
    most: Duration,
}

const PACE: Pace = Pace {
    backoff: Backoff::RECONNECT,
    least: Duration::from_secs(5),
    most: Duration::from_mins(1),
};

/// Keeps the keys of `verifier` in step with `url` until `tasks` are drained. Returns at once: an unavailable user service only affects
/// readiness. Must be called on a tokio runtime.
///
/// # Errors
/// If `url` cannot be used.
pub fn follow(
    url: &SecretUri,
    verifier: Verifier,
    tasks: &Tasks,
) -> anyhow::Result<Arc<dyn Readiness>> {
    follow_at(PACE, url, verifier, tasks)
}

fn follow_at(
    pace: Pace,
    address: &SecretUri,
    verifier: Verifier,
    tasks: &Tasks,
) -> anyhow::Result<Arc<dyn Readiness>> {
    let url = Url::parse(address.expose())
        .with_context(|| format!("auth.jwks_url is no URL: {address}"))?;
    ensure!(
        url.scheme() == "http",
        "auth.jwks_url must begin with http://, not {}://: the keys come over the services' own network",
        url.scheme()
    );
    let client = Client::builder()
        .timeout(TIMEOUT)
        // The keys are at that URL and nowhere else.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .context("the HTTP client that fetches the signing keys")?;
    let follower = Follower {
        client,
        url,
        address: address.clone(),
        verifier: verifier.clone(),
        pace,
    };
    tasks.spawn(|stop| async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = follower.run() => {}
        }
    });
    Ok(Arc::new(SigningKeys(verifier)))
}

struct Follower {
    client: Client,
    url: Url,
    /// The same, for the log.
    address: SecretUri,
    verifier: Verifier,
    pace: Pace,
}

impl Follower {
    async fn run(self) {
        let mut backoff = self.pace.backoff;
        loop {
            match self.fetch().await {
                Ok(keys) => {
                    if self.verifier.replace_keys(keys) {
                        tracing::info!(verifier = ?self.verifier, "the signing keys were loaded");
                    }
                    backoff = self.pace.backoff;
                    self.rest().await;
                }
                Err(error) => {
                    let retry = backoff.delay();
                    tracing::warn!(
                        url = %self.address,
                        error = self.address.hide_in(&format!("{error:#}")),
                        have_keys = self.verifier.has_keys(),
                        "the signing keys cannot be fetched; next try in {retry:?}"
                    );
                    sleep(retry).await;
                }
            }
        }
    }

    /// Waits until the next fetch is due, or until a token names an unknown key.
    async fn rest(&self) {
        let since = Instant::now();
        sleep_until(since + self.pace.least).await;
        tokio::select! {
            () = sleep_until(since + self.pace.most) => {}
            () = self.verifier.unknown_key_seen() => {}
        }
    }

    async fn fetch(&self) -> anyhow::Result<VerificationKeys> {
        let answer = self.client.get(self.url.clone()).send().await?;
        if answer.status() != StatusCode::OK {
            bail!("the answer was {}", answer.status());
        }
        let set: JwkSet = answer.json().await?;
        let keys = VerificationKeys::try_from(&set)?;
        // The user service always signs with some key, so an empty set is a mistake. Accepting it would lock everybody out.
        ensure!(
            keys != VerificationKeys::default(),
            "the set has no key that we can use"
        );
        Ok(keys)
    }
}

struct SigningKeys(Verifier);

#[async_trait]
impl Readiness for SigningKeys {
    fn name(&self) -> &'static str {
        "signing keys"
    }

    async fn check(&self) -> Result<(), String> {
        if self.0.has_keys() {
            Ok(())
        } else {
            Err("have not been loaded yet".to_owned())
        }
    }
}
