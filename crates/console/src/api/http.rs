//! The API behind the gateway, over HTTP.
//!
//! Calls go to the gateway's inner port, which knows the paths of the services, their replicas and the limits on logins, and believes the
//! address of the browser that a call is made for.

use std::time::Duration;

use actix_web::http::Method;
use async_trait::async_trait;
use kernel::SecretUri;
use platform_http::Readiness;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use serde_json::{Value, json};
use telemetry::{Asking, current_request_id};

use super::{Answer, Api, Call};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);
/// How long an answer may take, tries and all. Longer than what the API may take to settle an order.
const TOTAL: Duration = Duration::from_secs(35);
/// How long the gateway may take to say that it lives.
const ALIVE: Duration = Duration::from_secs(2);
/// Waits before a request is sent again on another connection.
const PAUSES: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(200)];
/// How long a connection may stay idle in the pool. Well below the 75 s after which the gateway closes one.
const IDLE: Duration = Duration::from_secs(5);

/// The API at the gateway.
#[derive(Clone)]
pub struct HttpApi {
    client: Client,
    gateway: Url,
}

impl HttpApi {
    /// The API at the gateway whose inner port is at `api_url`.
    ///
    /// # Errors
    /// A sentence, if `api_url` is not the `http://` URL of a host.
    pub fn new(api_url: &SecretUri) -> Result<Self, String> {
        let is_host = |url: &Url| url.scheme() == "http" && url.has_host() && url.path() == "/";
        let gateway = Url::parse(api_url.expose()).ok().filter(is_host);
        let gateway = gateway.ok_or_else(|| {
            format!("console.api_url is \"{api_url}\"; it has to be the http:// URL of the gateway's inner port, without a path")
        })?;
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .redirect(Policy::none())
            // Traffic between services stays inside.
            .no_proxy()
            .build()
            .map_err(|error| format!("no HTTP client can be made: {error}"))?;
        Ok(Self { client, gateway })
    }

    /// The address of a call. None if its path names another than it seems to, as `/api/orders/..` does.
    fn url(&self, target: &str) -> Option<Url> {
        let url = self.gateway.join(target).ok()?;
        let path = target.split('?').next().unwrap_or_default();
        (path.starts_with('/') && url.path() == path).then_some(url)
    }

    fn request(&self, call: &Call, url: Url) -> Result<RequestBuilder, String> {
        let method = reqwest::Method::from_bytes(call.method.as_str().as_bytes());
        let method = method.map_err(|error| error.to_string())?;
        let mut request = self.client.request(method, url);
        if let Some(token) = &call.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(client) = &call.client {
            request = request.header("x-forwarded-for", client.address.to_string());
        }
        let id = current_request_id();
        if !id.is_empty() {
            request = request.header("x-request-id", id);
        }
        let body = call.body.encode().map_err(|error| error.to_string())?;
        Ok(match body {
            Some((content_type, bytes)) => request.header("content-type", content_type).body(bytes),
            None => request,
        })
    }

    /// Sends a request until a connection takes it.
    async fn send(&self, call: &Call, url: &Url) -> Result<Answer, String> {
        let mut pauses = PAUSES.iter();
        loop {
            let asking = self.asking(call);
            let mut request = self.request(call, url.clone())?;
            if let Some(traceparent) = asking.traceparent() {
                request = request.header("traceparent", traceparent);
            }
            let error = match request.send().await {
                Ok(response) => {
                    let status = response.status().as_u16();
                    asking.answered(status);
                    let body = response.bytes().await.map_err(|error| cause(&error))?;
                    return Ok(Answer {
                        status,
                        body: read(&body)?,
                    });
                }
                Err(error) => error,
            };
            asking.failed("connection");
            // What was sent may have been done; only reading it again changes nothing.
            let may_repeat = error.is_connect() || call.method == Method::GET;
            match pauses.next().filter(|_| may_repeat) {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => return Err(cause(&error)),
            }
        }
    }

    fn asking(&self, call: &Call) -> Asking {
        let peer = (
            self.gateway.host_str().unwrap_or_default(),
            self.gateway.port_or_known_default().unwrap_or_default(),
        );
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        let mut methods = methods.into_iter();
        let method = methods.find(|known| call.method.as_str() == *known);
        let method = method.unwrap_or("_OTHER");
        // What follows varies: ids and queries.
        let mut parts = call.target.split(['/', '?']).skip(1);
        let route = [parts.next(), parts.next()].map(Option::unwrap_or_default);
        Asking::begin(method, peer, &format!("/{}", route.join("/")), None)
    }
}

/// Reads the body of an answer.
fn read(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| format!("the answer is not JSON: {error}"))
}

/// What `Display` leaves out: refused, reset, timed out.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("the gateway cannot be asked: {cause}")
}

#[async_trait(?Send)]
impl Api for HttpApi {
    async fn call(&self, call: Call) -> Result<Answer, String> {
        let Some(url) = self.url(&call.target) else {
            return Ok(Answer {
                status: 404,
                body: json!({"code": "not_found"}),
            });
        };
        let answered = tokio::time::timeout(TOTAL, self.send(&call, &url)).await;
        answered.unwrap_or_else(|_| Err("the gateway did not answer in time".to_owned()))
    }
}

/// Only whether the gateway lives: whether the services behind it are ready is its own to tell, and it asks the console, too.
#[async_trait]
impl Readiness for HttpApi {
    fn name(&self) -> &'static str {
        "gateway"
    }

    async fn check(&self) -> Result<(), String> {
        let url = self.gateway.join("/healthz");
        let url = url.map_err(|_| "has no address".to_owned())?;
        let answer = self.client.get(url).timeout(ALIVE).send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("answers {}", answer.status().as_u16())),
            Err(error) => {
                tracing::warn!(error = cause(&error), "the gateway does not answer");
                Err("does not answer".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(url: &str) -> Result<HttpApi, String> {
        HttpApi::new(&url.to_owned().into())
    }

    #[test]
    fn the_url_of_the_gateway_is_of_a_host_without_tls_and_shows_no_secret() {
        assert!(api("http://gateway:8081").is_ok() && api("http://10.1.2.3:8081/").is_ok());
        for wrong in [
            "https://u:s3cret@gateway",
            "gateway:8081",
            "http://",
            "http://gateway/api",
        ] {
            let refused = api(wrong).err().unwrap();
            assert!(
                refused.contains("console.api_url") && !refused.contains("s3cret"),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_call_reaches_the_path_that_it_names_or_none() {
        let api = api("http://gateway:8081").unwrap();
        for target in [
            "/api/orders/7?limit=2",
            "/api/products?q=a%20b%2F..&x=../..",
            "/api/products/%2F%C3%A4%3F",
        ] {
            let url = api.url(target).unwrap();
            assert_eq!(url.as_str(), format!("http://gateway:8081{target}"));
        }
        for target in [
            "/api/orders/..",
            "/api/orders/%2e%2E/approve",
            "/api/./orders",
            "//evil.example/api",
            "http://evil.example/api",
            "/api/orders\\x",
        ] {
            assert_eq!(api.url(target), None, "{target}");
        }
    }
}
