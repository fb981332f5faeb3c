//! Asks over the internal ports of the other services.

use std::time::Duration;

use async_trait::async_trait;
use contracts::dealings::{Dealings, path};
use kernel::{SecretUri, UserId};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use telemetry::current_request_id;

use super::Settlements;

/// How long an answer may take: a service may look through all orders of a user.
const TOTAL: Duration = Duration::from_secs(10);

/// [`Settlements`] over HTTP.
pub struct HttpSettlements {
    client: Client,
    /// Each is what the path follows.
    services: [String; 2],
}

impl HttpSettlements {
    /// The order service whose internal port is at `orders`, and the wallet service whose is at `wallet`.
    ///
    /// # Errors
    /// A sentence, if one is not an `http://` URL with a host.
    pub fn new(orders: &SecretUri, wallet: &SecretUri) -> Result<Self, String> {
        let client = Client::builder()
            .timeout(TOTAL)
            .redirect(Policy::none())
            // Traffic between services stays inside.
            .no_proxy()
            .build()
            .map_err(|error| format!("no HTTP client can be made: {error}"))?;
        let services = [
            base("users.orders_url", orders)?,
            base("users.wallet_url", wallet)?,
        ];
        Ok(Self { client, services })
    }

    async fn ask(&self, service: &str, user: UserId) -> Result<Dealings, reqwest::Error> {
        let mut get = self.client.get(format!("{service}{}", path(user)));
        let id = current_request_id();
        if !id.is_empty() {
            get = get.header("x-request-id", id);
        }
        get.send().await?.error_for_status()?.json().await
    }
}

fn base(key: &str, given: &SecretUri) -> Result<String, String> {
    let url = Url::parse(given.expose()).ok();
    if url.is_some_and(|url| url.scheme() == "http" && url.has_host()) {
        return Ok(given.expose().trim_end_matches('/').to_owned());
    }
    Err(format!(
        "{key} is \"{given}\"; it has to be the http:// URL of a service's internal port"
    ))
}

#[async_trait]
impl Settlements for HttpSettlements {
    async fn left_of(&self, user: UserId) -> Result<Dealings, String> {
        let mut all = Dealings::default();
        for service in &self.services {
            let asked = self.ask(service, user).await;
            all = all.and(asked.map_err(|error| error.to_string())?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_refused_by_the_name_of_its_setting() {
        let good = SecretUri::from("http://orders:9080".to_owned());
        for bad in ["", "orders", "https://u:s3cret@orders", "http://"] {
            let refused = HttpSettlements::new(&good, &bad.to_owned().into()).map(drop);
            let refused = refused.unwrap_err();
            assert!(refused.contains("users.wallet_url") && !refused.contains("s3cret"));
        }
        assert!(HttpSettlements::new(&good, &good).is_ok());
    }
}
